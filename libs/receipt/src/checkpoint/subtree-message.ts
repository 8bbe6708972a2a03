/**
 * The message of ML-DSA-44 cosignatures, C2SP tlog-cosignature "ML-DSA-44 signed message" (merged 2026-05 as C2SP pull
 * request 237), in the TLS presentation of RFC 8446 §3: lengths in one byte, integers big-endian in eight.
 *
 *     "subtree/v1\n\0" ‖ len ‖ cosigner name ‖ time ‖ len ‖ log origin ‖ start ‖ end ‖ hash
 *
 * It names the cosigner, so one key may serve under several names, and covers leaves [start, end): a whole checkpoint is
 * [0, tree size). Extension lines of a checkpoint are not covered; ours have none.
 */
import { ReceiptError } from '../errors.js';

export interface SubtreeMessage {
  /** 1…255 bytes of UTF-8. */
  readonly cosignerName: string;
  /** POSIX time; 0 to say nothing of it, as it must be unless `start` is 0. */
  readonly timeSeconds: number;
  /** 1…255 bytes of UTF-8. */
  readonly origin: string;
  readonly start: number;
  readonly end: number;
  /** RFC 6962 hash of the subtree, 32 bytes. */
  readonly hash: Uint8Array;
}

/** How long the names of a cosigner and a log may be, in bytes of UTF-8. */
export const MAX_COSIGNER_NAME_BYTES = 255;

const LABEL = 'subtree/v1\n\0';
const HASH_BYTES = 32;
const INTEGER_BYTES = 8;
const encoder = new TextEncoder();

/** The bytes to sign. Throws ReceiptError `checkpoint-invalid` for what the structure cannot hold. */
export function computeSubtreeMessage(message: SubtreeMessage): Uint8Array {
  const { timeSeconds, start, end, hash } = message;
  const isRange = [timeSeconds, start, end].every((value) => Number.isSafeInteger(value) && value >= 0);
  if (!isRange || start > end || (start > 0 && timeSeconds > 0) || hash.length !== HASH_BYTES) {
    throw new ReceiptError('checkpoint-invalid', 'expected a range of leaves, their hash and a time');
  }
  return concat([
    encoder.encode(LABEL),
    ...withLength(message.cosignerName),
    encodeInteger(timeSeconds),
    ...withLength(message.origin),
    encodeInteger(start),
    encodeInteger(end),
    hash,
  ]);
}

function withLength(name: string): Uint8Array[] {
  const bytes = encoder.encode(name);
  if (bytes.length < 1 || bytes.length > MAX_COSIGNER_NAME_BYTES) {
    const want = `1…${MAX_COSIGNER_NAME_BYTES} bytes`;
    throw new ReceiptError('checkpoint-invalid', `expected names of ${want}, got ${bytes.length}`);
  }
  return [Uint8Array.of(bytes.length), bytes];
}

function encodeInteger(value: number): Uint8Array {
  const bytes = new Uint8Array(INTEGER_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
