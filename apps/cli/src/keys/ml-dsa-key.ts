/**
 * ML-DSA-65 keys in PKCS #8, RFC 9881 §6: the seed alone, as `keygen` writes it, or the seed with the expanded key, as OpenSSL
 * does. Which of the two halves a reader would use must not matter, so they must belong together.
 */
import { randomBytes } from 'node:crypto';
import { ml_dsa65 } from '@noble/post-quantum/ml-dsa.js';
import { type KeyPair } from './key-pair.js';

const SEED_SIZE = 32;
/** PrivateKeyInfo with the choice `seed [0]`. */
const SEED_HEAD = Buffer.from('3034020100300b060960864801650304031204228020', 'hex');
/** PrivateKeyInfo with the choice `both`: SEQUENCE { seed, expandedKey }, and between the two the head of the second. */
const BOTH_HEAD = Buffer.from('30820ffe020100300b060960864801650304031204820fea30820fe60420', 'hex');
const EXPANDED_HEAD = Buffer.from('04820fc0', 'hex');
const SPKI_HEAD = Buffer.from('308207b2300b0609608648016503040312038207a100', 'hex');

/** DER of a new key in PKCS #8. */
export function generateMlDsaKey(): Uint8Array {
  return Buffer.concat([SEED_HEAD, randomBytes(SEED_SIZE)]);
}

/** Undefined for what is no ML-DSA-65 key in one of the two forms. */
export function parseMlDsaKey(pkcs8: Buffer): KeyPair | undefined {
  const seed = readSeed(pkcs8);
  if (seed === undefined) return undefined;
  const { publicKey, secretKey } = ml_dsa65.keygen(seed);
  const isWhole = pkcs8.length === SEED_HEAD.length + SEED_SIZE;
  if (!isWhole && !pkcs8.equals(Buffer.concat([BOTH_HEAD, seed, EXPANDED_HEAD, secretKey]))) return undefined;
  return {
    alg: 'ml-dsa-65',
    spki: new Uint8Array(Buffer.concat([SPKI_HEAD, publicKey])),
    sign: (message) => ml_dsa65.sign(message, secretKey),
  };
}

function readSeed(pkcs8: Buffer): Uint8Array | undefined {
  const isSeed = pkcs8.length === SEED_HEAD.length + SEED_SIZE;
  const head = isSeed ? SEED_HEAD : BOTH_HEAD;
  if (!pkcs8.subarray(0, head.length).equals(head)) return undefined;
  return new Uint8Array(pkcs8.subarray(head.length, head.length + SEED_SIZE));
}
