/**
 * ML-DSA, FIPS 204 §5.3 (Algorithm 3), pure and with an empty context; keys in the one SubjectPublicKeyInfo of RFC 9881
 * §4. Every string of the right length is a key, so there is nothing more to check of one; the encoding of hints and the
 * norm of z are part of the verification itself.
 */
import { type DSA } from '@noble/post-quantum/ml-dsa.js';
import { defineSignature, type SignatureDefinition } from '../signature.js';
import { stripSpkiHeader } from './spki.js';

/** The sizes of keys and signatures of one parameter set, and the DER before the raw key. */
export interface MlDsaEncoding {
  readonly spkiHeader: Uint8Array;
  readonly keySize: number;
  readonly signatureSize: number;
}

export function defineMlDsa<Name extends string>(
  name: Name,
  implementation: DSA,
  { spkiHeader, keySize, signatureSize }: MlDsaEncoding,
): SignatureDefinition<Name> {
  return defineSignature<Name, Uint8Array>({
    name,
    // Node knows it from 24 on; one implementation on all versions cannot disagree with itself.
    native: null,

    parseKey(spki) {
      return stripSpkiHeader(spki, spkiHeader, keySize);
    },

    isWellFormed(signature) {
      return signature.length === signatureSize;
    },

    verify(key, message, signature) {
      return implementation.verify(signature, message, key);
    },
  });
}
