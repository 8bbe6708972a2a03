/** The signature algorithms. Adding or retiring one is a line here. */
import { ecdsaP256Sha256Signature } from './signatures/ecdsa-p256-sha256.js';
import { ed25519Signature } from './signatures/ed25519.js';
import { mlDsa44Signature } from './signatures/ml-dsa-44.js';

export const signatureList = [ed25519Signature, ecdsaP256Sha256Signature, mlDsa44Signature] as const;

export type SignatureName = (typeof signatureList)[number]['name'];
