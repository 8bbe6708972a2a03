/** SHA-512, FIPS 180-4 §6.4. */
import { sha512 } from '@noble/hashes/sha2.js';
import { type DigestDefinition } from '../digest.js';

export const sha512Digest: DigestDefinition<'sha-512'> = {
  name: 'sha-512',
  sizeBytes: 64,
  nativeName: 'sha512',
  hash: (data) => sha512(data),
  start: () => sha512.create(),
};
