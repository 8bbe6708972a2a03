/**
 * The signature algorithms. Adding one is a line here beside its own file; retiring one is its name in
 * `retiredSignatures`: what it signed still verifies, and intake takes no new statement or key of it.
 */
import { ecdsaP256Sha256Signature } from './signatures/ecdsa-p256-sha256.js';
import { ecdsaSecp256k1Sha256Signature } from './signatures/ecdsa-secp256k1-sha256.js';
import { ed25519Signature } from './signatures/ed25519.js';
import { mlDsa44Signature } from './signatures/ml-dsa-44.js';
import { mlDsa65Signature } from './signatures/ml-dsa-65.js';
import { rsaPkcs1v15Sha256Signature } from './signatures/rsa-pkcs1v15-sha256.js';
import { rsaPssSha256Signature } from './signatures/rsa-pss-sha256.js';
import { sm2Sm3Signature } from './signatures/sm2-sm3.js';

/** Those that statements may name. A new one is a change of the statement's format. */
const statementSignatures = [
  ed25519Signature,
  ecdsaP256Sha256Signature,
  ecdsaSecp256k1Sha256Signature,
  rsaPssSha256Signature,
  rsaPkcs1v15Sha256Signature,
  sm2Sm3Signature,
  mlDsa65Signature,
] as const;

/** Those that sign notes (cosignatures of checkpoints) and nothing else. */
const noteSignatures = [mlDsa44Signature] as const;

export const signatureList = [...statementSignatures, ...noteSignatures] as const;

export type SignatureName = (typeof signatureList)[number]['name'];
export type StatementSignatureName = (typeof statementSignatures)[number]['name'];

/** Names of the algorithms of statements, in the order in which documents list them. */
export const statementSignatureNames: readonly StatementSignatureName[] = statementSignatures.map(
  ({ name }) => name,
);

export const retiredSignatures: readonly SignatureName[] = [];
