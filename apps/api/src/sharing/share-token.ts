/**
 * The token of a share link: 128 random bits in unpadded base64url. Whoever has it may see what the owner chose; only
 * its SHA-256 is stored.
 */
import { createHash, randomBytes } from 'node:crypto';

const TOKEN_BYTES = 16;
/** 22 characters, the last of which carries 2 bits. */
const TOKEN = /^[A-Za-z0-9_-]{21}[AQgw]$/;

/** A new token. */
export const createShareToken = (): string => randomBytes(TOKEN_BYTES).toString('base64url');

/** What is stored of a token, or undefined when it cannot be one. */
export function hashShareToken(token: string): Buffer | undefined {
  return TOKEN.test(token) ? createHash('sha256').update(token).digest() : undefined;
}
