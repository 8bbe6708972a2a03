/**
 * Asks an authority for a token: RFC 3161 §3.4, over HTTP. The answer is bounded in time and size and verified in full
 * against the roots before anybody sees it: imprint, nonce, signature, chain, and a time that is that of our clock.
 */
import { randomBytes } from 'node:crypto';
import { type CryptoSuite } from '@cunzheng/crypto';
import { equalBytes } from '@cunzheng/x509';
import { TimestampError } from '../errors.js';
import { parseTimestampResponse } from '../response.js';
import { FUTURE_TOLERANCE_MS, parseToken, type VerifiedToken, verifyToken } from '../verify-token.js';
import { formatTimestampQuery } from './format-query.js';

const MAX_ANSWER_BYTES = 262_144;
const NONCE_BYTES = 8;

export interface FetchTimestampRequest {
  readonly url: string;
  readonly data: Uint8Array;
  /** DER roots, the only ones the answer's chain may end in. */
  readonly roots: readonly Uint8Array[];
  readonly timeoutMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Takes a token of any time: for asking what time it is. The nonce shows that it is of now. */
  readonly anyTime?: boolean;
  /** Ends the wait early. */
  readonly signal?: AbortSignal;
}

export interface FetchedTimestamp {
  readonly token: Uint8Array;
  /** Certificates of the chain that the token does not carry itself, without the root. */
  readonly certificates: readonly Uint8Array[];
  readonly verified: VerifiedToken;
}

/** Throws TimestampError for an answer that does not count, and the platform's error where there is none. */
export async function fetchTimestamp(
  crypto: CryptoSuite,
  request: FetchTimestampRequest,
): Promise<FetchedTimestamp> {
  const nonce = randomNonce();
  const digest = crypto.digest('sha-256').hash(request.data);
  const answer = await post(request, formatTimestampQuery({ algorithm: 'sha-256', digest, nonce }));
  const token = parseTimestampResponse(answer);
  const stamped = { algorithm: 'sha-256', digest };
  const verified = await verifyToken(crypto, {
    token,
    stamped,
    nonce,
    roots: request.roots,
    nowMs: request.anyTime ? Infinity : request.now(),
  });
  if (!request.anyTime) requirePresent(verified, request.now());
  const carried = parseToken(token).signed.certificates;
  const certificates = verified.path
    .slice(0, -1)
    .map(({ bytes }) => bytes)
    .filter((bytes) => !carried.some((other) => equalBytes(other, bytes)));
  return { token, certificates, verified };
}

/** Eight random bytes as a positive, shortest INTEGER. */
function randomNonce(): Uint8Array {
  const nonce = new Uint8Array(randomBytes(NONCE_BYTES));
  nonce[0] = ((nonce[0] ?? 0) & 0x7f) | 0x40;
  return nonce;
}

/** Verification refuses the future; an answer must not be from the past either. */
function requirePresent({ genTimeMs }: VerifiedToken, nowMs: number): void {
  if (genTimeMs >= nowMs - FUTURE_TOLERANCE_MS) return;
  throw new TimestampError(
    'time-in-past',
    `the token is from ${new Date(genTimeMs).toISOString()}, not of now`,
  );
}

async function post(
  { url, timeoutMs, signal }: FetchTimestampRequest,
  query: Uint8Array,
): Promise<Uint8Array> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
    body: new Uint8Array(query),
    redirect: 'error',
    signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
  });
  const body = await readBounded(response);
  if (response.status === 200) return body;
  throw new TimestampError('response-malformed', `the authority answered HTTP ${response.status}, want 200`);
}

async function readBounded(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) {
      throw new TimestampError(
        'response-malformed',
        `the authority answered more than ${MAX_ANSWER_BYTES} bytes`,
      );
    }
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
