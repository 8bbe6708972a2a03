/** SHA3-256, FIPS 202 §6.1. */
import { sha3_256 } from '@noble/hashes/sha3.js';
import { type DigestDefinition } from '../digest.js';

export const sha3256Digest: DigestDefinition<'sha3-256'> = {
  name: 'sha3-256',
  sizeBytes: 32,
  nativeName: 'sha3-256',
  hash: (data) => sha3_256(data),
  start: () => sha3_256.create(),
};
