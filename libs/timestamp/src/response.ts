/** TimeStampResp: RFC 3161 §2.4.2, the envelope in which an authority hands out a token or says why not. */
import { DerReader, isBitString, parseDer, TAG } from '@cunzheng/x509';
import { TimestampError } from './errors.js';
import { reading } from './malformed.js';

/** PKIFailureInfo by bit number. */
export const FAILURE_BITS = {
  badAlg: 0,
  badRequest: 2,
  badDataFormat: 5,
  timeNotAvailable: 14,
  unacceptedPolicy: 15,
  unacceptedExtension: 16,
  addInfoNotAvailable: 17,
  systemFailure: 25,
} as const;

export type FailureInfo = keyof typeof FAILURE_BITS;

const GRANTED = [0, 1];

/** The token of a response that grants one. Throws TimestampError `response-malformed` or `response-rejected`. */
export function parseTimestampResponse(bytes: Uint8Array): Uint8Array {
  const { status, failures, token } = reading('response-malformed', () => readResponse(bytes));
  if (!GRANTED.includes(status)) {
    const why = failures.length === 0 ? '' : ` (${failures.join(', ')})`;
    throw new TimestampError(
      'response-rejected',
      `the authority answered status ${status}${why}, want 0 or 1`,
    );
  }
  if (token === undefined) throw new TimestampError('response-malformed', 'the authority granted no token');
  return token;
}

interface TimestampResponse {
  readonly status: number;
  readonly failures: readonly FailureInfo[];
  readonly token: Uint8Array | undefined;
}

function readResponse(bytes: Uint8Array): TimestampResponse {
  const reader = new DerReader(parseDer(bytes), 'timestamp response');
  const info = reader.sequence('status');
  const status = info.smallInteger('status');
  info.optional(TAG.sequence); // free text: for nobody that could be told apart from the authority's mistakes
  const bits = info.optional(TAG.bitString)?.content;
  info.end();
  const token = reader.hasMore ? reader.expect(TAG.sequence, 'token').bytes : undefined;
  reader.end();
  return { status, failures: bits === undefined ? [] : readFailures(bits), token };
}

function readFailures(bits: Uint8Array): FailureInfo[] {
  if (!isBitString(bits)) return [];
  const isSet = (bit: number): boolean => ((bits[1 + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7))) !== 0;
  return (Object.keys(FAILURE_BITS) as FailureInfo[]).filter((name) => isSet(FAILURE_BITS[name]));
}
