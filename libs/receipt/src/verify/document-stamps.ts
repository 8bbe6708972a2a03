/**
 * Tokens that the client had over the document itself (`token.<i>`), judged by the verifier's own roots. They say more than
 * existed-by, which is about the log, and are shown beside it: the document existed when they were made. One that does not
 * count proves nothing and spoils nothing.
 */
import { formatTime } from '@cunzheng/ledger';

import { decodeBase64 } from '../encoding/base64.js';
import { decodeHex } from '../encoding/hex.js';
import { type DisclosedRecord } from '../record/match-disclosures.js';
import { type EvidenceRecord } from '../record/record.js';
import { type Trust } from '../trust/trust.js';
import { type Facts } from './report.js';
import { type VerifyTimestamp } from './timestamps.js';

/** `documentStampedBy` and `documentStampsRejected`, where there is any of them. */
export async function describeDocumentStamps(
  trust: Trust,
  record: EvidenceRecord,
  shown: DisclosedRecord | undefined,
  verifyTimestamp: VerifyTimestamp | undefined,
): Promise<Facts> {
  const stampedBy: string[] = [];
  const rejected: string[] = [];
  const tokens = [...(shown?.tokens ?? [])].sort(([a], [b]) => a - b);
  for (const [, token] of tokens) {
    const outcome = await judge(trust, record, token, verifyTimestamp);
    (outcome.valid ? stampedBy : rejected).push(outcome.text);
  }
  return {
    ...(stampedBy.length === 0 ? {} : { documentStampedBy: stampedBy }),
    ...(rejected.length === 0 ? {} : { documentStampsRejected: rejected }),
  };
}

interface Outcome {
  readonly valid: boolean;
  readonly text: string;
}

/** A token is over one of the fingerprints; the others give reasons that say nothing. */
async function judge(
  { tsaRoots: roots }: Trust,
  { fingerprints }: EvidenceRecord,
  token: string,
  verifyTimestamp: VerifyTimestamp | undefined,
): Promise<Outcome> {
  if (verifyTimestamp === undefined) return { valid: false, text: 'no timestamp verifier at hand' };
  const evidence = { certificates: [], crls: [], ocsps: [], data: new Uint8Array(), roots };
  let reason = 'imprint-mismatch';
  for (const { algorithm, digest } of fingerprints) {
    const imprint = { algorithm, digest: decodeHex(digest) };
    const bytes = decodeBase64(token) ?? new Uint8Array();
    const result = await verifyTimestamp({ ...evidence, token: bytes, imprint });
    if (result.valid) {
      const time = formatTime(result.genTimeMs + result.accuracyMs);
      const serial = result.serialNumber === undefined ? '' : `, serial ${result.serialNumber}`;
      return { valid: true, text: `${time} by ${result.tsa}${serial}` };
    }
    if (!result.reason.startsWith('imprint-')) reason = result.reason;
  }
  return { valid: false, text: reason };
}
