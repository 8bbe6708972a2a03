/**
 * The compact stored form of evidence. A row keeps each thing once: fingerprints as bytes, nonce, salts and decoys as
 * one byte string, and in `content` only what cannot be derived. It takes a third of what the record and its
 * disclosures would.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  decoyCount,
  type Fingerprint,
  type FingerprintAlgorithm,
  type OptionalMembers,
} from '@cunzheng/receipt';
import { type EnvelopeSigner, type EvidenceParts, type Signing } from './evidence-parts.js';
import { type SignerIdentity } from './evidence.schemas.js';

const SALT_BYTES = 16;
const DECOY_BYTES = 32;
const PREFIX_BYTES = 8;

/** The place of an algorithm in this list stands in stored rows: names are only ever added at the end. */
const ALGORITHM_NUMBERS: readonly FingerprintAlgorithm[] = [
  'sha-256',
  'sha-384',
  'sha-512',
  'sha3-256',
  'sm3',
];

/** The record's random values, in the order in which they are stored: nonce, one salt per disclosure, decoys. */
export interface Secrets {
  readonly nonce: Uint8Array;
  readonly salts: readonly Uint8Array[];
  readonly decoys: readonly Uint8Array[];
}

/** Key row, signature, role and certificates. */
type SignerContent = readonly [number, string, (string | null)?, (readonly string[])?];

/** `content` as JSON. `v` is its version; names are short because they are stored a million times. */
interface Content {
  readonly v: 1;
  /** The optional members but clientRef, which is stored beside. */
  readonly m: OptionalMembers;
  /** Signers as the platform stated them. */
  readonly s?: readonly SignerIdentity[];
  /** An envelope: createdAt, nonce, and its signers. */
  readonly e?: readonly [string, string, readonly SignerContent[]];
  /** Timestamp tokens. */
  readonly t?: readonly string[];
  /** `clockBoundMs`. */
  readonly b?: number;
}

/** What has to be looked up to rebuild an envelope: the key's row and its signer's identity. */
export type KeyDetails = Omit<EnvelopeSigner, 'role' | 'sig' | 'certificates'>;

/** How many random bytes a record with so many disclosures takes. */
export function secretBytes(disclosures: readonly unknown[]): number {
  return SALT_BYTES + disclosures.length * SALT_BYTES + decoyCount(disclosures) * DECOY_BYTES;
}

/** Cuts stored or fresh random bytes into nonce, salts and decoys. */
export function splitSecrets(bytes: Uint8Array, disclosures: readonly unknown[]): Secrets {
  const saltsEnd = SALT_BYTES + disclosures.length * SALT_BYTES;
  return {
    nonce: bytes.subarray(0, SALT_BYTES),
    salts: disclosures.map((_, index) => bytes.subarray((index + 1) * SALT_BYTES, (index + 2) * SALT_BYTES)),
    decoys: Array.from({ length: decoyCount(disclosures) }, (_, index) =>
      bytes.subarray(saltsEnd + index * DECOY_BYTES, saltsEnd + (index + 1) * DECOY_BYTES),
    ),
  };
}

/** Each fingerprint as the number of its algorithm and its digest. */
export function encodeFingerprints(fingerprints: readonly Fingerprint[]): Buffer {
  const hex = fingerprints.map(
    ({ algorithm, digest }) => `0${ALGORITHM_NUMBERS.indexOf(algorithm)}${digest}`,
  );
  return Buffer.from(hex.join(''), 'hex');
}

export function decodeFingerprints(bytes: Buffer): Fingerprint[] {
  const fingerprints: Fingerprint[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const algorithm = ALGORITHM_NUMBERS[bytes[offset] ?? -1];
    if (algorithm === undefined)
      throw new Error(`unknown fingerprint algorithm number ${bytes[offset] ?? -1}`);
    const end = offset + 1 + nativeCrypto.digest(algorithm).sizeBytes;
    fingerprints.push({ algorithm, digest: bytes.toString('hex', offset + 1, end) });
    offset = end;
  }
  return fingerprints;
}

