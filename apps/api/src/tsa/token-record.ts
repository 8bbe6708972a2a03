/**
 * The record of a token: kind `timestamp-token`, its fingerprints those of the token's DER, no signers and nothing to
 * disclose. It is accepted at the token's genTime, and made again from token and secrets whenever its receipt is asked for.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import { computeEntry, EntryType, formatTime } from '@cunzheng/ledger';
import { decoyCount, formatRecord, parseUuidV7 } from '@cunzheng/receipt';
import { type FixedRecord } from '../evidence/fix-record.js';

const NONCE_BYTES = 16;
const DECOY_BYTES = 32;
const DECOYS = decoyCount([]);

/** How many random bytes a record takes: nonce, then decoys. */
export const TOKEN_SECRET_BYTES = NONCE_BYTES + DECOYS * DECOY_BYTES;

export interface TokenRecordInput {
  /** UUIDv7 whose time is the token's. */
  readonly id: string;
  readonly token: Uint8Array;
  readonly secrets: Uint8Array;
  /** Origin of the log. */
  readonly origin: string;
}

export function makeTokenRecord({ id, token, secrets, origin }: TokenRecordInput): FixedRecord {
  const acceptedAtMs = parseUuidV7(id);
  const digest = (algorithm: 'sha-256' | 'sm3'): { algorithm: 'sha-256' | 'sm3'; digest: string } => ({
    algorithm,
    digest: Buffer.from(nativeCrypto.digest(algorithm).hash(token)).toString('hex'),
  });
  const formatted = formatRecord(
    {
      id,
      acceptedAtMs,
      assurance: 'none',
      fingerprints: [digest('sha-256'), digest('sm3')],
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
