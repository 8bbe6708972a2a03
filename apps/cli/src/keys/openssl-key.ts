/**
 * Keys that node:crypto signs with: Ed25519, ECDSA over P-256 and secp256k1, RSA. An RSA key signs with PSS; those who are
 * bound to PKCS #1 v1.5 by a token sign with that and send the envelope themselves.
 */
import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { type SignerAlgorithm } from '@cunzheng/receipt';
import { type KeyPair } from './key-pair.js';

/** RSA_PKCS1_PSS_PADDING of OpenSSL, with the salt that rsa-pss-sha256 wants. */
const PSS = { padding: 6, saltLength: 32 };
/** Good for decades as far as RSA is (NIST SP 800-57 part 1, 128 bits of strength). */
const RSA_BITS = 3072;

export const OPENSSL_GENERATORS = {
  ed25519: () => generateKeyPairSync('ed25519').privateKey,
  'ecdsa-p256-sha256': () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey,
  'ecdsa-secp256k1-sha256': () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey,
  'rsa-pss-sha256': () => generateKeyPairSync('rsa', { modulusLength: RSA_BITS }).privateKey,
} as const satisfies Partial<Record<SignerAlgorithm, () => KeyObject>>;

/** Undefined for a type of key that no statement algorithm uses. */
export function toOpensslKey(privateKey: KeyObject): KeyPair | undefined {
  const alg = algorithmOf(privateKey);
  if (alg === undefined) return undefined;
  const digest = alg === 'ed25519' ? null : 'sha256';
  const options = alg === 'rsa-pss-sha256' ? PSS : {};
  return {
    alg,
    spki: new Uint8Array(createPublicKey(privateKey).export({ type: 'spki', format: 'der' })),
    sign: (message) => new Uint8Array(sign(digest, message, { ...options, key: privateKey })),
  };
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): SignerAlgorithm | undefined {
  if (asymmetricKeyType === 'ed25519') return 'ed25519';
  if (asymmetricKeyType === 'rsa') return 'rsa-pss-sha256';
  if (asymmetricKeyType !== 'ec') return undefined;
  if (asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ecdsa-p256-sha256';
  return asymmetricKeyDetails?.namedCurve === 'secp256k1' ? 'ecdsa-secp256k1-sha256' : undefined;
}
