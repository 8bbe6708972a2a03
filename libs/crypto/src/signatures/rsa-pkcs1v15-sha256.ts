/**
 * RSASSA-PKCS1-v1_5 with SHA-256, RFC 8017 §8.2.2: the expected encoding is made and compared as a whole, so there is no
 * padding to parse leniently. Keys: {@link parseRsaKey}.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, hexToBytes } from '@noble/hashes/utils.js';
import { defineSignature } from '../signature.js';
import { isRsaSignature, parseRsaKey, recoverMessage, type RsaKey } from './rsa-key.js';

/** RSA_PKCS1_PADDING of OpenSSL. */
const PADDING = 1;
/** DigestInfo { sha256, NULL, … } up to the hash (RFC 8017 §9.2, note 1). */
const DIGEST_INFO = hexToBytes('3031300d060960864801650304020105000420');

export const rsaPkcs1v15Sha256Signature = defineSignature<'rsa-pkcs1v15-sha256', RsaKey>({
  name: 'rsa-pkcs1v15-sha256',
  native: { digest: 'sha256', options: { padding: PADDING } },
  parseKey: parseRsaKey,
  isWellFormed: isRsaSignature,

  verify(key, message, signature) {
    const wanted = encodeMessage(message, key.sizeBytes);
    return recoverMessage(key, signature).every((byte, i) => byte === wanted[i]);
  },
});

/** EMSA-PKCS1-v1_5 of RFC 8017 §9.2: 00 01 FF … FF 00 DigestInfo. */
function encodeMessage(message: Uint8Array, sizeBytes: number): Uint8Array {
  const info = concatBytes(Uint8Array.of(0), DIGEST_INFO, sha256(message));
  const filling = new Uint8Array(sizeBytes - 2 - info.length).fill(0xff);
  return concatBytes(Uint8Array.of(0, 1), filling, info);
}
