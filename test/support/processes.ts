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

interface Launched {
  readonly child: ChildProcess;
  /** The exit code, or the signal that ended it, once all of its output has been read. */
  readonly closed: Promise<number | string>;
  readonly output: () => string;
}

/** Forks a program of dist/ and waits until it says that it is ready. @throws with its output when it ends before. */
export async function startProcess(
  stack: TestStack,
  name: 'api' | 'anchor-worker',
  environment: NodeJS.ProcessEnv = {},
): Promise<TestProcess> {
  const { child, closed, output } = launch(stack, name, environment);
  const ready = once(child, 'message') as Promise<[{ port?: number }]>;
  const ended = closed.then(() => {
    throw new Error(`${name} ended: ${output()}`);
  });
  const [{ port }] = await Promise.race([ready, ended]);
  ended.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    port,
    output,
    end: async (signal) => {
      child.kill(signal);
      return await closed;
    },
  };
}

/** Runs a program that is expected to refuse to start. */
export async function runToEnd(
  stack: TestStack,
  name: 'api' | 'anchor-worker',
  environment: NodeJS.ProcessEnv,
): Promise<{ code: number | string; output: string }> {
  const { closed, output } = launch(stack, name, environment);
  return { code: await closed, output: output() };
}

function launch(stack: TestStack, name: 'api' | 'anchor-worker', environment: NodeJS.ProcessEnv): Launched {
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
    AUDIT_HEAD_INTERVAL_MS: '86400000',
  };
  const child = fork(script, [], {
    cwd: stack.directory,
    env: { ...base, ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  const closed = once(child, 'close').then(() => child.exitCode ?? child.signalCode ?? 'unknown');
  stack.onClose(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  return { child, closed, output: () => text };
}
