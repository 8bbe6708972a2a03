/**
 * The record of a token: kind `timestamp-token`, its fingerprints those of the token's DER, no signers and nothing to
 * disclose. It is accepted at the token's genTime, and made again by the general code from what is stored whenever its receipt
 * is asked for.
 */
import { hash } from 'node:crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { computeEntry, EntryType, formatTime } from '@cunzheng/ledger';
import { decoyCount, formatRecord, parseUuidV7, type Fingerprint } from '@cunzheng/receipt';
import { type FixedRecord } from '../evidence/fix-record.js';
import { writeEntry, writeRecord } from '../evidence/write-record.js';

const NONCE_BYTES = 16;
const DECOY_BYTES = 32;
const DECOYS = decoyCount([]);

/** How many random bytes a record takes: nonce, then decoys. */
export const TOKEN_SECRET_BYTES = NONCE_BYTES + DECOYS * DECOY_BYTES;

export interface TokenRecordInput {
  /** UUIDv7 whose time is the token's. */
  readonly id: string;
  readonly token: Uint8Array;
  readonly secrets: Buffer;
  /** Origin of the log. */
  readonly origin: string;
  /** What was known of the clock when the token was made. */
  readonly clockBoundMs: number | undefined;
}

/** The record's entry, and the SHA-256 of the token. */
export function fixTokenRecord({ id, token, secrets, origin, clockBoundMs }: TokenRecordInput): {
  readonly sha256: Buffer;
  readonly entry: Buffer;
} {
  const fingerprints = fingerprintsOf(token);
  const { record } = writeRecord({
    id,
    acceptedAt: formatTime(parseUuidV7(id)),
    assurance: 'none',
    clockBoundMs,
    fingerprints,
    kind: 'timestamp-token',
    log: origin,
    signers: 0,
    disclosures: [],
    secrets,
  });
  return { sha256: Buffer.from(fingerprints[0].digest, 'hex'), entry: writeEntry(record) };
}

const fingerprintsOf = (token: Uint8Array): readonly [Fingerprint, Fingerprint] => [
  { algorithm: 'sha-256', digest: hash('sha256', token, 'hex') },
  { algorithm: 'sm3', digest: hash('sm3', token, 'hex') },
];

export function makeTokenRecord({ id, token, secrets, origin, clockBoundMs }: TokenRecordInput): FixedRecord {
  const acceptedAtMs = parseUuidV7(id);
  const formatted = formatRecord(
    {
      id,
      acceptedAtMs,
      assurance: 'none',
      ...(clockBoundMs !== undefined && { clockBoundMs }),
      fingerprints: fingerprintsOf(token),
      kind: 'timestamp-token',
      log: origin,
      nonce: secrets.subarray(0, NONCE_BYTES),
      signers: 0,
      disclosures: [],
      decoys: Array.from({ length: DECOYS }, (_, index) => {
        const start = NONCE_BYTES + index * DECOY_BYTES;
        return secrets.subarray(start, start + DECOY_BYTES);
      }),
    },
    nativeCrypto,
  );
  const entry = computeEntry(nativeCrypto, EntryType.record, Buffer.from(formatted.record));
  return { ...formatted, id, acceptedAt: formatTime(acceptedAtMs), entry };
}
