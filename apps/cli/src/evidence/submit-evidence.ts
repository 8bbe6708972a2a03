/**
 * Sends evidence and waits for its receipt: with `Prefer: wait` as long as the service allows, then by asking. A receipt
 * is taken only if it is about the fingerprints that were sent; whether it holds is for `cunzheng verify`.
 */
import { setTimeout as delay } from 'node:timers/promises';
import {
  parseReceipt,
  parseRecord,
  ReceiptError,
  type EvidenceRecord,
  type Fingerprint,
} from '@cunzheng/receipt';
import { parseAnswer, textMember, unexpectedAnswer, type ServiceClient } from '../service/service-client.js';
import { ServiceRefusal } from '../service/service-refusal.js';

const RECEIPT_MEDIA_TYPE = 'application/vnd.cunzheng.receipt+json';
/** The longest that the service holds an answer back. */
const MAX_PREFER_SECONDS = 30;
const ANSWER_TIMEOUT_MS = 15_000;
const POLL_INTERVAL_MS = 500;

export interface Submitted {
  readonly id: string;
  /** The receipt file, unless it was not ready in time. */
  readonly receipt?: Buffer;
}

export async function submitEvidence(
  service: ServiceClient,
  body: unknown,
  fingerprints: readonly Fingerprint[],
  waitSeconds: number,
): Promise<Submitted> {
  const deadlineMs = performance.now() + waitSeconds * 1_000;
  const preferSeconds = Math.min(waitSeconds, MAX_PREFER_SECONDS);
  const answer = await service.send({
    method: 'POST',
    path: '/v1/evidence',
    body,
    headers: preferSeconds > 0 ? { prefer: `wait=${preferSeconds}` } : {},
    timeoutMs: preferSeconds * 1_000 + ANSWER_TIMEOUT_MS,
  });
  if (answer.contentType === RECEIPT_MEDIA_TYPE) {
    return { id: recordOf(answer.body, fingerprints).id, receipt: answer.body };
  }
  const id = textMember(parseAnswer(answer), 'id');
  const receipt = waitSeconds > 0 ? await fetchReceipt(service, id, deadlineMs) : undefined;
  if (receipt === undefined) return { id };
  recordOf(receipt, fingerprints);
  return { id, receipt };
}

/**
 * The receipt of a record, asked for until `deadlineMs` (of `performance.now()`), once at least; with `disclose` it shows
 * those disclosures alone.
 */
export async function fetchReceipt(
  service: ServiceClient,
  id: string,
  deadlineMs: number,
  disclose?: string,
): Promise<Buffer | undefined> {
  const query = disclose === undefined ? '' : `?disclose=${encodeURIComponent(disclose)}`;
  for (;;) {
    try {
      const { body } = await service.send({
        method: 'GET',
        path: `/v1/evidence/${encodeURIComponent(id)}/receipt${query}`,
      });
      recordOf(body);
      return body;
    } catch (error) {
      if (!(error instanceof ServiceRefusal) || error.problemCode !== 'receipt-pending') throw error;
      if (performance.now() >= deadlineMs) return undefined;
    }
    await delay(POLL_INTERVAL_MS);
  }
}

/** @throws CliError `service-answer` for what is no receipt, or one about other fingerprints than `expected`. */
function recordOf(receipt: Buffer, expected?: readonly Fingerprint[]): EvidenceRecord {
  const record = parseReceiptRecord(receipt);
  const recorded = formatFingerprints(record.fingerprints);
  if (expected !== undefined && recorded !== formatFingerprints(expected)) {
    throw unexpectedAnswer('a receipt for the fingerprints that were sent');
  }
  return record;
}

function parseReceiptRecord(receipt: Buffer): EvidenceRecord {
  try {
    return parseRecord(parseReceipt(receipt).record);
  } catch (error) {
    if (!(error instanceof ReceiptError)) throw error;
    throw unexpectedAnswer('a receipt');
  }
}

function formatFingerprints(fingerprints: readonly Fingerprint[]): string {
  return fingerprints.map(({ algorithm, digest }) => `${algorithm}:${digest}`).join(' ');
}
