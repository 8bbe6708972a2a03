/** SHA-256, FIPS 180-4 §6.2. */
import { sha256 } from '@noble/hashes/sha2.js';
import { type DigestDefinition } from '../digest.js';

export const sha256Digest: DigestDefinition<'sha-256'> = {
  name: 'sha-256',
  sizeBytes: 32,
  nativeName: 'sha256',
  hash: (data) => sha256(data),
  start: () => sha256.create(),
};
