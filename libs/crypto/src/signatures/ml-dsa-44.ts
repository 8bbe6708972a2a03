/** ML-DSA-44: see {@link defineMlDsa}. It signs notes (cosignatures of checkpoints), not statements. */
import { hexToBytes } from '@noble/hashes/utils.js';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import { defineMlDsa } from './ml-dsa.js';

export const mlDsa44Signature = defineMlDsa('ml-dsa-44', ml_dsa44, {
  /** SEQUENCE { SEQUENCE { 2.16.840.1.101.3.4.3.17 }, BIT STRING }. */
  spkiHeader: hexToBytes('30820532300b06096086480165030403110382052100'),
  keySize: 1312,
  signatureSize: 2420,
});
