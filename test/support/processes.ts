/** The built programs as real processes, for what only a process can do: die, and be told to stop. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type TestStack } from './stack.js';

export interface TestProcess {
  readonly pid: number;
  readonly port: number | undefined;
  /** Everything it wrote to stdout and stderr so far. */
  output(): string;
  /** Sends the signal and gives the exit code, or the signal that ended it. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | string>;
}

/** Forks a program of dist/ and waits until it says that it is ready. @throws with its output when it ends before. */
export async function startProcess(
  stack: TestStack,
  name: 'api' | 'anchor-worker',
  environment: NodeJS.ProcessEnv = {},
): Promise<TestProcess> {
  const { child, output } = launch(stack, name, environment);
  const ready = once(child, 'message') as Promise<[{ port?: number }]>;
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${name} ended: ${output()}`);
  });
  const [{ port }] = await Promise.race([ready, ended]);
  ended.catch(() => undefined);
  return { pid: child.pid ?? 0, port, output, end: (signal) => end(child, signal) };
}

/** Runs a program that is expected to refuse to start. */
export async function runToEnd(
  stack: TestStack,
  name: 'api' | 'anchor-worker',
  environment: NodeJS.ProcessEnv,
): Promise<{ code: unknown; output: string }> {
  const { child, output } = launch(stack, name, environment);
  const [code] = (await once(child, 'exit')) as [unknown];
  return { code, output: output() };
}

function launch(
  stack: TestStack,
  name: 'api' | 'anchor-worker',
  environment: NodeJS.ProcessEnv,
): { child: ChildProcess; output: () => string } {
  const script = fileURLToPath(new URL(`../../dist/apps/${name}/src/main.js`, import.meta.url));
  const databaseUrl = name === 'api' ? stack.database.apiUrl : stack.database.workerUrl;
  const base = {
    PATH: process.env['PATH'],
    NODE_ENV: 'test',
    DATA_DIR: stack.directory,
    DATABASE_URL: databaseUrl,
    PORT: '0',
    LOG_LEVEL: 'debug',
    BATCH_MAX_AGE_MS: '20',
    SWEEP_INTERVAL_MS: '200',
  };
  const child = fork(script, [], {
    cwd: stack.directory,
    env: { ...base, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  stack.onClose(async () => {
    await end(child, 'SIGKILL');
  });
  return { child, output: () => text };
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | string> {
  if (child.exitCode === null && child.signalCode === null) {
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }
  return child.exitCode ?? child.signalCode ?? 'unknown';
}
