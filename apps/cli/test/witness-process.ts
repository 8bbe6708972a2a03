/** Runs `cunzheng witness` as a process that can be killed, and speaks to it as a log would. Not a test. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../../dist/apps/cli/src/main.js', import.meta.url));

export interface WitnessProcess {
  readonly vkey: string;
  readonly url: string;
  /** Its exit code, once it has ended by itself. */
  readonly exited: Promise<number | null>;
  /** What it has printed on stdout after its first word. */
  readonly said: () => string;
  post(body: string | Uint8Array): Promise<WitnessAnswer>;
  /** Ends it and gives its exit code; null for a kill. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface WitnessAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export async function startWitness(cwd: string, args: readonly string[]): Promise<WitnessProcess> {
  const child = spawn(process.execPath, [PROGRAM, '--json', 'witness', '--port', '0', ...args], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, LANG: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  let output = '';
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const announced = new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const end = output.indexOf('\n}\n');
      if (end >= 0) resolve(output.slice(0, end + 3));
    });
  });
  const first = await Promise.race([announced, exited]);
  if (typeof first !== 'string') throw new Error(errors);
  const { vkey, url } = JSON.parse(first) as { vkey: string; url: string };
  return {
    vkey,
    url,
    exited: exited.then(([code]) => code),
    said: () => output.slice(first.length),
    async post(body) {
      const response = await fetch(`${url}/add-checkpoint`, { method: 'POST', body });
      const contentType = response.headers.get('content-type') ?? '';
      return { status: response.status, contentType, body: await response.text() };
    },
    async end(signal = 'SIGTERM') {
      child.kill(signal);
      return (await exited)[0];
    },
  };
}
