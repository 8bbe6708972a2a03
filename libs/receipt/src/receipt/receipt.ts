/**
 * The receipt: the file that anyone can verify without the service (docs/formats/receipt.md). It is J(receipt). Record and
 * block header are kept as the texts that are hashed, so that standard tools can repeat the hash; the tree size comes from
 * the checkpoint alone. This file knows its shape; whether it holds is ../verify's question.
 */
import { formatCanonical, parseCanonical } from '@cunzheng/canonical-json';

import { MAX_NOTE_LENGTH } from '../checkpoint/signed-note.js';
import { decodeHex, encodeHex, isHex } from '../encoding/hex.js';
import { describe, expectBase64, memberNames, ObjectReader, refuse } from '../encoding/object-reader.js';
import { ReceiptError } from '../errors.js';
import { MAX_DISCLOSURE_LENGTH } from '../record/disclosure.js';
import { MAX_RECORD_BYTES } from '../record/record.js';

export const RECEIPT_FORMAT = 'cunzheng/receipt@v1';

/** 10 MB. */
export const MAX_RECEIPT_BYTES = 10_000_000;

/** How many of each a receipt may hold; sizes in bytes. */
export const RECEIPT_LIMITS = {
  hashes: 64,
  disclosures: 128,
  timestamps: 64,
  tokenBytes: 262_144,
  evidence: 64,
  evidenceBytes: 1_048_576,
  headerLength: 4096,
} as const;

/** A timestamp token and what its verification needs, all in padded base64. */
export interface ReceiptTimestamp {
  readonly certificates: readonly string[];
  readonly crls: readonly string[];
  readonly ocsps: readonly string[];
  /** What it stamps: F of the checkpoint, or the token of an earlier timestamp of this receipt. */
  readonly over: 'checkpoint' | 'timestamp';
  /** Index of the stamped timestamp, if and only if `over` is `timestamp`. */
  readonly of?: number;
  readonly token: string;
  readonly type: 'rfc3161';
}

export interface Receipt {
  readonly block: {
    /** Inclusion proof of the header's own entry. */
    readonly hashes: readonly Uint8Array[];
    /** J(header). */
    readonly header: string;
  };
  /** A signed note. */
  readonly checkpoint: string;
  /** Ascending; {@link formatReceipt} takes them in any order. */
  readonly disclosures: readonly string[];
  readonly inclusion: { readonly hashes: readonly Uint8Array[]; readonly leafIndex: number };
  /** J(record). */
  readonly record: string;
  readonly timestamps: readonly ReceiptTimestamp[];
}

const MEMBERS = memberNames([
  'block',
  'checkpoint',
  'disclosures',
  'format',
  'inclusion',
  'record',
  'timestamps',
]);
const BLOCK_MEMBERS = memberNames(['hashes', 'header']);
const INCLUSION_MEMBERS = memberNames(['hashes', 'leafIndex']);
const TIMESTAMP_MEMBERS = memberNames(['certificates', 'crls', 'ocsps', 'over', 'token', 'type'], ['of']);

/** The parts of J(receipt), none of them verified. Throws ReceiptError `receipt-*`. */
export function parseReceipt(input: Uint8Array | string): Receipt {
  const reader = new ObjectReader(parseReceiptJson(input), MEMBERS, 'receipt');
  reader.version('format', RECEIPT_FORMAT);
  const block = new ObjectReader(reader.value('block'), BLOCK_MEMBERS, 'receipt', '/block');
  const inclusion = new ObjectReader(reader.value('inclusion'), INCLUSION_MEMBERS, 'receipt', '/inclusion');
  return {
    block: {
      hashes: readHashes(block),
      header: block.text('header', { min: 2, max: RECEIPT_LIMITS.headerLength }),
    },
    checkpoint: reader.text('checkpoint', { min: 1, max: MAX_NOTE_LENGTH }),
    disclosures: readDisclosures(reader),
    inclusion: { hashes: readHashes(inclusion), leafIndex: inclusion.integer('leafIndex') },
    record: reader.text('record', { min: 2, max: MAX_RECORD_BYTES }),
    timestamps: reader
      .list('timestamps', { min: 0, max: RECEIPT_LIMITS.timestamps })
      .map((item, index) => readTimestamp(item, index)),
  };
}

/** J(receipt). Sorts the disclosures. Throws ReceiptError `receipt-*` for whatever the parser would refuse. */
export function formatReceipt(input: Receipt): string {
  const text = formatCanonical({
    block: { hashes: input.block.hashes.map(encodeHex), header: input.block.header },
    checkpoint: input.checkpoint,
    disclosures: [...input.disclosures].sort(),
    format: RECEIPT_FORMAT,
    inclusion: { hashes: input.inclusion.hashes.map(encodeHex), leafIndex: input.inclusion.leafIndex },
    record: input.record,
    timestamps: input.timestamps,
  });
  parseReceipt(text);
  return text;
}

function parseReceiptJson(input: Uint8Array | string): unknown {
  try {
    return parseCanonical(input, { maxSizeBytes: MAX_RECEIPT_BYTES });
  } catch (cause) {
    throw new ReceiptError('receipt-not-canonical', 'expected canonical JSON', { cause });
  }
}

function readHashes(reader: ObjectReader): Uint8Array[] {
  return reader.list('hashes', { min: 0, max: RECEIPT_LIMITS.hashes }).map((hash) => {
    if (typeof hash === 'string' && isHex(hash, 32)) return decodeHex(hash);
    return reader.refuse('value', 'hashes', 'expected 32-byte hashes in lower-case hex');
  });
}

function readDisclosures(reader: ObjectReader): string[] {
  const path = '/disclosures';
  let previous = '';
  return reader.list('disclosures', { min: 0, max: RECEIPT_LIMITS.disclosures }).map((item) => {
    if (typeof item !== 'string')
      return refuse('receipt', 'type', path, `expected strings, got ${describe(item)}`);
    if (item.length > MAX_DISCLOSURE_LENGTH) refuse('receipt', 'value', path, 'a disclosure is too long');
    if (item <= previous) refuse('receipt', 'value', path, 'expected disclosures sorted and unique');
    return (previous = item);
  });
}

function readTimestamp(value: unknown, index: number): ReceiptTimestamp {
  const reader = new ObjectReader(value, TIMESTAMP_MEMBERS, 'receipt', `/timestamps/${index}`);
  const over = reader.oneOf('over', ['checkpoint', 'timestamp']);
  if (reader.has('of') !== (over === 'timestamp'))
    reader.refuse('members', 'of', 'expected exactly over a timestamp');
  return {
    certificates: readBlobs(reader, 'certificates'),
    crls: readBlobs(reader, 'crls'),
    ocsps: readBlobs(reader, 'ocsps'),
    over,
    ...(over === 'timestamp' ? { of: reader.integer('of', 0, index - 1) } : {}),
    token: reader.base64('token', RECEIPT_LIMITS.tokenBytes),
    type: reader.oneOf('type', ['rfc3161']),
  };
}

function readBlobs(reader: ObjectReader, name: string): string[] {
  const blobs = reader.list(name, { min: 0, max: RECEIPT_LIMITS.evidence });
  return blobs.map((blob, index) =>
    expectBase64(blob, RECEIPT_LIMITS.evidenceBytes, 'receipt', `${reader.pathOf(name)}/${index}`),
  );
}
