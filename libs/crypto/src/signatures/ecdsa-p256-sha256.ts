/**
 * ECDSA over P-256 with SHA-256: FIPS 186-5 §6.4.2, signatures in strict DER ({@link parseEcdsaSignature}), keys as
 * uncompressed points in the one SubjectPublicKeyInfo of RFC 5480 §2 with a named curve. A low s is not required.
 */
import { p256 } from '@noble/curves/nist.js';
import { hexToBytes } from '@noble/hashes/utils.js';
import { CryptoError } from '../errors.js';
import { defineSignature } from '../signature.js';
import { parseEcdsaSignature } from './ecdsa-der.js';
import { stripSpkiHeader } from './spki.js';

/** SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING }, and the 04 of an uncompressed point. */
const SPKI_HEADER = hexToBytes('3059301306072a8648ce3d020106082a8648ce3d03010703420004');
const COORDINATES_SIZE = 64;
const ORDER = p256.Point.Fn.ORDER;

export const ecdsaP256Sha256Signature = defineSignature<'ecdsa-p256-sha256', Uint8Array>({
  name: 'ecdsa-p256-sha256',
  native: { digest: 'sha256' },

  parseKey(spki) {
    const coordinates = stripSpkiHeader(spki, SPKI_HEADER, COORDINATES_SIZE);
    const point = Uint8Array.of(0x04, ...coordinates);
    try {
      p256.Point.fromBytes(point).assertValidity();
    } catch (cause) {
      throw new CryptoError('key-invalid', 'got coordinates of no point, want a point on P-256', { cause });
    }
    return point;
  },

  isWellFormed(signature) {
    return parseEcdsaSignature(signature, ORDER) !== undefined;
  },

  verify(point, message, signature) {
    const compact = parseEcdsaSignature(signature, ORDER);
    return compact !== undefined && p256.verify(compact, message, point, { lowS: false, format: 'compact' });
  },
});
