/**
 * Which known keys signed a note, C2SP signed-note "Signatures": lines of unknown keys are ignored, a line of a known key
 * that does not verify refuses the whole note, and so does the absence of any known key.
 */
import { type CryptoSuite } from '@cunzheng/crypto';

import { ReceiptError } from '../errors.js';
import { computeCosignatureMessage, parseCosignature } from './cosignature.js';
import { type NoteSignature, type SignedNote } from './signed-note.js';
import { type VerifierKey } from './verifier-key.js';

export interface VerifiedSignature {
  readonly key: VerifierKey;
  /** When a cosignature says it was made, milliseconds since the epoch; undefined for a plain signature. */
  readonly cosignedAtMs?: number;
}

const encoder = new TextEncoder();

/**
 * The verified signatures, in the order of the note's lines; a key that signed twice occurs twice. Throws ReceiptError
 * `note-signature-invalid` or `note-unsigned`.
 */
export function verifyNote(
  crypto: CryptoSuite,
  note: SignedNote,
  keys: readonly VerifierKey[],
): VerifiedSignature[] {
  const verified = note.signatures.flatMap((line) => {
    const key = keys.find(({ name, keyHash }) => name === line.name && keyHash === line.keyHash);
    return key === undefined ? [] : [verifyLine(crypto, note.text, line, key)];
  });
  if (verified.length === 0) throw new ReceiptError('note-unsigned', 'no known key signed the note');
  return verified;
}

function verifyLine(
  crypto: CryptoSuite,
  text: string,
  line: NoteSignature,
  key: VerifierKey,
): VerifiedSignature {
  const algorithm = crypto.signature('ed25519');
  if (key.type === 'ed25519') {
    if (!algorithm.verify(key.publicKey, encoder.encode(text), line.signature)) refuse(key);
    return { key };
  }
  const cosignature = parseCosignature(line.signature);
  if (cosignature === undefined) return refuse(key);
  const { timeSeconds, ed25519 } = cosignature;
  if (!algorithm.verify(key.publicKey, computeCosignatureMessage(text, timeSeconds), ed25519)) refuse(key);
  return { key, cosignedAtMs: timeSeconds * 1000 };
}

function refuse(key: VerifierKey): never {
  throw new ReceiptError('note-signature-invalid', `the line of known key ${key.name} does not verify`);
}
