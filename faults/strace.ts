/**
 * strace(1) as the tool that makes system calls fail: attached to a running process, it counts the calls of each thread
 * from then on and tampers with the N-th (`--inject=CALL:error=…|signal=…:when=N`), in whichever thread comes to N first.
 * What is to be hit in one thread is injected into that thread alone; its calls come in the same order in every run.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { eventually } from '../test/support/eventually.js';
import { FaultError } from './fault-error.js';
import { findThreads, type ThreadName } from './threads.js';
import { PATIENCE_MS } from './patience.js';

/** Everything that writes, makes, names, removes or makes durable; reads and metadata are left alone. */
const WATCHED_CALLS = [
  ...[
    'openat',
    'write',
    'writev',
    'pwrite64',
    'pwritev',
    'pwritev2',
    'fsync',
    'fdatasync',
    'sync_file_range',
  ],
  ...['rename', 'renameat', 'renameat2', 'link', 'linkat', 'symlink', 'symlinkat', 'mkdir', 'mkdirat'],
  ...['unlink', 'unlinkat', 'rmdir', 'truncate', 'ftruncate', 'fallocate', 'copy_file_range', 'sendfile'],
];

export type Tampering = 'error=EIO' | 'error=ENOSPC' | 'signal=KILL' | 'signal=STOP';

export interface Injection {
  readonly call: string;
  readonly ordinal: number;
  readonly tampering: Tampering;
  /** Where, in a program with one thread for files; any thread if absent. */
  readonly thread?: ThreadName;
}

/** A system call on a file below the watched directory. */
export interface Call {
  readonly name: string;
  readonly thread: ThreadName;
  /** The how-many-eth of its name in its thread since the attachment, from 1. */
  readonly ordinal: number;
  /** The file, relative to the watched directory. */
  readonly path: string;
  /** An open that can only read. */
  readonly readsOnly: boolean;
  readonly tampered: boolean;
}

export class Strace {
  private constructor(
    private readonly child: ChildProcess,
    private readonly pid: number,
    private readonly logFile: string,
    private readonly thread: ThreadName | undefined,
  ) {}

  /** Attaches to the thread that is tampered with, or to all threads of a process. @throws FaultError `cannot-inject` where this is not allowed. */
  static async attach(pid: number, logFile: string, inject?: Injection): Promise<Strace> {
    const tamper = inject ? ['-e', `inject=${inject.call}:${inject.tampering}:when=${inject.ordinal}`] : [];
    const thread = inject?.thread;
    const attach = thread ? ['-p', String(findThreads(pid)[thread])] : ['-f', '-p', String(pid)];
    const options = ['-y', '-s', '0', '-o', logFile, '-e', `trace=${WATCHED_CALLS.join(',')}`];
    const child = spawn('strace', [...options, ...tamper, ...attach], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const heard = { text: '', ended: false };
    child.stderr.on('data', (chunk: Buffer) => (heard.text += chunk.toString('utf8')));
    child.once('error', (error) => (heard.text += error.message));
    for (const event of ['error', 'exit']) child.once(event, () => (heard.ended = true));
    await eventually(
      'strace is attached',
      () => heard.text.includes(' attached') || heard.ended,
      PATIENCE_MS,
    );
    if (heard.ended && !heard.text.includes(' attached')) {
      throw new FaultError(
        'cannot-inject',
        `strace cannot attach to a process of ours here: ${heard.text.trim()}`,
      );
    }
    return new Strace(child, pid, logFile, thread);
  }

  /** Whether the text is in the log by now. */
  says(text: string): boolean {
    return existsSync(this.logFile) && readFileSync(this.logFile, 'utf8').includes(text);
  }

  /** Lets go of the process, if it still runs, and gives what it did below `directory`. */
  async detach(directory: string): Promise<Call[]> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exit = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      await exit;
    }
    return existsSync(this.logFile) ? this.#parse(readFileSync(this.logFile, 'utf8'), directory) : [];
  }

  /**
   * `TID name(arguments) = result`, without a TID where one thread is traced; a call that another thread interrupted ends
   * in `<unfinished ...>` and is resumed later.
   */
  #parse(text: string, directory: string): Call[] {
    const counts = new Map<string, number>();
    const calls: Call[] = [];
    for (const line of text.split('\n')) {
      const [, id, name, rest] = /^(?:(\d+) +)?(\w+)\((.*)$/.exec(line) ?? [];
      if (name === undefined || rest === undefined) continue;
      const thread = this.thread ?? (Number(id) === this.pid ? 'main' : 'files');
      const ordinal = (counts.get(`${thread} ${name}`) ?? 0) + 1;
      counts.set(`${thread} ${name}`, ordinal);
      const path = pathOf(rest, directory);
      if (path === undefined) continue;
      const readsOnly = name === 'openat' && !/O_(?:WRONLY|RDWR|CREAT)/.test(rest);
      calls.push({ name, thread, ordinal, path, readsOnly, tampered: rest.includes('(INJECTED)') });
    }
    return calls;
  }
}

/** The last file named: the one that a rename makes, or that a descriptor stands for. */
function pathOf(argumentText: string, directory: string): string | undefined {
  const result = argumentText.lastIndexOf(') = ');
  const given = result < 0 ? argumentText : argumentText.slice(0, result);
  const named = [...given.matchAll(/["<](\/[^">]*)[">]/g)].map(([, path]) => path ?? '');
  const inside = named.filter((path) => path === directory || path.startsWith(`${directory}/`));
  return inside.at(-1)?.slice(directory.length + 1);
}