/** The first 8 bytes of a digest, by which it is indexed. */
export function digestPrefix(digest: string): Buffer {
  return Buffer.from(digest.slice(0, PREFIX_BYTES * 2), 'hex');
}

export function encodeContent({ members, signing, tokens = [], clockBoundMs }: EvidenceParts): Buffer {
  const m = members.clientRef === undefined ? members : withoutClientRef(members);
  const content: Content =
    signing.by === 'envelope'
      ? { v: 1, m, e: [signing.createdAt, signing.nonce, signing.signers.map(encodeSigner)] }
      : { v: 1, m, s: signing.signers };
  const bound = clockBoundMs === undefined ? {} : { b: clockBoundMs };
  return Buffer.from(JSON.stringify({ ...content, ...(tokens.length > 0 && { t: tokens }), ...bound }));
}

function withoutClientRef({
  title,
  mediaType,
  sizeBytes,
  metadata,
  provenance,
}: OptionalMembers): OptionalMembers {
  return orderMembers({ title, mediaType, sizeBytes, metadata, provenance });
}

function encodeSigner({ key, sig, role, certificates }: EnvelopeSigner): SignerContent {
  const signature = Buffer.from(sig).toString('base64');
  if (certificates) return [key, signature, role ?? null, certificates];
  return role === undefined ? [key, signature] : [key, signature, role];
}

/** The rows of `signer_key` that a content refers to; what was erased refers to none. */
export function keysOf(content: Buffer): number[] {
  const { v, e } = JSON.parse(content.toString('utf8')) as Partial<Content>;
  return v === 1 ? (e?.[2] ?? []).map(([key]) => key) : [];
}

/** Members and signing as they were; the client reference is stored beside them, keys in their rows. */
export function decodeContent(
  bytes: Buffer,
  clientRef: string | null,
  keys: ReadonlyMap<number, KeyDetails>,
): Pick<EvidenceParts, 'members' | 'signing' | 'tokens' | 'clockBoundMs'> {
  const content = parseContent(bytes);
  return {
    members: decodeMembers(content, clientRef),
    signing: decodeSigning(content, keys),
    tokens: content.t ?? [],
    clockBoundMs: content.b,
  };
}

function parseContent(bytes: Buffer): Content {
  const content = JSON.parse(bytes.toString('utf8')) as Content;
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- a row may come from a newer release
  if (content.v !== 1) throw new Error('evidence row of a newer version: upgrade this process');
  return content;
}

/** In the order of the formats, which is the order of the salts. */
const MEMBER_ORDER = ['title', 'mediaType', 'sizeBytes', 'clientRef', 'metadata', 'provenance'] as const;

/** The optional members of `given` in the order in which they are disclosed. */
export function orderMembers(given: {
  readonly [Name in (typeof MEMBER_ORDER)[number]]?: unknown;
}): OptionalMembers {
  const ordered: Record<string, unknown> = {};
  for (const name of MEMBER_ORDER) if (given[name] !== undefined) ordered[name] = given[name];
  return ordered;
}

function decodeMembers(content: Content, clientRef: string | null): OptionalMembers {
  return orderMembers({ ...content.m, clientRef: clientRef ?? undefined });
}

function decodeSigning({ e, s }: Content, keys: ReadonlyMap<number, KeyDetails>): Signing {
  if (!e) return { by: 'platform', signers: s ?? [] };
  const [createdAt, nonce, signers] = e;
  return {
    by: 'envelope',
    createdAt,
    nonce,
    signers: signers.map(([key, sig, role, certificates]) => {
      const details = keys.get(key);
      if (!details) throw new Error(`signer key ${key} of an evidence row is missing`);
      return { ...details, role: role ?? undefined, sig: Buffer.from(sig, 'base64'), certificates };
    }),
  };
}
