/** SHA-384, FIPS 180-4 §6.5. */
import { sha384 } from '@noble/hashes/sha2.js';
import { type DigestDefinition } from '../digest.js';

export const sha384Digest: DigestDefinition<'sha-384'> = {
  name: 'sha-384',
  sizeBytes: 48,
  nativeName: 'sha384',
  hash: (data) => sha384(data),
  start: () => sha384.create(),
};
