/**
 * Making note signatures. Keys stay with the caller: it hands in a function that signs a message with Ed25519, be it a
 * key in memory, an agent or a device.
 */
import { computeCosignatureMessage, formatCosignature } from './cosignature.js';
import { type NoteSignature } from './signed-note.js';
import { type VerifierKey } from './verifier-key.js';

/** Signs a message with the Ed25519 private key that belongs to the verifier key beside it. */
export type SignMessage = (message: Uint8Array) => Uint8Array;

const encoder = new TextEncoder();

/** A log's line over a note text, C2SP signed-note "Ed25519 signatures". Requires a key of type `ed25519`. */
export function signNote(noteText: string, key: VerifierKey, sign: SignMessage): NoteSignature {
  return { name: key.name, keyHash: key.keyHash, signature: sign(encoder.encode(noteText)) };
}

/** A witness's line over a checkpoint, at a POSIX time in seconds. Requires a key of type `cosignature/v1`. */
export function cosignNote(
  noteText: string,
  timeSeconds: number,
  key: VerifierKey,
  sign: SignMessage,
): NoteSignature {
  const ed25519 = sign(computeCosignatureMessage(noteText, timeSeconds));
  return { name: key.name, keyHash: key.keyHash, signature: formatCosignature(timeSeconds, ed25519) };
}
