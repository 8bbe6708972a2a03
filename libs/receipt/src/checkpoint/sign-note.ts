/**
 * Making note signatures. Keys stay with the caller: it hands in a function that signs a message, be it a key in memory,
 * an agent or a device.
 */
import { ReceiptError } from '../errors.js';
import { computeTimestampedMessage, formatCosignature } from './cosignature.js';
import { type NoteSignature } from './signed-note.js';
import { type VerifierKey } from './verifier-key.js';

/** Signs a message with the private key that belongs to the verifier key beside it, Ed25519 or ML-DSA-44. */
export type SignMessage = (message: Uint8Array) => Uint8Array;

const encoder = new TextEncoder();

/**
 * A log's line. With a key of type `ed25519` over any note text (C2SP signed-note, "Ed25519 signatures"); with one of
 * type `subtree/v1` over a checkpoint, without a time, so that a checkpoint signed again is signed over the same bytes.
 * Throws ReceiptError `verifier-key-type` for a witness's key, `checkpoint-invalid`.
 */
export function signNote(noteText: string, key: VerifierKey, sign: SignMessage): NoteSignature {
  if (key.type === 'cosignature/v1') refuseType(key, "a log's");
  return key.type === 'subtree/v1'
    ? signTimestamped(noteText, 0, key, sign)
    : lineOf(key, sign(encoder.encode(noteText)));
}

/**
 * A witness's line over a checkpoint, at a POSIX time in whole seconds after 0. Throws ReceiptError `verifier-key-type`
 * for a key of type `ed25519`, `cosignature-time`, `checkpoint-invalid`.
 */
export function cosignNote(
  noteText: string,
  timeSeconds: number,
  key: VerifierKey,
  sign: SignMessage,
): NoteSignature {
  if (key.type === 'ed25519') refuseType(key, "a witness's");
  if (!Number.isSafeInteger(timeSeconds) || timeSeconds < 1) {
    throw new ReceiptError('cosignature-time', `expected whole seconds after 0, got ${timeSeconds}`);
  }
  return signTimestamped(noteText, timeSeconds, key, sign);
}

function signTimestamped(
  noteText: string,
  timeSeconds: number,
  key: VerifierKey,
  sign: SignMessage,
): NoteSignature {
  const signature = sign(computeTimestampedMessage(key, noteText, timeSeconds));
  return lineOf(key, formatCosignature(timeSeconds, signature));
}

function lineOf({ name, keyHash }: VerifierKey, signature: Uint8Array): NoteSignature {
  return { name, keyHash, signature };
}

function refuseType({ type }: VerifierKey, want: string): never {
  throw new ReceiptError('verifier-key-type', `expected ${want} key, got one of type ${type}`);
}
