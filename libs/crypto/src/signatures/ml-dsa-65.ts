/** ML-DSA-65: see {@link defineMlDsa}. It signs statements, for those who want signatures to outlast elliptic curves. */
import { hexToBytes } from '@noble/hashes/utils.js';
import { ml_dsa65 } from '@noble/post-quantum/ml-dsa.js';
import { defineMlDsa } from './ml-dsa.js';

export const mlDsa65Signature = defineMlDsa('ml-dsa-65', ml_dsa65, {
  /** SEQUENCE { SEQUENCE { 2.16.840.1.101.3.4.3.18 }, BIT STRING }. */
  spkiHeader: hexToBytes('308207b2300b0609608648016503040312038207a100'),
  keySize: 1952,
  signatureSize: 3309,
});
