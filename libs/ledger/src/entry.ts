/**
 * A log entry, version 1: what the Merkle tree is made of. Format: docs/formats/entry.md.
 *
 *     entry = 43 5A 01 ‖ type ‖ SHA-256(body) ‖ SM3(body)        68 bytes
 *
 * The two digests stand for the same bytes, so the operator can carry the public ledger over to new hashes should one
 * of the two weaken. Inclusion and consistency rest on SHA-256 of the tree alone.
 */
import { type CryptoSuite } from '@cunzheng/crypto';
import { LedgerError } from './ledger-error.js';

/** Bytes of an entry. */
export const ENTRY_SIZE = 68;

/** Entry types of version 1. Others may come: verifiers hash what they do not know and go on. */
export const EntryType = {
  /** A block header; its body is public. Stands only right after the block's entries. */
  block: 0x00,
  /** An evidence record; its body is private. */
  record: 0x01,
  /** An event of the log itself; its body is public. */
  event: 0x02,
  /** The head of the operator's audit trail; its body is private and carries a nonce. */
  auditHead: 0x03,
} as const;
export type EntryType = (typeof EntryType)[keyof typeof EntryType];

export interface Entry {
  /** One byte; not always an {@link EntryType}. */
  readonly type: number;
  readonly sha256: Uint8Array;
  readonly sm3: Uint8Array;
}

const PREFIX = [0x43, 0x5a, 0x01] as const;
const TYPE_OFFSET = 3;
const SHA256_OFFSET = 4;
const SM3_OFFSET = 36;

/** The entry of a body. */
export function computeEntry(crypto: CryptoSuite, type: EntryType, body: Uint8Array): Uint8Array {
  const entry = new Uint8Array(ENTRY_SIZE);
  entry.set(PREFIX);
  entry[TYPE_OFFSET] = type;
  entry.set(crypto.digest('sha-256').hash(body), SHA256_OFFSET);
  entry.set(crypto.digest('sm3').hash(body), SM3_OFFSET);
  return entry;
}

/** The parts of an entry, as views. Throws `entry-invalid`; any type is let through. */
export function parseEntry(bytes: Uint8Array): Entry {
  if (bytes.length !== ENTRY_SIZE) {
    throw new LedgerError('entry-invalid', `entry is ${bytes.length} bytes, want ${ENTRY_SIZE}`);
  }
  return {
    type: entryTypeAt(bytes, 0),
    sha256: bytes.subarray(SHA256_OFFSET, SM3_OFFSET),
    sm3: bytes.subarray(SM3_OFFSET),
  };
}

/** The type of the entry at `offset` of concatenated ones, without a copy. Throws `entry-invalid`. */
export function entryTypeAt(entries: Uint8Array, offset: number): number {
  const type = entries[offset + TYPE_OFFSET];
  if (type === undefined || PREFIX.some((byte, i) => entries[offset + i] !== byte)) {
    throw new LedgerError('entry-invalid', `entry at byte ${offset} does not start with 43 5a 01`);
  }
  return type;
}
