/** The built API or worker as a process that can be killed, frozen and waited for at any moment of its life. */
import { fork, type ChildProcess, type ForkOptions } from 'node:child_process';
import { once } from 'node:events';
import { builtFile } from './built.js';

export type ProgramName = 'api' | 'anchor-worker';

/** How a process ended: its exit code, or the signal. */
export type Ending = number | NodeJS.Signals;

const KEPT_OUTPUT_CHARACTERS = 20_000;

/** Messages of the worker's log that are waited for. */
const MESSAGES = ['sequencing', 'anchored', 'sequencer interrupted: starting afresh'] as const;
export type Message = (typeof MESSAGES)[number];

export class Program {
  /** Resolves when the process has ended. */
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  readonly #port: Promise<number>;
  readonly #times = new Map<Message, number>();
  #isSequencing = false;
  #output = '';
  #unfinishedLine = '';

  private constructor(
    readonly name: ProgramName,
    child: ChildProcess,
  ) {
    this.#child = child;
    this.ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as Ending);
    this.#port = once(child, 'message').then(([message]) => (message as { port?: number }).port ?? 0);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#hear(chunk.toString('utf8'));
      });
    }
  }

  static launch(name: ProgramName, cwd: string, env: NodeJS.ProcessEnv): Program {
    const script = builtFile(`apps/${name}/src/main.js`);
    // A process group of its own: when one with a stopped process in it is orphaned, the kernel hangs up on all of it.
    const options = {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    } satisfies ForkOptions;
    return new Program(name, fork(script, [], options));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The last of what it wrote. */
  get output(): string {
    return this.#output;
  }

  /** How often it has logged the message. */
  times(message: Message): number {
    return this.#times.get(message) ?? 0;
  }

  /** Whether it was the one that sequences when it last said anything about that. */
  get isSequencing(): boolean {
    return this.isRunning && this.#isSequencing;
  }

  /** The port once it says that it is ready; 0 for one that serves nobody. @throws Error when it ends before. */
  async ready(): Promise<number> {
    const early = this.ended.then((ending) => {
      throw new Error(`${this.name} ended (${ending}) before it was ready: ${this.#output}`);
    });
    early.catch(() => undefined);
    return await Promise.race([this.#port, early]);
  }

  send(signal: NodeJS.Signals): void {
    if (this.isRunning) this.#child.kill(signal);
  }

  /** Sends the signal and waits until it is gone. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<Ending> {
    this.send(signal);
    return await this.ended;
  }

  #hear(text: string): void {
    this.#output = (this.#output + text).slice(-KEPT_OUTPUT_CHARACTERS);
    const lines = (this.#unfinishedLine + text).split('\n');
    this.#unfinishedLine = lines.pop() ?? '';
    for (const line of lines) {
      const message = MESSAGES.find((text) => line.includes(`"msg":"${text}"`));
      if (message === undefined) continue;
      this.#times.set(message, this.times(message) + 1);
      if (message !== 'anchored') this.#isSequencing = message === 'sequencing';
    }
  }
}
