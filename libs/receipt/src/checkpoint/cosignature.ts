/**
 * Timestamped cosignatures, C2SP tlog-cosignature v1 with Ed25519 (type 0x04): a witness says that, as of a time, this is
 * the largest consistent tree of this log it has seen. The signature is `u64 seconds ‖ Ed25519` over a header, a time line
 * and the whole note text.
 */
const TIME_BYTES = 8;
const encoder = new TextEncoder();

/** 9999-12-31T23:59:59Z. The format allows later times; no witness means one. */
const MAX_TIME_SECONDS = 253_402_300_799;

/** What a witness signs: `cosignature/v1\ntime N\n` and the note text. `timeSeconds` is POSIX time. */
export function computeCosignatureMessage(noteText: string, timeSeconds: number): Uint8Array {
  return encoder.encode(`cosignature/v1\ntime ${timeSeconds}\n${noteText}`);
}

/** The signature of a note line out of its time and the Ed25519 signature. Requires an integer 0 ≤ timeSeconds < 2^53. */
export function formatCosignature(timeSeconds: number, ed25519: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(TIME_BYTES + ed25519.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(timeSeconds));
  bytes.set(ed25519, TIME_BYTES);
  return bytes;
}

/** The two parts, or undefined for bytes that are too short or a time after the year 9999. */
export function parseCosignature(
  signature: Uint8Array,
): { timeSeconds: number; ed25519: Uint8Array } | undefined {
  if (signature.length <= TIME_BYTES) return undefined;
  const view = new DataView(signature.buffer, signature.byteOffset, TIME_BYTES);
  const timeSeconds = Number(view.getBigUint64(0));
  return timeSeconds > MAX_TIME_SECONDS
    ? undefined
    : { timeSeconds, ed25519: signature.subarray(TIME_BYTES) };
}
