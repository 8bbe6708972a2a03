/**
 * Check 4, `timestamps`: RFC 3161 tokens over F of the checkpoint, of at least `minTimestamps` different authorities. CMS
 * and X.509 are the injected verifier's work; without one, and for every token it does not call valid, nothing counts.
 * Tokens over other timestamps renew these and are not counted here.
 */
import { formatTime } from '@cunzheng/ledger';

import { timestampImprintInput } from '../checkpoint/checkpoint.js';
import { decodeBase64 } from '../encoding/base64.js';
import { type Receipt, type ReceiptTimestamp } from '../receipt/receipt.js';
import { type Trust } from '../trust/trust.js';
import { type Checked, failed, notChecked, passed } from './checked.js';
import { type Facts } from './report.js';

/** What a timestamp verifier is given: DER throughout. */
export interface TimestampRequest {
  readonly token: Uint8Array;
  readonly certificates: readonly Uint8Array[];
  readonly crls: readonly Uint8Array[];
  readonly ocsps: readonly Uint8Array[];
  /** The bytes whose hash the token must hold. */
  readonly data: Uint8Array;
  /** Their digest, where only that is known; then `data` is empty and not looked at. */
  readonly imprint?: { readonly algorithm: string; readonly digest: Uint8Array };
  /** The only roots a chain may end in. */
  readonly roots: readonly Uint8Array[];
  /** To be asked before each signature is verified; false: the token does not count, for there were too many. */
  readonly takeSignature?: () => boolean;
}

export type TimestampResult =
  | {
      readonly valid: true;
      readonly genTimeMs: number;
      /** How far from genTime the true time may be, as the token or its policy says. */
      readonly accuracyMs: number;
      /** Who stamped, for people. */
      readonly tsa: string;
      /** The same for every token of one authority, which count once; `tsa` without. */
      readonly tsaKey?: string;
      /** Lower-case hex, where the verifier tells. */
      readonly serialNumber?: string;
      /** Whether lists or responses beside the token showed that no certificate of its chain was revoked. */
      readonly isKnownUnrevoked?: boolean;
    }
  | { readonly valid: false; readonly reason: string };

export type VerifyTimestamp = (request: TimestampRequest) => TimestampResult | Promise<TimestampResult>;

export interface TimestampedCheckpoint {
  /** The earliest genTime + accuracy. */
  readonly sinceMs: number;
  readonly authorities: readonly string[];
}

interface Stamped {
  readonly tsa: string;
  readonly sinceMs: number;
  readonly isKnownUnrevoked: boolean;
}

/** When each authority stamped at the latest, and why other tokens do not count. */
interface Tally {
  readonly authorities: Map<string, Stamped>;
  readonly rejected: string[];
}

export async function checkTimestamps(
  trust: Trust,
  receipt: Receipt,
  verifyTimestamp: VerifyTimestamp | undefined,
): Promise<Checked<TimestampedCheckpoint>> {
  const tokens = receipt.timestamps.filter(({ over }) => over === 'checkpoint');
  if (tokens.length === 0 && trust.minTimestamps === 0) {
    return notChecked('not-required', 'the trust asks for no timestamp and the receipt has none');
  }
  if (verifyTimestamp === undefined) return withoutVerifier(trust, tokens.length);
  const tally: Tally = { authorities: new Map(), rejected: [] };
  const data = timestampImprintInput(receipt.checkpoint);
  for (const token of tokens) await count(tally, verifyTimestamp, toRequest(token, data, trust.tsaRoots));
  return judge(trust, tally);
}

function withoutVerifier(trust: Trust, tokens: number): Checked<never> {
  const report = trust.minTimestamps > 0 ? failed : notChecked;
  return report(
    'timestamp-verifier-missing',
    `no timestamp verifier at hand: ${tokens} tokens are not counted`,
  );
}

function judge({ minTimestamps }: Trust, tally: Tally): Checked<TimestampedCheckpoint> {
  const { rejected } = tally;
  const stamped = [...tally.authorities.values()];
  const authorities = stamped.map(({ tsa }) => tsa);
  // One for each of the authorities: the moment by which it had stamped.
  const stampedAt = stamped.map(({ sinceMs }) => formatTime(sinceMs));
  const facts = { authorities, stampedAt, ...(rejected.length === 0 ? {} : { rejected }) };
  if (authorities.length < minTimestamps) {
    const message = `expected timestamps of ${minTimestamps} authorities, got ${authorities.length}`;
    return failed('timestamps-missing', message, facts);
  }
  if (authorities.length === 0) {
    return notChecked('not-required', 'no token counts and the trust asks for none', facts);
  }
  const earliest = Math.min(...stamped.map(({ sinceMs }) => sinceMs));
  const established = { ...facts, stampedBy: formatTime(earliest), ...describeRevocation(stamped) };
  return passed(established, { sinceMs: earliest, authorities });
}

/** What is not there is not held against a token, but said. */
function describeRevocation(stamped: readonly Stamped[]): Facts {
  const unknown = stamped.filter(({ isKnownUnrevoked }) => !isKnownUnrevoked).map(({ tsa }) => tsa);
  if (unknown.length === 0) return { revocation: 'checked' };
  return { revocation: 'not checked', revocationUnknown: unknown };
}

async function count(
  tally: Tally,
  verifyTimestamp: VerifyTimestamp,
  request: TimestampRequest,
): Promise<void> {
  const result = await attempt(verifyTimestamp, request);
  if (!result.valid) {
    tally.rejected.push(result.reason);
    return;
  }
  const byMs = result.genTimeMs + result.accuracyMs;
  const { tsa, tsaKey = tsa } = result;
  const known = tally.authorities.get(tsaKey);
  tally.authorities.set(tsaKey, {
    tsa: known?.tsa ?? tsa,
    sinceMs: Math.min(byMs, known?.sinceMs ?? Infinity),
    isKnownUnrevoked: result.isKnownUnrevoked === true && known?.isKnownUnrevoked !== false,
  });
}

/** A verifier that throws or answers without a proper time has not called the token valid. */
async function attempt(
  verifyTimestamp: VerifyTimestamp,
  request: TimestampRequest,
): Promise<TimestampResult> {
  try {
    const result = await verifyTimestamp(request);
    if (result.valid) formatTime(result.genTimeMs + result.accuracyMs);
    return result;
  } catch {
    return { valid: false, reason: 'the timestamp verifier failed' };
  }
}

function toRequest(
  timestamp: ReceiptTimestamp,
  data: Uint8Array,
  roots: readonly Uint8Array[],
): TimestampRequest {
  const der = (blobs: readonly string[]): Uint8Array[] =>
    blobs.map((blob) => decodeBase64(blob) ?? new Uint8Array());
  return {
    token: decodeBase64(timestamp.token) ?? new Uint8Array(),
    certificates: der(timestamp.certificates),
    crls: der(timestamp.crls),
    ocsps: der(timestamp.ocsps),
    data,
    roots,
  };
}
