/**
 * Sends evidence and waits for its receipt: with `Prefer: wait` as long as the service allows, then by asking. A receipt
 * is taken only if it is about the fingerprints that were sent; whether it holds is for `cunzheng verify`.
 */
import { type Schema } from '@cunzheng/client';
import {
  parseReceipt,
  parseRecord,
  ReceiptError,
  type EvidenceRecord,
  type Fingerprint,
} from '@cunzheng/receipt';
import { jsonOf, textMember, type ServiceClient } from '../service/service-client.js';
import { unexpectedAnswer } from '../service/service-fetch.js';
import { untilReady } from './until-ready.js';

const RECEIPT_MEDIA_TYPE = 'application/vnd.cunzheng.receipt+json';
/** The longest that the service holds an answer back. */
const MAX_PREFER_SECONDS = 30;
const ANSWER_TIMEOUT_MS = 15_000;

export interface Submitted {
  readonly id: string;
  /** The receipt file, unless it was not ready in time. */
  readonly receipt?: Buffer;
}

export async function submitEvidence(
  service: ServiceClient,
  body: Schema<'EvidenceRequest'>,
  fingerprints: readonly Fingerprint[],
  waitSeconds: number,
): Promise<Submitted> {
  const deadlineMs = performance.now() + waitSeconds * 1_000;
  const preferSeconds = Math.min(waitSeconds, MAX_PREFER_SECONDS);
  const { response } = await service.api(preferSeconds * 1_000 + ANSWER_TIMEOUT_MS).POST('/v1/evidence', {
    body,
    params: { header: preferSeconds > 0 ? { Prefer: `wait=${preferSeconds}` } : {} },
    parseAs: 'stream',
  });
  if (response.headers.get('content-type')?.startsWith(RECEIPT_MEDIA_TYPE)) {
    const receipt = Buffer.from(await response.arrayBuffer());
    return { id: recordOf(receipt, fingerprints).id, receipt };
  }
  const evidence = response.json() as Promise<Schema<'Evidence'>>;
  const id = textMember(await jsonOf(evidence.then((data) => ({ data }))), 'id');
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
  const params = { path: { id }, query: disclose === undefined ? {} : { disclose } };
  return await untilReady(deadlineMs, async () => {
    const path = '/v1/evidence/{id}/receipt';
    const { data } = await service.api().GET(path, { params, parseAs: 'arrayBuffer' });
    const receipt = Buffer.from(data ?? new ArrayBuffer());
    recordOf(receipt);
    return receipt;
  });
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
