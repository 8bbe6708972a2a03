/** Starts child.ts as a real process: bundled once per test file, as node cannot run TypeScript on every version. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { temporaryDirectory } from './support.js';

export interface Child {
  readonly process: ChildProcess;
  /** The next line of its output; fails if it ends without one. */
  readonly line: () => Promise<string>;
  /** Kills it so that it can do nothing more, and waits until it is gone. */
  readonly kill: () => Promise<void>;
}

export async function bundleChild(): Promise<string> {
  const outfile = join(await temporaryDirectory(), 'child.cjs');
  const root = join(__dirname, '../../..');
  await build({
    entryPoints: [join(__dirname, 'child.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    // What the libraries load beside themselves is not asked for here; the name must be one all the same.
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(__filename).href) },
    tsconfig: join(root, 'tsconfig.json'),
    logLevel: 'error',
  });
  return outfile;
}

export function startChild(command: string, args: readonly string[]): Child {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    process: child,
    line: async () => {
      const next = await lines.next();
      if (next.done === true) throw new Error('the child ended without a word');
      return next.value;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
