/**
 * The only way in for JSON that is hashed: bytes are refused unless they are exactly J(parse(bytes)) (RFC 8785), so
 * duplicate names, white space, other escapes, other number forms and a byte order mark cannot carry two meanings
 * under one hash.
 */
import { type CanonicalValue, hasForbiddenCharacter, inspectDomain } from './domain.js';
import { CanonicalJsonError } from './errors.js';
import { formatInspected } from './format.js';

export interface CanonicalLimits {
  /** Refuse longer input, counted in UTF-8 bytes. Default {@link DEFAULT_MAX_SIZE_BYTES}. */
  readonly maxSizeBytes?: number;
}

/** 10 MB: the largest document any format of Cunzheng allows. */
export const DEFAULT_MAX_SIZE_BYTES = 10_000_000;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** The value of canonical JSON. Throws CanonicalJsonError unless J(parse(input)) = input and the value may be hashed. */
export function parseCanonical(input: Uint8Array | string, limits: CanonicalLimits = {}): CanonicalValue {
  const maxSizeBytes = limits.maxSizeBytes ?? DEFAULT_MAX_SIZE_BYTES;
  assertSize(input, maxSizeBytes);
  const text = typeof input === 'string' ? input : decodeUtf8(input);
  if (text.startsWith('\ufeff'))
    throw new CanonicalJsonError('byte-order-mark', 'a byte order mark is not allowed');
  const value = parseJson(text);
  const ascii = typeof input !== 'string' && text.length === input.length;
  const { sorted } = inspectDomain(value, mayHoldForbidden(text, ascii));
  if (formatInspected(value as CanonicalValue, sorted) !== text) {
    throw new CanonicalJsonError(
      'not-canonical',
      'expected RFC 8785 canonical JSON, got another form of this value',
    );
  }
  return value as CanonicalValue;
}

function assertSize(input: Uint8Array | string, maxSizeBytes: number): void {
  const atMost = typeof input === 'string' ? input.length * 3 : input.length;
  if (atMost <= maxSizeBytes) return;
  const sizeBytes = typeof input === 'string' ? encoder.encode(input).length : input.length;
  if (sizeBytes > maxSizeBytes) {
    throw new CanonicalJsonError('too-large', `expected at most ${maxSizeBytes} bytes, got ${sizeBytes}`);
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new CanonicalJsonError('not-utf8', 'expected UTF-8', '', { cause });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CanonicalJsonError('not-json', 'expected JSON', '', { cause });
  }
}

/**
 * One look at the text instead of one at every string: a forbidden character stands in it as itself, which ASCII text
 * cannot have (as many bytes as UTF-16 units; JSON has no raw U+0000), or behind a `\u` escape.
 */
function mayHoldForbidden(text: string, ascii: boolean): boolean {
  return text.includes('\\u') || (!ascii && hasForbiddenCharacter(text));
}
