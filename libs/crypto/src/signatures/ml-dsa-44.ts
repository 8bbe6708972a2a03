/**
 * ML-DSA-44, FIPS 204 §5.3 (Algorithm 3), pure and with an empty context; keys in the one SubjectPublicKeyInfo of RFC
 * 9881 §4. It signs notes (cosignatures of checkpoints), not statements: see `STATEMENT_ALGORITHMS` of
 * `@cunzheng/receipt`. Every string of the right length is a key, so there is nothing more to check of one; the encoding
 * of hints and the norm of z are part of the verification itself.
 */
import { hexToBytes } from '@noble/hashes/utils.js';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import { defineSignature } from '../signature.js';
import { stripSpkiHeader } from './spki.js';

/** SEQUENCE { SEQUENCE { 2.16.840.1.101.3.4.3.17 }, BIT STRING }. */
const SPKI_HEADER = hexToBytes('30820532300b06096086480165030403110382052100');
const KEY_SIZE = 1312;
const SIGNATURE_SIZE = 2420;

export const mlDsa44Signature = defineSignature<'ml-dsa-44', Uint8Array>({
  name: 'ml-dsa-44',
  // Node knows it from 24 on; one implementation on all versions cannot disagree with itself.
  native: null,

  parseKey(spki) {
    return stripSpkiHeader(spki, SPKI_HEADER, KEY_SIZE);
  },

  isWellFormed(signature) {
    return signature.length === SIGNATURE_SIZE;
  },

  verify(key, message, signature) {
    return ml_dsa44.verify(signature, message, key);
  },
});
