/**
 * Fixes a record at acceptance: id and time from one value, fresh salts, nonce and decoys, then J(record), its
 * disclosures and its ledger entry. `rebuildRecord` makes the same from a stored row, by the general code.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import { computeEntry, EntryType, formatTime } from '@cunzheng/ledger';
import {
  formatRecord,
  formatUuidV7,
  parseUuidV7,
  UUID_RANDOM_BYTES,
  type FormattedRecord,
} from '@cunzheng/receipt';
import { clientRefMac, sealEvidence, type ValueCipher } from '@cunzheng/persistence';
import { type NewEvidence } from '../intake/store-evidence.js';
import { assuranceOf, listDisclosures, registeredSigners, type EvidenceParts } from './evidence-parts.js';
import {
  digestPrefix,
  encodeContent,
  encodeFingerprints,
  secretBytes,
  splitSecrets,
} from './evidence-row.js';
import { type RandomBytes } from './random-pool.js';
import { writeEntry, writeRecord } from './write-record.js';

/** The log that records are made for. */
export interface RecordLog {
  readonly origin: string;
  /** Host part of the origin. */
  readonly service: string;
}

/** A record with everything that is handed out about it. */
export interface FixedRecord extends FormattedRecord {
  readonly id: string;
  readonly acceptedAt: string;
  readonly entry: Uint8Array;
}

/** What a record is made with. */
export interface RecordTools {
  readonly random: RandomBytes;
  readonly values: ValueCipher;
}

/** Makes the record and the row to store. */
export function fixRecord(
  parts: EvidenceParts,
  organizationKey: number,
  log: RecordLog,
  nowMs: number,
  { random, values }: RecordTools,
): { record: FixedRecord; evidence: NewEvidence } {
  const id = formatUuidV7(nowMs, random(UUID_RANDOM_BYTES));
  const acceptedAt = formatTime(nowMs);
  const disclosures = listDisclosures(parts, log.service);
  const secrets = random(secretBytes(disclosures));
  const { record, disclosures: written } = writeRecord({
    id,
    acceptedAt,
    assurance: assuranceOf(parts),
    clockBoundMs: parts.clockBoundMs,
    fingerprints: parts.fingerprints,
    kind: 'document',
    log: log.origin,
    signers: parts.signing.signers.length,
    disclosures,
    secrets,
  });
  const entry = writeEntry(record);
  const clientRef = parts.members.clientRef ?? null;
  const content = encodeContent(parts);
  const row = {
    organization: organizationKey,
    id,
    acceptedAtMs: nowMs,
    prefixes: parts.fingerprints.map(({ digest }) => digestPrefix(digest)),
    fingerprints: encodeFingerprints(parts.fingerprints),
    clientRef,
    clientRefMac: clientRef === null ? null : clientRefMac(values, organizationKey, clientRef),
    content: sealEvidence(values, organizationKey, id, { secrets, clientRef, content }),
    signers: registeredSigners(parts),
    tag: parts.tag ?? null,
  };
  return { record: { record, disclosures: written, id, acceptedAt, entry }, evidence: { row, entry } };
}

/** The record as it was fixed. The caller compares its entry with the ledger's. */
export function rebuildRecord(
  parts: EvidenceParts,
  id: string,
  secrets: Uint8Array,
  log: RecordLog,
): FixedRecord {
  const named = listDisclosures(parts, log.service);
  const { nonce, salts, decoys } = splitSecrets(secrets, named);
  const acceptedAtMs = parseUuidV7(id);
  const formatted = formatRecord(
    {
      id,
      acceptedAtMs,
      assurance: assuranceOf(parts),
      ...(parts.clockBoundMs !== undefined && { clockBoundMs: parts.clockBoundMs }),
      fingerprints: parts.fingerprints,
      kind: 'document',
      log: log.origin,
      nonce,
      signers: parts.signing.signers.length,
      disclosures: named.map(({ name, value }, index) => ({
        name,
        value,
        salt: salts[index] ?? new Uint8Array(),
      })),
      decoys,
    },
    nativeCrypto,
  );
  const entry = computeEntry(nativeCrypto, EntryType.record, Buffer.from(formatted.record));
  return { ...formatted, id, acceptedAt: formatTime(acceptedAtMs), entry };
}
