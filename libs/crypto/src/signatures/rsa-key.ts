/**
 * RSA public keys and the public operation of RFC 8017 §5.2.2. Keys come in the one SubjectPublicKeyInfo of RFC 3279
 * §2.3.1 (rsaEncryption with NULL; id-RSASSA-PSS and its parameters are refused) and must be sound as far as a public
 * key can show: 2,048 to 8,192 bits, odd, without small factors, an odd exponent of 3 to 2^32−1. Everything here is public, so
 * nothing needs constant time, and big integers of the language do.
 */
import { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils.js';
import { CryptoError } from '../errors.js';

const MIN_BITS = 2048;
const MAX_BITS = 8192;
const MIN_EXPONENT = 3n;
const MAX_EXPONENT = 2n ** 32n - 1n;
/** SEQUENCE { rsaEncryption, NULL } (RFC 3279 §2.3.1). */
const ALGORITHM = hexToBytes('300d06092a864886f70d0101010500');
const [SEQUENCE, INTEGER, BIT_STRING] = [0x30, 0x02, 0x03];
/** The odd primes below 752, which NIST SP 800-89 §5.3.3 wants no modulus to have. */
const SMALL_PRIMES = Array.from({ length: 750 }, (_, i) => i + 2)
  .filter((n, _, all) => n % 2 === 1 && !all.some((d) => d * d <= n && n % d === 0))
  .map(BigInt);

export interface RsaKey {
  readonly modulus: bigint;
  readonly exponent: bigint;
  /** Length of the modulus. */
  readonly bits: number;
  /** Length of a signature: k of RFC 8017. */
  readonly sizeBytes: number;
}

/** Throws `key-invalid`. */
export function parseRsaKey(spki: Uint8Array): RsaKey {
  const numbers = readNumbers(spki);
  // Whatever a lax reader could have read otherwise is not the one encoding of these two numbers.
  if (!numbers || bytesToHex(formatSpki(numbers[0], numbers[1])) !== bytesToHex(spki)) {
    throw new CryptoError('key-invalid', `got ${spki.length} bytes, want one RSA key in strict DER`);
  }
  const [modulus, exponent] = numbers;
  const bits = modulus.toString(2).length;
  assertSound(modulus, exponent, bits);
  return { modulus, exponent, bits, sizeBytes: Math.ceil(bits / 8) };
}

/** Whether the signature is exactly k bytes and below the modulus (RFC 8017 §8.1.2, §8.2.2, §5.2.2). */
export function isRsaSignature(signature: Uint8Array, { modulus, sizeBytes }: RsaKey): boolean {
  return signature.length === sizeBytes && toNumber(signature) < modulus;
}

/** RSAVP1, as k bytes. */
export function recoverMessage({ modulus, exponent, sizeBytes }: RsaKey, signature: Uint8Array): Uint8Array {
  let [result, base] = [1n, toNumber(signature)];
  for (let e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * base) % modulus;
    base = (base * base) % modulus;
  }
  return hexToBytes(result.toString(16).padStart(2 * sizeBytes, '0'));
}

function assertSound(modulus: bigint, exponent: bigint, bits: number): void {
  if (bits < MIN_BITS || bits > MAX_BITS) {
    throw new CryptoError('key-invalid', `got an RSA key of ${bits} bits, want ${MIN_BITS} to ${MAX_BITS}`);
  }
  if (exponent < MIN_EXPONENT || exponent > MAX_EXPONENT || (exponent & 1n) === 0n) {
    throw new CryptoError(
      'key-invalid',
      'got an RSA key with a weak exponent, want an odd one of 3 to 2^32 - 1',
    );
  }
  if ((modulus & 1n) === 0n || SMALL_PRIMES.some((prime) => modulus % prime === 0n)) {
    throw new CryptoError(
      'key-invalid',
      'got an RSA modulus with a small factor, want a product of large primes',
    );
  }
}

/** Modulus and exponent where they stand, read no stricter than need be: the caller encodes them again and compares. */
function readNumbers(spki: Uint8Array): readonly [bigint, bigint] | undefined {
  const info = readValue(spki, SEQUENCE);
  const bits = info && readValue(info.subarray(ALGORITHM.length), BIT_STRING);
  const key = bits && readValue(bits.subarray(1), SEQUENCE);
  const modulus = key && readValue(key, INTEGER);
  const exponent =
    modulus && readValue(spki.subarray(modulus.byteOffset - spki.byteOffset + modulus.length), INTEGER);
  return exponent && [toNumber(modulus), toNumber(exponent)];
}

/** The content of the element that `bytes` begin with, of at most 65,535 bytes. */
function readValue(bytes: Uint8Array, tag: number): Uint8Array | undefined {
  const [first, length = 0, high = 0, low = 0] = bytes;
  if (first !== tag || bytes.length > 2 * MAX_BITS) return undefined;
  if (length < 0x80) return take(bytes, 2, length);
  if (length === 0x81) return take(bytes, 3, high);
  return length === 0x82 ? take(bytes, 4, (high << 8) | low) : undefined;
}

function take(bytes: Uint8Array, start: number, length: number): Uint8Array | undefined {
  return length > 0 && start + length <= bytes.length ? bytes.subarray(start, start + length) : undefined;
}

function formatSpki(modulus: bigint, exponent: bigint): Uint8Array {
  const key = formatValue(SEQUENCE, formatInteger(modulus), formatInteger(exponent));
  return formatValue(SEQUENCE, ALGORITHM, formatValue(BIT_STRING, Uint8Array.of(0), key));
}

function formatInteger(value: bigint): Uint8Array {
  const hex = value.toString(16);
  const even = hex.length % 2 === 1 ? `0${hex}` : hex;
  return formatValue(INTEGER, hexToBytes(parseInt(even.slice(0, 2), 16) >= 0x80 ? `00${even}` : even));
}

function formatValue(tag: number, ...parts: Uint8Array[]): Uint8Array {
  const content = concatBytes(...parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return concatBytes(Uint8Array.of(tag, ...size), content);
}

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytesToHex(bytes)}`);
}
