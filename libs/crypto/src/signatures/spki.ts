/**
 * SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) of algorithms whose keys all have one length: the DER header is a constant, so
 * a key is that header and the raw key, and there is no second encoding to tell apart.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import { CryptoError } from '../errors.js';

/** The raw key behind a constant DER header. Throws `key-invalid` unless `spki` is header plus `keySize` bytes. */
export function stripSpkiHeader(spki: Uint8Array, header: Uint8Array, keySize: number): Uint8Array {
  if (spki.length !== header.length + keySize || header.some((byte, i) => byte !== spki[i])) {
    const got = `${spki.length} bytes beginning ${bytesToHex(spki.subarray(0, header.length))}`;
    throw new CryptoError(
      'key-invalid',
      `got a key of ${got}, want header ${bytesToHex(header)} and ${keySize} bytes`,
    );
  }
  return spki.subarray(header.length);
}
