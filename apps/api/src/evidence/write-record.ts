/**
 * J(record) and its disclosures at native speed, for the intake alone: the template of `formatRecord` with Node's own
 * base64url, hex and hashes. What goes in was checked on its way here (request schemas, canonical domain), so nothing
 * is checked again. A property test holds it equal to `formatRecord`, and every read rebuilds the record with that.
 */
import { hash } from 'node:crypto';
import { formatCanonical } from '@cunzheng/canonical-json';
import { ENTRY_SIZE, EntryType } from '@cunzheng/ledger';
import { type Fingerprint, type FormattedRecord, type RecordKind } from '@cunzheng/receipt';

const SALT_BYTES = 16;
const DECOY_BYTES = 32;

export interface RecordDraft {
  readonly id: string;
  readonly acceptedAt: string;
  readonly assurance: string;
  readonly clockBoundMs: number | undefined;
  readonly fingerprints: readonly Fingerprint[];
  readonly kind: RecordKind;
  /** Origin of the log. */
  readonly log: string;
  readonly signers: number;
  readonly disclosures: readonly { readonly name: string; readonly value: unknown }[];
  /** Nonce, a salt for each disclosure, decoys: see `splitSecrets`. */
  readonly secrets: Buffer;
}

/** The same text and disclosures that `formatRecord` gives. */
export function writeRecord(draft: RecordDraft): FormattedRecord {
  const { secrets } = draft;
  const digests: string[] = [];
  const disclosures: string[] = [];
  let offset = SALT_BYTES;
  for (const { name, value } of draft.disclosures) {
    const disclosure = writeDisclosure(secrets.toString('hex', offset, offset + SALT_BYTES), name, value);
    disclosures.push(disclosure);
    digests.push(hash('sha256', disclosure, 'base64url'));
    offset += SALT_BYTES;
  }
  for (; offset < secrets.length; offset += DECOY_BYTES) {
    digests.push(secrets.toString('base64url', offset, offset + DECOY_BYTES));
  }
  const bound = draft.clockBoundMs === undefined ? '' : `"clockBoundMs":${draft.clockBoundMs},`;
  const record =
    `{"_sd":["${digests.sort().join('","')}"],"_sd_alg":"sha-256","acceptedAt":"${draft.acceptedAt}","assurance":"${draft.assurance}",` +
    `${bound}"fingerprints":[${draft.fingerprints.map(writeFingerprint).join(',')}],"format":"cunzheng/record@v1","id":"${draft.id}",` +
    `"kind":"${draft.kind}","log":"${draft.log}","nonce":"${secrets.toString('hex', 0, SALT_BYTES)}","signers":${draft.signers}}`;
  return { record, disclosures };
}

const ENTRY_HEAD = String.fromCharCode(0x43, 0x5a, 0x01, EntryType.record);

/** The entry of an ASCII record, as `computeEntry` gives it. */
export function writeEntry(record: string): Buffer {
  const entry = Buffer.allocUnsafe(ENTRY_SIZE);
  entry.write(ENTRY_HEAD + hash('sha256', record, 'binary') + hash('sm3', record, 'binary'), 'latin1');
  return entry;
}

function writeFingerprint({ algorithm, digest }: Fingerprint): string {
  return `{"algorithm":"${algorithm}","digest":"${digest}"}`;
}

function writeDisclosure(salt: string, name: string, value: unknown): string {
  // For strings and integers of the canonical domain JSON.stringify writes what RFC 8785 wants.
  const json = typeof value === 'object' ? formatCanonical(value) : JSON.stringify(value);
  return Buffer.from(`["${salt}","${name}",${json}]`).toString('base64url');
}
