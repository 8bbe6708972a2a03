/** Lists of SHA-256 hashes in the text formats of transparency logs: one per line, in padded base64. */
import { decodeBase64, encodeBase64 } from './base64.js';

const HASH_BYTES = 32;

/** The lines, each with its newline. */
export function formatHashLines(hashes: readonly Uint8Array[]): string {
  return hashes.map((hash) => `${encodeBase64(hash)}\n`).join('');
}

/** The hashes of lines without their newlines, or undefined if one line is no hash. */
export function parseHashLines(lines: readonly string[]): Uint8Array[] | undefined {
  const hashes = lines.map(decodeBase64).filter((hash) => hash?.length === HASH_BYTES);
  return hashes.length === lines.length ? (hashes as Uint8Array[]) : undefined;
}
