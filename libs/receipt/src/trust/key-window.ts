/** Which tree sizes a log key may sign, as the verifier's `trust.json` has it. A key without a window may sign any. */
import { type VerifierKey } from '../checkpoint/verifier-key.js';
import { type KeyWindow } from './trust.js';

export function maySignSize(
  windows: readonly KeyWindow[],
  { vkey }: Pick<VerifierKey, 'vkey'>,
  treeSize: number,
): boolean {
  const own = windows.filter((window) => window.vkey === vkey);
  return (
    own.length === 0 ||
    own.some(({ fromSize = 0, toSize = Infinity }) => treeSize >= fromSize && treeSize <= toSize)
  );
}
