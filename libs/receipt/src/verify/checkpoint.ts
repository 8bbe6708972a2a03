/**
 * Check 2, `checkpoint`: a log key of the policy signed it, under the log's own name, at a size in the key's window. A line
 * of any known key, log or witness, that does not verify refuses the whole note (C2SP signed-note).
 */
import { encodeHex } from '../encoding/hex.js';
import { maySignSize } from '../trust/key-window.js';
import { type VerifiedCheckpoint, verifyCheckpoint } from '../trust/verify-checkpoint.js';
import { type Checked, failed, passed } from './checked.js';
import { type VerifierContext } from './context.js';

export function checkCheckpoint(context: VerifierContext, note: string): Checked<VerifiedCheckpoint> {
  const known = context.checkpoints.get(note);
  if (known !== undefined) return passedBy(known);
  const checked = verifyInWindow(context, note);
  if (checked.value !== undefined) context.checkpoints.add(note, checked.value);
  return checked;
}

function verifyInWindow({ crypto, trust }: VerifierContext, note: string): Checked<VerifiedCheckpoint> {
  const checkpoint = verifyCheckpoint(crypto, trust.policy, note);
  const { treeSize } = checkpoint;
  const logKeys = checkpoint.logKeys.filter((key) => maySignSize(trust.keyWindows, key, treeSize));
  return logKeys.length === 0
    ? failed('key-window', `the log key may not sign a checkpoint of size ${treeSize}`)
    : passedBy({ ...checkpoint, logKeys });
}

function passedBy(checkpoint: VerifiedCheckpoint): Checked<VerifiedCheckpoint> {
  const { origin, treeSize, rootHash, logKeys } = checkpoint;
  const facts = { origin, treeSize, rootHash: encodeHex(rootHash), logKeys: logKeys.map(({ vkey }) => vkey) };
  return passed(facts, checkpoint);
}
