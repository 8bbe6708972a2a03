/**
 * Timestamped signatures over checkpoints, C2SP tlog-cosignature. As of a time, a witness says, this is the largest
 * consistent tree of this log it has seen. A note line carries `u64 seconds ‖ signature`; what is signed depends on the
 * key's type:
 *
 *     cosignature/v1 (0x04, Ed25519)    "cosignature/v1\ntime N\n" ‖ note text
 *     subtree/v1     (0x06, ML-DSA-44)  a binary structure, ./subtree-message.ts
 *
 * Seconds 0 means that nothing is said about the time, nor about being the largest tree: a log signs so (0x06), a
 * witness never (C2SP tlog-witness, "add-checkpoint").
 */
import { parseCheckpoint } from './checkpoint.js';
import { computeSubtreeMessage } from './subtree-message.js';
import { type VerifierKey } from './verifier-key.js';

const TIME_BYTES = 8;
const encoder = new TextEncoder();

/** 9999-12-31T23:59:59Z. The format allows later times; no witness means one. */
const MAX_TIME_SECONDS = 253_402_300_799;

/** What an Ed25519 witness signs: `cosignature/v1\ntime N\n` and the note text. `timeSeconds` is POSIX time. */
export function computeCosignatureMessage(noteText: string, timeSeconds: number): Uint8Array {
  return encoder.encode(`cosignature/v1\ntime ${timeSeconds}\n${noteText}`);
}

/**
 * What a key signs under a note text at a time. Requires a key of type `cosignature/v1` or `subtree/v1`. Throws
 * ReceiptError `checkpoint-invalid` if the key signs checkpoints only and the text is none.
 */
export function computeTimestampedMessage(
  { type, name }: VerifierKey,
  noteText: string,
  timeSeconds: number,
): Uint8Array {
  if (type !== 'subtree/v1') return computeCosignatureMessage(noteText, timeSeconds);
  const { origin, treeSize, rootHash } = parseCheckpoint(noteText);
  return computeSubtreeMessage({
    cosignerName: name,
    timeSeconds,
    origin,
    start: 0,
    end: treeSize,
    hash: rootHash,
  });
}

/** The signature of a note line out of its time and the signature proper. Requires an integer 0 ≤ timeSeconds < 2^53. */
export function formatCosignature(timeSeconds: number, signature: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(TIME_BYTES + signature.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(timeSeconds));
  bytes.set(signature, TIME_BYTES);
  return bytes;
}

/** The two parts, or undefined for bytes that are too short or a time after the year 9999. */
export function parseCosignature(
  bytes: Uint8Array,
): { timeSeconds: number; signature: Uint8Array } | undefined {
  if (bytes.length <= TIME_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, TIME_BYTES);
  const timeSeconds = Number(view.getBigUint64(0));
  return timeSeconds > MAX_TIME_SECONDS ? undefined : { timeSeconds, signature: bytes.subarray(TIME_BYTES) };
}
