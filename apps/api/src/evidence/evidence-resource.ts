/** Evidence as clients see it. */
import { type LoadedEvidence } from './evidence-reader.js';
import { type FixedRecord } from './fix-record.js';
import { showTokens, type ShownToken } from './shown-tokens.js';

export interface EvidenceResource {
  readonly id: string;
  readonly state: 'accepted' | 'anchored' | 'attested';
  /** Whether the receipt will stay as it is from here on. */
  readonly final: boolean;
  readonly acceptedAt: string;
  readonly clientRef?: string;
  /** J(record): hash these bytes, not a reformatted copy. */
  readonly record: string;
  readonly disclosures: readonly string[];
  /** The 68-byte ledger entry in base64. */
  readonly entry: string;
  readonly leafIndex?: number;
  readonly blockHeight?: number;
  readonly anchoredAt?: string;
  readonly attestedAt?: string;
  /** When personal data was last erased from it, and the names of the disclosures that are gone. */
  readonly erasedAt?: string;
  readonly erased?: readonly string[];
  /** Timestamp tokens that came with it. */
  readonly timestamps?: readonly ShownToken[];
  /** Path of the receipt. */
  readonly receipt: string;
}

export const evidencePath = (id: string): string => `/v1/evidence/${id}`;

export function toAcceptedResource(record: FixedRecord, clientRef: string | undefined): EvidenceResource {
  return {
    id: record.id,
    state: 'accepted',
    final: false,
    acceptedAt: record.acceptedAt,
    ...(clientRef !== undefined && { clientRef }),
    record: record.record,
    disclosures: record.disclosures,
    entry: Buffer.from(record.entry).toString('base64'),
    receipt: `${evidencePath(record.id)}/receipt`,
  };
}

/**
 * The same as JSON text, put together instead of stringified: answers to a batch are mostly this. A test holds it equal
 * to `JSON.stringify(toAcceptedResource(…))`.
 */
export function formatAcceptedResource(record: FixedRecord, clientRef: string | undefined): string {
  const reference = clientRef === undefined ? '' : `"clientRef":${JSON.stringify(clientRef)},`;
  return (
    `{"id":"${record.id}","state":"accepted","final":false,"acceptedAt":"${record.acceptedAt}",${reference}` +
    `"record":${JSON.stringify(record.record)},"disclosures":["${record.disclosures.join('","')}"],` +
    `"entry":"${Buffer.from(record.entry).toString('base64')}","receipt":"${evidencePath(record.id)}/receipt"}`
  );
}

export function toResource({ record, clientRef, erasure, anchoring }: LoadedEvidence): EvidenceResource {
  const timestamps = showTokens(record.disclosures);
  const resource = {
    ...toAcceptedResource(record, clientRef),
    ...(erasure && { erasedAt: erasure.at.toISOString(), erased: erasure.names }),
    ...(timestamps.length > 0 && { timestamps }),
  };
  if (!anchoring) return resource;
  return {
    ...resource,
    state: anchoring.attestedAt ? 'attested' : 'anchored',
    final: anchoring.final,
    leafIndex: anchoring.leafIndex,
    blockHeight: anchoring.height,
    anchoredAt: anchoring.anchoredAt.toISOString(),
    ...(anchoring.attestedAt && { attestedAt: anchoring.attestedAt.toISOString() }),
  };
}
