/** The keyid of statements: the hash that names a public key. */
import { bytesToHex } from '@noble/hashes/utils.js';
import { type CryptoSuite } from './suite.js';

/** The lower-case hex SHA-256 of a DER SubjectPublicKeyInfo. The key itself is not checked. */
export function computeKeyid(crypto: CryptoSuite, spki: Uint8Array): string {
  return bytesToHex(crypto.digest('sha-256').hash(spki));
}
