/** Byte strings: equality, and big-endian numbers as hex. */
import { bytesToHex } from '@noble/hashes/utils.js';

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, i) => octet === b[i]);
}

/** An INTEGER's content in lower-case hex without the sign octet, as OpenSSL prints serial numbers (in upper case). */
export function formatSerial(content: Uint8Array): string {
  return bytesToHex(content.length > 1 && content[0] === 0 ? content.subarray(1) : content);
}
