/** ECDSA over P-256 (NIST SP 800-186 §3.2.1.3, RFC 5480 `secp256r1`) with SHA-256: see {@link defineEcdsaSha256}. */
import { p256 } from '@noble/curves/nist.js';
import { hexToBytes } from '@noble/hashes/utils.js';
import { defineEcdsaSha256 } from './ecdsa-sha256.js';

/** SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING }, and the 04 of an uncompressed point. */
const SPKI_HEADER = hexToBytes('3059301306072a8648ce3d020106082a8648ce3d03010703420004');

export const ecdsaP256Sha256Signature = defineEcdsaSha256('ecdsa-p256-sha256', p256, SPKI_HEADER);
