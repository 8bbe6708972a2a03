/**
 * Check 2, `checkpoint`: a log key of the policy signed it, under the log's own name, at a size in the key's window. A line
 * of any known key, log or witness, that does not verify refuses the whole note (C2SP signed-note).
 */
import { type Checkpoint, parseCheckpoint } from '../checkpoint/checkpoint.js';
import { parseNote } from '../checkpoint/signed-note.js';
import { type VerifiedSignature, verifyNote } from '../checkpoint/verify-note.js';
import { type VerifierKey } from '../checkpoint/verifier-key.js';
import { encodeHex } from '../encoding/hex.js';
import { type KeyWindow } from '../trust/trust.js';
import { type Checked, failed, passed } from './checked.js';
import { type VerifierContext } from './context.js';

export interface VerifiedCheckpoint extends Checkpoint {
  /** Log keys that signed it and may sign this size. */
  readonly logKeys: readonly VerifierKey[];
  readonly cosignatures: readonly VerifiedSignature[];
}

export function checkCheckpoint(context: VerifierContext, note: string): Checked<VerifiedCheckpoint> {
  const known = context.checkpoints.get(note);
  if (known !== undefined) return passedBy(known);
  const checked = verifyCheckpoint(context, note);
  if (checked.value !== undefined) context.checkpoints.add(note, checked.value);
  return checked;
}

function verifyCheckpoint(
  { crypto, keys, trust }: VerifierContext,
  note: string,
): Checked<VerifiedCheckpoint> {
  const signed = parseNote(note);
  const checkpoint = parseCheckpoint(signed.text);
  if (signed.signatures[0]?.name !== checkpoint.origin) {
    return failed('checkpoint-invalid', 'the first signature line is not of the log');
  }
  const signatures = verifyNote(crypto, signed, keys);
  const logKeys = signatures
    .map(({ key }) => key)
    .filter(({ type, name }) => type === 'ed25519' && name === checkpoint.origin);
  if (logKeys.length === 0)
    return failed('log-key-unknown', 'no log key of the policy signed the checkpoint');
  const inWindow = logKeys.filter((key) => isInWindow(key, checkpoint.treeSize, trust.keyWindows));
  if (inWindow.length === 0) {
    return failed('key-window', `the log key may not sign a checkpoint of size ${checkpoint.treeSize}`);
  }
  const cosignatures = signatures.filter(({ key }) => key.type === 'cosignature/v1');
  return passedBy({ ...checkpoint, logKeys: inWindow, cosignatures });
}

function passedBy(checkpoint: VerifiedCheckpoint): Checked<VerifiedCheckpoint> {
  const { origin, treeSize, rootHash, logKeys } = checkpoint;
  const facts = { origin, treeSize, rootHash: encodeHex(rootHash), logKeys: logKeys.map(({ vkey }) => vkey) };
  return passed(facts, checkpoint);
}

function isInWindow(key: VerifierKey, treeSize: number, windows: readonly KeyWindow[]): boolean {
  const own = windows.filter(({ vkey }) => vkey === key.vkey);
  if (own.length === 0) return true;
  return own.some(({ fromSize = 0, toSize = Infinity }) => treeSize >= fromSize && treeSize <= toSize);
}
