/**
 * RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of exactly 32 bytes: RFC 8017 §8.1.2 and §9.1.2. Keys: {@link
 * parseRsaKey}; that they are used with PSS is said by the algorithm's name, never by parameters in the key.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '@noble/hashes/utils.js';
import { defineSignature } from '../signature.js';
import { isRsaSignature, parseRsaKey, recoverMessage, type RsaKey } from './rsa-key.js';

/** RSA_PKCS1_PSS_PADDING of OpenSSL. */
const PADDING = 6;
const HASH_SIZE = 32;
const SALT_SIZE = 32;
const TRAILER = 0xbc;

export const rsaPssSha256Signature = defineSignature<'rsa-pss-sha256', RsaKey>({
  name: 'rsa-pss-sha256',
  native: { digest: 'sha256', options: { padding: PADDING, saltLength: SALT_SIZE } },
  parseKey: parseRsaKey,
  isWellFormed: isRsaSignature,

  verify(key, message, signature) {
    const emBits = key.bits - 1;
    const emSize = Math.ceil(emBits / 8);
    const recovered = recoverMessage(key, signature);
    // A modulus of 8i + 1 bits leaves one byte more than the encoding has: it must be zero.
    const isSpare = recovered.subarray(0, recovered.length - emSize).every((byte) => byte === 0);
    return isSpare && verifyEncoding(sha256(message), recovered.subarray(-emSize), 8 * emSize - emBits);
  },
});

/** EMSA-PSS-VERIFY, §9.1.2 steps 4 to 14. `unusedBits` are the leftmost ones, which must be zero. */
function verifyEncoding(messageHash: Uint8Array, encoded: Uint8Array, unusedBits: number): boolean {
  const maskedDb = encoded.subarray(0, -HASH_SIZE - 1);
  const hash = encoded.subarray(-HASH_SIZE - 1, -1);
  const firstBits = 0xff >> unusedBits;
  const [first = 0] = maskedDb;
  if (encoded.at(-1) !== TRAILER || (first & ~firstBits) !== 0) return false;
  const mask = generateMask(hash, maskedDb.length);
  const db = maskedDb.map((byte, i) => byte ^ (mask[i] ?? 0));
  db[0] = (db[0] ?? 0) & firstBits;
  const saltStart = db.length - SALT_SIZE;
  if (db[saltStart - 1] !== 1 || db.subarray(0, saltStart - 1).some((byte) => byte !== 0)) return false;
  const wanted = sha256(concatBytes(new Uint8Array(8), messageHash, db.subarray(saltStart)));
  return wanted.every((byte, i) => byte === hash[i]);
}

/** MGF1, RFC 8017 §B.2.1. */
function generateMask(seed: Uint8Array, sizeBytes: number): Uint8Array {
  const blocks = Array.from({ length: Math.ceil(sizeBytes / HASH_SIZE) }, (_, i) =>
    sha256(concatBytes(seed, Uint8Array.of(0, 0, i >> 8, i & 0xff))),
  );
  return concatBytes(...blocks).subarray(0, sizeBytes);
}
