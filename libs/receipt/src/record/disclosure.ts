/**
 * One disclosure: base64url(J([salt, name, value])), RFC 9901 §4.2.1, salt 16 bytes in lower-case hex. The record commits
 * to SHA-256 over the ASCII of that string, so the string is what is kept and handed on, never rebuilt.
 */
import { formatCanonicalBytes, parseCanonical } from '@cunzheng/canonical-json';
import { type CryptoSuite } from '@cunzheng/crypto';

import { decodeBase64Url, encodeBase64Url, encodeBase64UrlAscii } from '../encoding/base64.js';
import { encodeHex, isHex } from '../encoding/hex.js';
import { ReceiptError } from '../errors.js';
import { type DisclosureName, parseDisclosureName, parseDisclosureValue } from './disclosure-values.js';
import { CLEAR_MEMBERS } from './record.js';

export const SALT_BYTES = 16;

/** The longest disclosure, in characters: the largest envelope, encoded. */
export const MAX_DISCLOSURE_LENGTH = 2_000_000;

export interface DisclosureInput {
  /** 16 random bytes. */
  readonly salt: Uint8Array;
  readonly name: string;
  readonly value: unknown;
}

export interface Disclosure {
  /** Lower-case hex. */
  readonly salt: string;
  readonly name: string;
  /** The name, taken apart. */
  readonly parts: DisclosureName;
  readonly value: unknown;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** The disclosure string and its digest for `_sd`. Throws ReceiptError `disclosure-*` for a name or value of no such form. */
export function formatDisclosure(
  input: DisclosureInput,
  crypto: CryptoSuite,
): { disclosure: string; digest: string } {
  if (input.salt.length !== SALT_BYTES) {
    throw new ReceiptError('disclosure-value', `expected ${SALT_BYTES} bytes, got ${input.salt.length}`, {
      path: '/0',
    });
  }
  parseDisclosureValue(parseName(input.name), input.value);
  const ascii = encodeBase64UrlAscii(formatCanonicalBytes([encodeHex(input.salt), input.name, input.value]));
  return { disclosure: decoder.decode(ascii), digest: encodeBase64Url(crypto.digest('sha-256').hash(ascii)) };
}

/** The base64url SHA-256 that the record's `_sd` must hold for this disclosure. */
export function hashDisclosure(crypto: CryptoSuite, disclosure: string): string {
  return encodeBase64Url(crypto.digest('sha-256').hash(encoder.encode(disclosure)));
}

/** What a disclosure says. Throws ReceiptError `disclosure-*` or `envelope-*`; whether a record commits to it is not asked. */
export function parseDisclosure(text: string): Disclosure {
  const value = parseDisclosureJson(text);
  if (!Array.isArray(value) || value.length !== 3) {
    throw new ReceiptError('disclosure-type', 'expected an array of salt, name and value');
  }
  const [salt, name, content] = value as readonly unknown[];
  if (typeof salt !== 'string' || !isHex(salt, SALT_BYTES)) {
    throw new ReceiptError('disclosure-value', `expected ${SALT_BYTES} bytes in lower-case hex`, {
      path: '/0',
    });
  }
  if (typeof name !== 'string') throw new ReceiptError('disclosure-type', 'expected a name', { path: '/1' });
  const parts = parseName(name);
  return { salt, name, parts, value: parseDisclosureValue(parts, content) };
}

function parseDisclosureJson(text: string): unknown {
  const bytes = text.length > MAX_DISCLOSURE_LENGTH ? undefined : decodeBase64Url(text);
  if (bytes === undefined) {
    const want = `at most ${MAX_DISCLOSURE_LENGTH} characters of unpadded base64url`;
    throw new ReceiptError('disclosure-encoding', `expected ${want}, got ${text.length} characters`);
  }
  try {
    return parseCanonical(bytes);
  } catch (cause) {
    throw new ReceiptError('disclosure-not-canonical', 'expected canonical JSON', { cause });
  }
}

function parseName(name: string): DisclosureName {
  const options = { path: '/1' };
  if (name === '_sd' || name === '...') {
    throw new ReceiptError('disclosure-reserved-name', `${name} cannot be disclosed`, options);
  }
  if (CLEAR_MEMBERS.has(name)) {
    throw new ReceiptError('disclosure-clear-member', `${name} stands in the record in clear`, options);
  }
  const parts = parseDisclosureName(name);
  if (parts === undefined) {
    throw new ReceiptError('disclosure-name-unknown', 'expected a name of the closed list', options);
  }
  return parts;
}
