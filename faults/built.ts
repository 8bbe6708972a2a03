/** Where the built programs are: this file runs from dist/faults, and in tests from faults/ with dist/ beside it. */
import { fileURLToPath } from 'node:url';

/** Absolute path of a file of dist/, such as `apps/cli/src/main.js`. */
export function builtFile(path: string): string {
  const parent = new URL('../', import.meta.url);
  return fileURLToPath(new URL(path, parent.pathname.endsWith('/dist/') ? parent : new URL('dist/', parent)));
}
