/**
 * ECDSA over secp256k1 (SEC 2 v2 §2.4.1) with SHA-256: see {@link defineEcdsaSha256}. Wallets make a low s, the standard
 * does not ask for it: both verify, as they do for P-256.
 */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { hexToBytes } from '@noble/hashes/utils.js';
import { defineEcdsaSha256 } from './ecdsa-sha256.js';

/** SEQUENCE { SEQUENCE { id-ecPublicKey, secp256k1 }, BIT STRING }, and the 04 of an uncompressed point. */
const SPKI_HEADER = hexToBytes('3056301006072a8648ce3d020106052b8104000a03420004');

export const ecdsaSecp256k1Sha256Signature = defineEcdsaSha256(
  'ecdsa-secp256k1-sha256',
  secp256k1,
  SPKI_HEADER,
);
