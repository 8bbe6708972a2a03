/**
 * UUID version 7, RFC 9562 §5.7, with all 74 free bits random and no counter: 48 bits of Unix milliseconds, version 7,
 * 12 random bits, variant 10, 62 random bits. The milliseconds are the record's `acceptedAt`: both come from one value.
 */
import { ReceiptError } from '../errors.js';
import { encodeHex } from './hex.js';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** How many random bytes an id takes; six of their bits are overwritten by version and variant. */
export const UUID_RANDOM_BYTES = 10;

/** The id of `timeMs` (milliseconds since the epoch) and 10 random bytes. */
export function formatUuidV7(timeMs: number, random: Uint8Array): string {
  if (random.length !== UUID_RANDOM_BYTES || !Number.isInteger(timeMs) || timeMs < 0 || timeMs >= 2 ** 48) {
    const got = `${timeMs} ms and ${random.length} bytes`;
    throw new ReceiptError(
      'uuid-invalid',
      `expected a 48-bit time and ${UUID_RANDOM_BYTES} random bytes, got ${got}`,
    );
  }
  const time = timeMs.toString(16).padStart(12, '0');
  const tail = encodeHex(random);
  const variant = (8 + (((random[2] ?? 0) >> 4) & 3)).toString(16);
  const clock = `7${tail.slice(1, 4)}-${variant}${tail.slice(5, 8)}`;
  return `${time.slice(0, 8)}-${time.slice(8)}-${clock}-${tail.slice(8)}`;
}

/** The milliseconds since the epoch that a lower-case UUIDv7 states. Throws ReceiptError `uuid-invalid`. */
export function parseUuidV7(text: string): number {
  if (!UUID_V7.test(text)) throw new ReceiptError('uuid-invalid', 'expected a lower-case UUID of version 7');
  return Number.parseInt(text.slice(0, 8) + text.slice(9, 13), 16);
}
