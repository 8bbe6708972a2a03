/**
 * The two threads in which a program touches files. Each does its system calls in an order of its own, while the order
 * between the two is the scheduler's; so calls are counted, and made to fail, by thread.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { builtFile } from './built.js';
import { FaultError } from './fault-error.js';

/** `main` runs JavaScript and does what is small and synchronous, `files` everything else. */
export type ThreadName = 'main' | 'files';

/** For a program whose threads are to be told apart by {@link findThreads}. */
export const ONE_FILE_THREAD: NodeJS.ProcessEnv = {
  UV_THREADPOOL_SIZE: '1',
  NODE_OPTIONS: `--import=${builtFile('faults/name-file-thread.js')}`,
};

/** Thread ids of a running program that has {@link ONE_FILE_THREAD}. @throws FaultError `cannot-inject` for another. */
export function findThreads(pid: number): Readonly<Record<ThreadName, number>> {
  const tasks = `/proc/${pid}/task`;
  const files = readdirSync(tasks).filter(
    (thread) => readFileSync(`${tasks}/${thread}/comm`, 'utf8').trim() === 'file-operations',
  );
  if (files.length !== 1)
    throw new FaultError(
      'cannot-inject',
      `process ${pid} has ${files.length} threads for files, it should be 1`,
    );
  return { main: pid, files: Number(files[0]) };
}
