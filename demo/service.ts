/** The whole service as `npm start` runs it: the supervisor with PostgreSQL, API and worker, on data of its own. */
import { fork, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshEnvironment, ROOT, type Stage } from './stage.js';

const PROGRAM = join(ROOT, 'dist', 'apps', 'supervisor', 'src', 'main.js');
const STOP_TIMEOUT_MS = 40_000;
const LAST_WORDS_LENGTH = 2_000;

export interface Service {
  readonly url: string;
  readonly dataDir: string;
  /** Settings under which the admin commands find its database. */
  readonly adminEnv: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** @throws Error with the service's last words when it does not start. */
export async function openService(stage: Stage): Promise<Service> {
  const dataDir = join(stage.workDir, 'data');
  const logPath = join(stage.workDir, 'service.log');
  const log = openSync(logPath, 'a');
  const child = fork(PROGRAM, [], {
    // Not the repository: a .env file there is the user's own. A process group of its own: Ctrl-C must reach the demo
    // alone, which stops things in order.
    cwd: stage.workDir,
    env: freshEnvironment({ DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'warn' }),
    stdio: ['ignore', log, log, 'ipc'],
    detached: true,
  });
  closeSync(log);
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => {
      resolve();
    }),
  );
  const stop = (): Promise<void> => stopChild(child, ended);
  stage.onClose(stop);
  const ready = new Promise<{ url: string }>((resolve) =>
    child.once('message', (message) => {
      resolve(message as { url: string });
    }),
  );
  const first = await Promise.race([ready, ended]);
  if (first === undefined)
    throw new Error(`the service did not start:\n${readFileSync(logPath, 'utf8').slice(-LAST_WORDS_LENGTH)}`);
  return { url: first.url, dataDir, adminEnv: { DATA_DIR: dataDir }, stop };
}

async function stopChild(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}
