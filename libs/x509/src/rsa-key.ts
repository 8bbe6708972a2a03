/**
 * RSA public keys: RFC 8017 §A.1.1, of 2048 to 8192 bits: shorter ones are broken or nearly, longer ones only serve to keep
 * a verifier busy. A key that is for PSS alone (RFC 4055 §1.2) is rewritten as a plain one, which is what WebCrypto imports.
 */
import { hexToBytes } from '@noble/hashes/utils.js';
import { hasNoParameters, type SubjectPublicKeyInfo } from './algorithm.js';
import { DerReader } from './der/der-reader.js';
import { X509Error } from './errors.js';
import { OID } from './oids.js';

const MIN_BYTES = 256;
const MAX_BYTES = 1024;
const MAX_EXPONENT_BYTES = 5;

/** SEQUENCE { rsaEncryption, NULL }. */
const RSA_ALGORITHM = hexToBytes('300d06092a864886f70d0101010500');

/** Throws X509Error `key-invalid` or `algorithm-unsupported`. */
export function readRsaKey({ algorithm, key, bytes }: SubjectPublicKeyInfo): {
  spki: Uint8Array;
  modulusBytes: number;
} {
  const isPlain = algorithm.oid === OID.rsaEncryption && hasNoParameters(algorithm);
  if (!isPlain && algorithm.oid !== OID.rsaPss) {
    throw new X509Error('algorithm-unsupported', `got a key of ${algorithm.oid}, want an RSA key`);
  }
  const reader = DerReader.parse(key, 'RSA key');
  const modulus = reader.integer('modulus');
  const exponent = reader.integer('exponent');
  reader.end();
  const modulusBytes = modulus.length - 1;
  const isOdd = ((modulus.at(-1) ?? 0) & (exponent.at(-1) ?? 0) & 1) === 1;
  if (modulus[0] !== 0 || modulusBytes < MIN_BYTES || modulusBytes > MAX_BYTES || !isOdd) {
    throw new X509Error('key-invalid', `got an RSA key of ${modulusBytes * 8} bits, want 2048 to 8192, odd`);
  }
  if (exponent.length > MAX_EXPONENT_BYTES || (exponent[0] ?? 0x80) >= 0x80 || isOne(exponent)) {
    throw new X509Error('key-invalid', 'got an unusual RSA exponent');
  }
  return { spki: isPlain ? bytes : toPlain(key), modulusBytes };
}

function isOne(exponent: Uint8Array): boolean {
  return exponent.length === 1 && exponent[0] === 1;
}

function toPlain(key: Uint8Array): Uint8Array {
  const bits = tlv(0x03, Uint8Array.of(0, ...key));
  return tlv(0x30, Uint8Array.of(...RSA_ALGORITHM, ...bits));
}

/** Contents here are always between 256 and 65535 bytes. */
function tlv(tag: number, content: Uint8Array): Uint8Array {
  return Uint8Array.of(tag, 0x82, content.length >> 8, content.length & 0xff, ...content);
}
