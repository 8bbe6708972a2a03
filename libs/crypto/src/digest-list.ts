/** The digest algorithms, in the order in which statements sort them. Adding or retiring one is a line here. */
import { sha256Digest } from './digests/sha-256.js';
import { sha384Digest } from './digests/sha-384.js';
import { sha512Digest } from './digests/sha-512.js';
import { sha3256Digest } from './digests/sha3-256.js';
import { sm3Digest } from './digests/sm3.js';

export const digestList = [sha256Digest, sha384Digest, sha512Digest, sha3256Digest, sm3Digest] as const;

export type DigestName = (typeof digestList)[number]['name'];
