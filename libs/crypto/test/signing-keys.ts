/**
 * Keys of every statement algorithm, and signatures made with them by implementations that the verifiers under test do not
 * use: OpenSSL through node:crypto, sm-crypto-v2 for SM2. ML-DSA has one implementation here; its vectors are published.
 */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { ml_dsa65 } from '@noble/post-quantum/ml-dsa.js';
import { sm2 } from 'sm-crypto-v2';
import { fromHex } from './suites.js';

export interface TestKey {
  readonly alg: string;
  readonly spki: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

function opensslKey(
  alg: string,
  { publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject },
  digest: string | null,
  options: object = {},
): TestKey {
  return {
    alg,
    spki: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })),
    sign: (message) => new Uint8Array(sign(digest, message, { ...options, key: privateKey })),
  };
}

function sm2Key(): TestKey {
  const { publicKey, privateKey } = sm2.generateKeyPairHex();
  const options = { hash: true, der: true, userId: '1234567812345678' };
  return {
    alg: 'sm2-sm3',
    spki: fromHex(`3059301306072a8648ce3d020106082a811ccf5501822d034200${publicKey}`),
    sign: (message) => fromHex(sm2.doSignature(message, privateKey, options)),
  };
}

function mlDsaKey(): TestKey {
  const { publicKey, secretKey } = ml_dsa65.keygen();
  return {
    alg: 'ml-dsa-65',
    spki: new Uint8Array([...fromHex('308207b2300b0609608648016503040312038207a100'), ...publicKey]),
    sign: (message) => ml_dsa65.sign(message, secretKey),
  };
}

/** A fresh key of an algorithm. RSA keys take a moment: `bits` is 2,048 unless said otherwise. */
export function createKey(alg: string, bits = 2048): TestKey {
  const rsa = (): { publicKey: KeyObject; privateKey: KeyObject } =>
    generateKeyPairSync('rsa', { modulusLength: bits });
  switch (alg) {
    case 'ed25519':
      return opensslKey(alg, generateKeyPairSync('ed25519'), null);
    case 'ecdsa-p256-sha256':
      return opensslKey(alg, generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'sha256');
    case 'ecdsa-secp256k1-sha256':
      return opensslKey(alg, generateKeyPairSync('ec', { namedCurve: 'secp256k1' }), 'sha256');
    case 'rsa-pss-sha256':
      return opensslKey(alg, rsa(), 'sha256', { padding: 6, saltLength: 32 });
    case 'rsa-pkcs1v15-sha256':
      return opensslKey(alg, rsa(), 'sha256', { padding: 1 });
    case 'sm2-sm3':
      return sm2Key();
    default:
      return mlDsaKey();
  }
}
