/**
 * A shell that runs the snippets of a page one after the other, as its reader does: variables, functions and programs in the
 * background stay from one to the next. The first command that fails ends it.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../dist/apps/cli/src/main.js', import.meta.url));
/** `cunzheng` as the README makes it, and nothing left running. */
const PRELUDE = `set -euo pipefail
cunzheng() { '${process.execPath}' '${PROGRAM}' "$@"; }
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
`;

export class Shell {
  private output = '';
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly ended: Promise<unknown>;

  constructor(cwd: string, env: Readonly<Record<string, string>> = {}) {
    this.child = spawn('bash', ['-s'], {
      cwd,
      env: { PATH: process.env['PATH'], HOME: cwd, LANG: 'C.UTF-8', ...env },
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    this.child.stdin.on('error', () => undefined);
    this.ended = once(this.child, 'close');
    this.child.stdin.write(PRELUDE);
  }

  /** What the snippet printed. Rejects with that when one of its commands fails. */
  async run(snippet: string): Promise<string> {
    const mark = `done-${randomUUID()}`;
    this.output = '';
    const isDone = new Promise<true>((resolve) => {
      const look = (): void => {
        if (!this.output.includes(mark)) return;
        this.child.stdout.off('data', look);
        resolve(true);
      };
      this.child.stdout.on('data', look);
    });
    // Its programs must not read what comes after it.
    this.child.stdin.write(`{\n${snippet}\n} </dev/null\necho ${mark}\n`);
    if ((await Promise.race([isDone, this.ended])) === true) return this.output.replace(`${mark}\n`, '');
    throw new Error(`failed:\n${snippet}\n${this.output}`);
  }

  async close(): Promise<void> {
    this.child.stdin.end();
    await this.ended;
  }
}
