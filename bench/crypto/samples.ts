/**
 * A key, a message of a statement's size and a signature for every algorithm, with the bare call that verifies it: what
 * the service's own path is compared with. OpenSSL's where the service uses OpenSSL, the library's own elsewhere.
 */
import {
  constants,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  verify,
  type SignKeyObjectInput,
} from 'node:crypto';
import { ml_dsa44, ml_dsa65 } from '@noble/post-quantum/ml-dsa.js';
import { sm2 } from 'sm-crypto-v2';

export interface Sample {
  readonly spki: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  readonly bare: () => boolean;
  /** The bare call on a thread of the pool; none where OpenSSL does not serve. */
  readonly bareOnPool?: () => Promise<boolean>;
}

/** What is signed is the encoding of a statement before the signature: some five hundred bytes. */
const MESSAGE = randomBytes(500);

const rsa = (): KeyObject => generateKeyPairSync('rsa', { modulusLength: 3_072 }).privateKey;
const ec = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey;
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };

/** By the algorithm's name; a suite may lack some of them. */
export const SAMPLES: ReadonlyMap<string, () => Sample> = new Map([
  ['ed25519', () => openssl(null, generateKeyPairSync('ed25519').privateKey)],
  ['ecdsa-p256-sha256', () => openssl('sha256', ec('prime256v1'))],
  ['ecdsa-secp256k1-sha256', () => openssl('sha256', ec('secp256k1'))],
  ['rsa-pss-sha256', () => openssl('sha256', rsa(), pss)],
  ['rsa-pkcs1v15-sha256', () => openssl('sha256', rsa())],
  ['ml-dsa-44', () => mlDsa(ml_dsa44, '30820532300b06096086480165030403110382052100')],
  ['ml-dsa-65', () => mlDsa(ml_dsa65, '308207b2300b0609608648016503040312038207a100')],
  ['sm2-sm3', sm2Sample],
]);

function openssl(digest: string | null, key: KeyObject, options: Partial<SignKeyObjectInput> = {}): Sample {
  const publicKey = createPublicKey(key);
  const signature = sign(digest, MESSAGE, { ...options, key });
  const input = { ...options, key: publicKey };
  return {
    spki: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })),
    message: MESSAGE,
    signature,
    bare: () => verify(digest, MESSAGE, input, signature),
    bareOnPool: () =>
      new Promise((resolve, reject) => {
        verify(digest, MESSAGE, input, signature, (error, valid) => {
          if (error) reject(error);
          else resolve(valid);
        });
      }),
  };
}

function mlDsa(scheme: typeof ml_dsa44, spkiHeader: string): Sample {
  const { publicKey, secretKey } = scheme.keygen();
  const signature = scheme.sign(MESSAGE, secretKey);
  return {
    spki: Buffer.concat([Buffer.from(spkiHeader, 'hex'), publicKey]),
    message: MESSAGE,
    signature,
    bare: () => scheme.verify(signature, MESSAGE, publicKey),
  };
}

function sm2Sample(): Sample {
  const { publicKey, privateKey } = sm2.generateKeyPairHex();
  const options = { hash: true, der: true, userId: '1234567812345678' };
  const signature = sm2.doSignature(MESSAGE, privateKey, { ...options, publicKey });
  const point = sm2.precomputePublicKey(publicKey);
  const header = '3059301306072a8648ce3d020106082a811ccf5501822d034200';
  return {
    spki: Buffer.from(header + publicKey, 'hex'),
    message: MESSAGE,
    signature: Buffer.from(signature, 'hex'),
    bare: () => sm2.doVerifySignature(MESSAGE, signature, point, options),
  };
}
