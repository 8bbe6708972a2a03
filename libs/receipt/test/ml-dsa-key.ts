/** ML-DSA-44 keys made of a seed, with deterministic signatures (FIPS 204 §3.4), as ./ed25519-key.ts. */
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';

import { type TestKey } from './ed25519-key.js';

const SPKI_HEADER = Buffer.from('30820532300b06096086480165030403110382052100', 'hex');

/** The key whose 32-byte seed repeats one byte. */
export function mlDsaTestKey(seedByte: number): TestKey {
  const { publicKey, secretKey } = ml_dsa44.keygen(new Uint8Array(32).fill(seedByte));
  return {
    raw: publicKey,
    spki: Uint8Array.of(...SPKI_HEADER, ...publicKey),
    sign: (message) => ml_dsa44.sign(message, secretKey, { extraEntropy: false }),
  };
}
