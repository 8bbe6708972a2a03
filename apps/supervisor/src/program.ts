/** A program of ours as a child process: started, awaited until it says it is ready, stopped by signal. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Program {
  readonly pid: number;
  /** The port it listens on, if any. */
  readonly port: number | undefined;
  /** Resolves with a sentence when the process has ended. */
  readonly ended: Promise<string>;
  /** Asks it to end, and kills it if it has not within `timeoutMs`. */
  stop(timeoutMs: number): Promise<void>;
}

/** Starts `apps/<name>` and waits for its ready message. @throws Error when it ends before. */
export async function startProgram(
  name: 'api' | 'anchor-worker',
  env: Record<string, string>,
): Promise<Program> {
  const script = fileURLToPath(new URL(`../../${name}/src/main.js`, import.meta.url));
  // Room for many requests' worth of short-lived objects: about a tenth of the API's time went into collecting them.
  // A session of its own: Ctrl-C reaches the supervisor alone, which stops the programs in order.
  const execArgv = name === 'api' ? ['--max-semi-space-size=64'] : [];
  const child = fork(script, [], {
    execArgv,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve(`${name} ended (${signal ?? `exit code ${code ?? '?'}`})`);
    });
    child.once('error', (error) => {
      resolve(`${name} could not be started: ${error.message}`);
    });
  });
  // Should we die without a word, the closed channel tells the child.
  const ready = new Promise<{ port?: number }>((resolve) =>
    child.once('message', (message) => {
      resolve(message as { port?: number });
    }),
  );
  const first = await Promise.race([ready, ended]);
  if (typeof first === 'string') throw new Error(first);
  return {
    pid: child.pid ?? 0,
    port: first.port,
    ended,
    stop: (timeoutMs) => stopChild(child, ended, timeoutMs),
  };
}

async function stopChild(child: ChildProcess, ended: Promise<string>, timeoutMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  await ended;
  clearTimeout(timer);
}
