/**
 * The body parser. `JSON.parse` alone is not enough for data that will be hashed: it accepts ill-formed UTF-8 and lets
 * a repeated member name vanish. Bodies are decoded strictly and repeated names are refused (RFC 7493 §2). There is no
 * parser for any other media type.
 */
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { ProblemError } from '../problems/problem-error.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The body as received, kept to compare repeated requests with the same `Idempotency-Key`. */
    rawBody?: Buffer;
  }
}

/** Far more than any request has; a walk over the value must not be able to exhaust the stack. */
const MAX_DEPTH = 32;

/** A batch of 1,000 items has fewer. Without a bound, ten megabytes of `{},` would keep everybody waiting for a second. */
const MAX_CONTAINERS = 200_000;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Replaces Fastify's parsers, of which it has one for plain text as well. */
export function useStrictJson(fastify: FastifyInstance, bodyLimit: number): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit },
    (request: FastifyRequest, body: Buffer, done: (error: Error | null, body?: unknown) => void) => {
      try {
        request.rawBody = body;
        done(null, parseStrictJson(body));
      } catch (error) {
        done(error as Error);
      }
    },
  );
}

/** @throws ProblemError `malformed-json` for ill-formed UTF-8, invalid JSON, a repeated member name or absurd depth. */
export function parseStrictJson(bytes: Uint8Array): unknown {
  if (countOpenings(bytes) > MAX_CONTAINERS) {
    throw new ProblemError('malformed-json', `the body has more than ${MAX_CONTAINERS} arrays and objects`);
  }
  const text = decode(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text) as unknown;
  } catch (cause) {
    throw new ProblemError(
      'malformed-json',
      `the body is not JSON: ${(cause as Error).message.slice(0, 120)}`,
      { cause },
    );
  }
  if (countMembers(value) !== countColons(text)) {
    throw new ProblemError('malformed-json', 'an object in the body names a member twice');
  }
  return value;
}

/** How often `[` or `{` occurs, strings included: an upper bound on what parsing would build. */
function countOpenings(bytes: Uint8Array): number {
  let count = 0;
  // `[` is 5b and `{` is 7b: one bit apart.
  for (let index = 0; index < bytes.length; index += 1) {
    if (((bytes[index] ?? 0) & 0xdf) === 0x5b) count += 1;
  }
  return count;
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new ProblemError('malformed-json', 'the body is not UTF-8', { cause });
  }
}

function countMembers(value: unknown, depth = 0): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth === MAX_DEPTH)
    throw new ProblemError('malformed-json', `the body is nested deeper than ${MAX_DEPTH} arrays or objects`);
  let count = Array.isArray(value) ? 0 : Object.keys(value).length;
  for (const child of Object.values(value)) count += countMembers(child, depth + 1);
  return count;
}

/** In valid JSON each member has exactly one colon outside strings, so members that vanished in parsing leave a surplus. */
function countColons(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit === 0x3a) count += 1;
    else if (unit === 0x22) index = endOfString(text, index);
  }
  return count;
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
}
