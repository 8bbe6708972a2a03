/**
 * Which known keys signed a note, C2SP signed-note "Signatures": lines of unknown keys are ignored, a line of a known key
 * that does not verify refuses the whole note, and so does the absence of any known key.
 */
import { type CryptoSuite } from '@cunzheng/crypto';

import { ReceiptError } from '../errors.js';
import { computeTimestampedMessage, parseCosignature } from './cosignature.js';
import { type NoteSignature, type SignedNote } from './signed-note.js';
import { type VerifierKey } from './verifier-key.js';

export interface VerifiedSignature {
  readonly key: VerifierKey;
  /**
   * When a cosignature says it was made, milliseconds since the epoch; undefined for a plain signature and for one that
   * says nothing of the time. No clock was asked: it may lie in the future.
   */
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
    const key = keys.find((candidate) => isLineOf(line, candidate));
    return key === undefined ? [] : [verifyLine(crypto, note.text, line, key)];
  });
  if (verified.length === 0) throw new ReceiptError('note-unsigned', 'no known key signed the note');
  return verified;
}

/** Whether a line says to be of this key. */
export function isLineOf(line: NoteSignature, { name, keyHash }: VerifierKey): boolean {
  return line.name === name && line.keyHash === keyHash;
}

/** One line of a known key. Throws ReceiptError `note-signature-invalid`. */
export function verifyLine(
  crypto: CryptoSuite,
  text: string,
  line: NoteSignature,
  key: VerifierKey,
): VerifiedSignature {
  if (key.type === 'ed25519') {
    assertSigned(crypto, key, encoder.encode(text), line.signature);
    return { key };
  }
  const cosignature = parseCosignature(line.signature);
  if (cosignature === undefined) return refuse(key);
  const { timeSeconds, signature } = cosignature;
  assertSigned(crypto, key, messageOf(key, text, timeSeconds), signature);
  return timeSeconds === 0 ? { key } : { key, cosignedAtMs: timeSeconds * 1000 };
}

/** A key that signs checkpoints only cannot have signed another text. */
function messageOf(key: VerifierKey, text: string, timeSeconds: number): Uint8Array {
  try {
    return computeTimestampedMessage(key, text, timeSeconds);
  } catch (cause) {
    return refuse(key, cause);
  }
}

function assertSigned(
  crypto: CryptoSuite,
  key: VerifierKey,
  message: Uint8Array,
  signature: Uint8Array,
): void {
  const { publicKey } = key;
  if (!crypto.signature(publicKey.alg).verify(publicKey, message, signature)) refuse(key);
}

function refuse(key: VerifierKey, cause?: unknown): never {
  const message = `the line of known key ${key.name} does not verify`;
  throw new ReceiptError('note-signature-invalid', message, cause === undefined ? {} : { cause });
}
