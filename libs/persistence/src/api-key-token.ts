/**
 * The API key as its holder sees it: `czk_<id>_<secret>_<checksum>`, each part lower-case base32. The prefix lets
 * secret scanners find leaked keys, the checksum refuses typing errors without a look at the database, the id names the
 * row, and only the SHA-256 of the 160-bit secret is stored.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { base32nopad } from '@scure/base';

const TOKEN = /^czk_([a-z2-7]{8})_([a-z2-7]{32})_([a-z2-7]{8})$/;
const encode = (bytes: Uint8Array): string => base32nopad.encode(bytes).toLowerCase();
const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

export interface ApiKeyToken {
  readonly id: string;
  readonly secretSha256: Buffer;
}

/** Makes a new key: the token to hand out once, and what to store of it. */
export function createApiKeyToken(): ApiKeyToken & { readonly token: string } {
  const id = encode(randomBytes(5));
  const secret = encode(randomBytes(20));
  return { id, secretSha256: sha256(secret), token: `czk_${id}_${secret}_${checksum(id, secret)}` };
}

/** The parts of a token, or undefined when it is not one of ours or mistyped. */
export function parseApiKeyToken(token: string): ApiKeyToken | undefined {
  const [, id, secret, check] = TOKEN.exec(token) ?? [];
  if (id === undefined || secret === undefined || check !== checksum(id, secret)) return undefined;
  return { id, secretSha256: sha256(secret) };
}

/** Compares two digests in constant time. */
export function secretMatches(given: Uint8Array, stored: Uint8Array): boolean {
  return given.length === stored.length && timingSafeEqual(given, stored);
}

function checksum(id: string, secret: string): string {
  return encode(sha256(`${id}_${secret}`).subarray(0, 5));
}
