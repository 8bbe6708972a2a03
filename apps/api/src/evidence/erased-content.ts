/**
 * `content` of evidence after an erasure. A record cannot be rebuilt from parts that are gone, so what is left is kept as it
 * was handed out: J(record), which says nothing about persons, and the disclosures that were not erased. Their salts are
 * in them; those of the erased are nowhere.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import { computeEntry, EntryType } from '@cunzheng/ledger';
import { listDisclosureNames, parseDisclosure, parseRecord } from '@cunzheng/receipt';
import { type FixedRecord } from './fix-record.js';

/** As JSON; `v` is its version, as in the content that parts are stored in. */
interface ErasedContent {
  readonly v: 2;
  /** J(record). */
  readonly r: string;
  /** The disclosures that are left. */
  readonly d: readonly string[];
  /** Names of those that were erased. */
  readonly x: readonly string[];
  /** For each signer the id it is registered under, '' where there is none or it was erased. */
  readonly s: readonly string[];
}

export interface ErasedEvidence {
  readonly record: FixedRecord;
  /** Names of the disclosures that were erased. */
  readonly erased: readonly string[];
  /** For each signer the id it is registered under, '' where there is none or it was erased. */
  readonly signerIds: readonly string[];
  readonly clientRef: string | undefined;
}

export function encodeErased(record: string, rest: Omit<ErasedContent, 'v' | 'r'>): Buffer {
  return Buffer.from(JSON.stringify({ v: 2, r: record, ...rest } satisfies ErasedContent));
}

/** The evidence, or undefined for a content that is stored in parts. */
export function decodeErased(bytes: Buffer): ErasedEvidence | undefined {
  const content = JSON.parse(bytes.toString('utf8')) as ErasedContent | { readonly v: 1 };
  if (content.v !== 2) return undefined;
  const { id, acceptedAt } = parseRecord(content.r);
  const entry = computeEntry(nativeCrypto, EntryType.record, Buffer.from(content.r));
  const reference = content.d[listDisclosureNames(content.d).indexOf('clientRef')];
  return {
    record: { record: content.r, disclosures: [...content.d], id, acceptedAt, entry },
    erased: content.x,
    signerIds: content.s,
    clientRef: reference === undefined ? undefined : (parseDisclosure(reference).value as string),
  };
}
