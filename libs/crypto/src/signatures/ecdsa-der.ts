/**
 * ECDSA signatures in DER, Ecdsa-Sig-Value of RFC 3279 §2.2.3, for curves whose order is 32 bytes. Only the one DER
 * encoding is taken (X.690 §8.3.2, §10.1: short lengths, shortest integers, nothing behind): laxer readers differ from
 * one another.
 *
 *     30 len  02 rLen r  02 sLen s
 */
import { bytesToHex } from '@noble/hashes/utils.js';

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const HEADER_SIZE = 2;
const SCALAR_SIZE = 32;

/**
 * r ‖ s as 64 bytes, big-endian, or undefined unless `signature` is strict DER and both r and s are in 1…order−1. A
 * high s is not refused: signers that follow the standard produce it half of the time.
 */
export function parseEcdsaSignature(signature: Uint8Array, order: bigint): Uint8Array | undefined {
  if (signature[0] !== SEQUENCE || signature[1] !== signature.length - HEADER_SIZE) return undefined;
  const r = readInteger(signature, HEADER_SIZE);
  if (!r) return undefined;
  const s = readInteger(signature, HEADER_SIZE + HEADER_SIZE + r.length);
  if (!s || s.byteOffset + s.length !== signature.byteOffset + signature.length) return undefined;
  if (!isScalar(r, order) || !isScalar(s, order)) return undefined;
  const compact = new Uint8Array(2 * SCALAR_SIZE);
  for (const [value, end] of [[r, SCALAR_SIZE] as const, [s, 2 * SCALAR_SIZE] as const]) {
    const magnitude = value[0] === 0 ? value.subarray(1) : value;
    compact.set(magnitude, end - magnitude.length);
  }
  return compact;
}

/** The content of the positive, shortest INTEGER at `offset`, of at most 33 bytes. */
function readInteger(bytes: Uint8Array, offset: number): Uint8Array | undefined {
  const length = bytes[offset + 1] ?? 0;
  const content = bytes.subarray(offset + HEADER_SIZE, offset + HEADER_SIZE + length);
  const [first = 0x80, second = 0x80] = content;
  const isPadded = first === 0 && second < 0x80;
  if (bytes[offset] !== INTEGER || length < 1 || length > SCALAR_SIZE + 1 || content.length !== length)
    return undefined;
  return first >= 0x80 || isPadded ? undefined : content;
}

function isScalar(value: Uint8Array, order: bigint): boolean {
  const number = BigInt(`0x${bytesToHex(value)}`);
  return number > 0n && number < order;
}
