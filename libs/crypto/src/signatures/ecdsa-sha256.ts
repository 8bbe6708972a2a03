/**
 * ECDSA with SHA-256 over a named curve of 256 bits: FIPS 186-5 §6.4.2, signatures in strict DER ({@link
 * parseEcdsaSignature}), keys as uncompressed points in the one SubjectPublicKeyInfo of RFC 5480 §2. A low s is not
 * required on any curve.
 */
import { type ECDSA } from '@noble/curves/abstract/weierstrass.js';
import { defineSignature, type SignatureDefinition } from '../signature.js';
import { parseEcdsaSignature } from './ecdsa-der.js';
import { parsePoint } from './ec-spki.js';

/** `spkiHeader` is everything before the two coordinates, with the 04 of an uncompressed point. */
export function defineEcdsaSha256<Name extends string>(
  name: Name,
  curve: ECDSA,
  spkiHeader: Uint8Array,
): SignatureDefinition<Name> {
  const order = curve.Point.Fn.ORDER;
  return defineSignature<Name, Uint8Array>({
    name,
    native: { digest: 'sha256' },

    parseKey(spki) {
      return parsePoint(curve.Point, spki, spkiHeader).toBytes(false);
    },

    isWellFormed(signature) {
      return parseEcdsaSignature(signature, order) !== undefined;
    },

    verify(point, message, signature) {
      const compact = parseEcdsaSignature(signature, order);
      return (
        compact !== undefined && curve.verify(compact, message, point, { lowS: false, format: 'compact' })
      );
    },
  });
}
