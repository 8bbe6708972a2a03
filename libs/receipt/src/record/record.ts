/**
 * The record: what the log commits to for one piece of evidence, fixed at acceptance (docs/formats/record.md). It states
 * in clear only what says nothing about persons; everything else stands behind the digests in `_sd` (RFC 9901 §4.2),
 * which are sorted and padded with random decoys.
 */
import { parseCanonical } from '@cunzheng/canonical-json';
import { parseOrigin } from '@cunzheng/ledger';

import { memberNames, ObjectReader } from '../encoding/object-reader.js';
import { parseUuidV7 } from '../encoding/uuid-v7.js';
import { ReceiptError } from '../errors.js';
import { type Fingerprint, parseFingerprints } from '../statement/fingerprints.js';
import { LIMITS } from '../statement/limits.js';

export const RECORD_FORMAT = 'cunzheng/record@v1';
export const SD_ALGORITHM = 'sha-256';

/** From weakest to strongest. */
export const ASSURANCES = ['none', 'asserted', 'key', 'certificate'] as const;
export type Assurance = (typeof ASSURANCES)[number];

export const RECORD_KINDS = ['document', 'timestamp-token'] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

export interface EvidenceRecord {
  /** Base64url SHA-256 digests of the disclosures and decoys, ascending. */
  readonly sd: readonly string[];
  readonly acceptedAt: string;
  /** {@link acceptedAt} in milliseconds since the epoch. */
  readonly acceptedAtMs: number;
  /** The weakest of its signers; `none` if and only if there are none. */
  readonly assurance: Assurance;
  /** By how much the operator's clock was known to be off at most. */
  readonly clockBoundMs?: number;
  readonly fingerprints: readonly Fingerprint[];
  /** UUIDv7 whose time is acceptedAt. */
  readonly id: string;
  readonly kind: RecordKind;
  /** Origin of the log. */
  readonly log: string;
  /** 16 bytes in lower-case hex. */
  readonly nonce: string;
  /** How many signers there are; who they are is disclosed. */
  readonly signers: number;
}

/** Digests come in multiples of this, so that their number tells little. */
export const SD_MULTIPLE = 8;
const MAX_SD = 128;
const SD_DIGEST = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/** The names a disclosure can never have: they stand in the record in clear. */
export const CLEAR_MEMBERS: ReadonlySet<string> = new Set([
  '_sd_alg',
  'acceptedAt',
  'assurance',
  'clockBoundMs',
  'fingerprints',
  'format',
  'id',
  'kind',
  'log',
  'nonce',
  'signers',
]);
const REQUIRED = ['_sd', ...[...CLEAR_MEMBERS].filter((name) => name !== 'clockBoundMs')];
const MEMBERS = memberNames(REQUIRED, ['clockBoundMs']);

/** A record is at most this long, in UTF-8 bytes; the longest that can be written is below it. */
export const MAX_RECORD_BYTES = 16_384;

/** The record in J(record). Throws ReceiptError `record-*` or `fingerprints-*` for anything else. */
export function parseRecord(input: Uint8Array | string): EvidenceRecord {
  const reader = new ObjectReader(parseRecordJson(input), MEMBERS, 'record');
  reader.version('format', RECORD_FORMAT);
  reader.oneOf('_sd_alg', [SD_ALGORITHM]);
  const acceptedAtMs = reader.time('acceptedAt');
  const assurance = reader.oneOf('assurance', ASSURANCES);
  const signers = reader.integer('signers', 0, LIMITS.signers.max);
  if ((signers === 0) !== (assurance === 'none')) {
    reader.refuse(
      'value',
      'assurance',
      `expected none exactly without signers, got ${assurance} with ${signers}`,
    );
  }
  return {
    sd: readSd(reader),
    acceptedAt: reader.anyText('acceptedAt'),
    acceptedAtMs,
    assurance,
    ...(reader.has('clockBoundMs') ? { clockBoundMs: reader.integer('clockBoundMs') } : {}),
    fingerprints: parseFingerprints(reader.value('fingerprints'), '/fingerprints'),
    id: readId(reader, acceptedAtMs),
    kind: reader.oneOf('kind', RECORD_KINDS),
    log: readOrigin(reader),
    nonce: reader.hex('nonce', LIMITS.nonceBytes),
    signers,
  };
}

function parseRecordJson(input: Uint8Array | string): unknown {
  try {
    return parseCanonical(input, { maxSizeBytes: MAX_RECORD_BYTES });
  } catch (cause) {
    throw new ReceiptError('record-not-canonical', 'expected canonical JSON', { cause });
  }
}

function readSd(reader: ObjectReader): string[] {
  const digests = reader.list('_sd', { min: SD_MULTIPLE, max: MAX_SD });
  if (digests.length % SD_MULTIPLE !== 0) {
    reader.refuse('value', '_sd', `expected a multiple of ${SD_MULTIPLE} digests, got ${digests.length}`);
  }
  let previous = '';
  return digests.map((digest) => {
    if (typeof digest !== 'string' || !SD_DIGEST.test(digest) || digest <= previous) {
      return reader.refuse('value', '_sd', 'expected base64url SHA-256 digests, sorted and unique');
    }
    return (previous = digest);
  });
}

function readId(reader: ObjectReader, acceptedAtMs: number): string {
  const id = reader.anyText('id');
  let timeMs: number;
  try {
    timeMs = parseUuidV7(id);
  } catch (cause) {
    return reader.refuse('value', 'id', 'expected a lower-case UUID of version 7', cause);
  }
  if (timeMs !== acceptedAtMs)
    reader.refuse('value', 'id', `expected the time of acceptedAt, got ${timeMs} ms`);
  return id;
}

function readOrigin(reader: ObjectReader): string {
  const log = reader.anyText('log');
  try {
    parseOrigin(log);
  } catch (cause) {
    reader.refuse('value', 'log', 'expected an origin HOST/logs/NAME', cause);
  }
  return log;
}
