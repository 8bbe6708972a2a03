/**
 * J(record) and its disclosures at intake. This is the hot path, so the text is written into a template in the order of
 * RFC 8785 instead of being sorted: every value that goes in is ASCII without anything to escape, which is checked first.
 * A property test holds it equal to the general J of the same object.
 */
import { type CryptoSuite } from '@cunzheng/crypto';
import { formatTime, parseOrigin } from '@cunzheng/ledger';

import { encodeBase64Url } from '../encoding/base64.js';
import { encodeHex } from '../encoding/hex.js';
import { parseUuidV7 } from '../encoding/uuid-v7.js';
import { type Fingerprint, parseFingerprints } from '../statement/fingerprints.js';
import { LIMITS } from '../statement/limits.js';
import { refuse } from '../encoding/object-reader.js';
import { type DisclosureInput, formatDisclosure } from './disclosure.js';
import {
  type Assurance,
  ASSURANCES,
  RECORD_FORMAT,
  RECORD_KINDS,
  type RecordKind,
  SD_ALGORITHM,
  SD_MULTIPLE,
} from './record.js';

export interface RecordInput {
  /** UUIDv7 made of acceptedAtMs. */
  readonly id: string;
  readonly acceptedAtMs: number;
  readonly assurance: Assurance;
  readonly clockBoundMs?: number;
  /** Sorted by algorithm. */
  readonly fingerprints: readonly Fingerprint[];
  readonly kind: RecordKind;
  /** Origin of the log. */
  readonly log: string;
  /** 16 random bytes. */
  readonly nonce: Uint8Array;
  readonly signers: number;
  readonly disclosures: readonly DisclosureInput[];
  /** As many as {@link decoyCount} says, 32 random bytes each. */
  readonly decoys: readonly Uint8Array[];
}

export interface FormattedRecord {
  /** J(record). */
  readonly record: string;
  /** In the order of the input. */
  readonly disclosures: string[];
}

/** How many decoys make `disclosures` a multiple of 8 digests; a record without disclosures has 8. */
export function decoyCount(disclosures: readonly unknown[]): number {
  const digests = Math.max(1, Math.ceil(disclosures.length / SD_MULTIPLE)) * SD_MULTIPLE;
  return digests - disclosures.length;
}

/**
 * Throws for whatever the parsers would refuse: ReceiptError `record-*`, `uuid-invalid`, `fingerprints-*`, `disclosure-*`,
 * `envelope-*`, LedgerError `origin-invalid`, or CanonicalJsonError for a disclosed text that cannot be hashed.
 */
export function formatRecord(input: RecordInput, crypto: CryptoSuite): FormattedRecord {
  assertInput(input);
  const { acceptedAtMs, assurance, clockBoundMs, id, kind, log, signers } = input;
  const formatted = input.disclosures.map((disclosure) => formatDisclosure(disclosure, crypto));
  const sd = formatSd(formatted, input.decoys);
  const clock = clockBoundMs === undefined ? '' : `"clockBoundMs":${clockBoundMs},`;
  const record =
    `{"_sd":${sd},"_sd_alg":"${SD_ALGORITHM}","acceptedAt":"${formatTime(acceptedAtMs)}","assurance":"${assurance}",` +
    `${clock}"fingerprints":${formatFingerprints(input.fingerprints)},"format":"${RECORD_FORMAT}","id":"${id}",` +
    `"kind":"${kind}","log":"${log}","nonce":"${encodeHex(input.nonce)}","signers":${signers}}`;
  return { record, disclosures: formatted.map(({ disclosure }) => disclosure) };
}

function formatSd(disclosures: readonly { digest: string }[], decoys: readonly Uint8Array[]): string {
  const digests = [...disclosures.map(({ digest }) => digest), ...decoys.map(encodeBase64Url)].sort();
  return `["${digests.join('","')}"]`;
}

function formatFingerprints(fingerprints: readonly Fingerprint[]): string {
  const items = fingerprints.map(
    ({ algorithm, digest }) => `{"algorithm":"${algorithm}","digest":"${digest}"}`,
  );
  return `[${items.join(',')}]`;
}

function assertInput(input: RecordInput): void {
  if (parseUuidV7(input.id) !== input.acceptedAtMs) fail('id', 'expected the time of acceptedAtMs');
  if (!ASSURANCES.includes(input.assurance)) fail('assurance', 'unknown assurance');
  if ((input.signers === 0) !== (input.assurance === 'none'))
    fail('assurance', 'expected none exactly without signers');
  if (!isInteger(input.signers, LIMITS.signers.max)) fail('signers', `expected 0…${LIMITS.signers.max}`);
  if (!isInteger(input.clockBoundMs ?? 0, Number.MAX_SAFE_INTEGER)) fail('clockBoundMs', 'expected 0…2^53-1');
  if (!RECORD_KINDS.includes(input.kind)) fail('kind', 'unknown kind');
  if (input.nonce.length !== LIMITS.nonceBytes) fail('nonce', `expected ${LIMITS.nonceBytes} bytes`);
  parseOrigin(input.log);
  parseFingerprints(input.fingerprints, '/fingerprints');
  assertDecoys(input);
  assertNames(input);
}

function assertDecoys({ disclosures, decoys }: RecordInput): void {
  const want = decoyCount(disclosures);
  if (decoys.length !== want) fail('_sd', `expected ${want} decoys, got ${decoys.length}`);
  if (decoys.some((decoy) => decoy.length !== 32)) fail('_sd', 'expected decoys of 32 bytes');
}

function assertNames({ disclosures, signers }: RecordInput): void {
  const names = new Set(disclosures.map(({ name }) => name));
  if (names.size !== disclosures.length) fail('_sd', 'expected each name to be disclosed once');
  const beyond = (name: string): boolean => name.startsWith('signer.') && Number(name[7]) >= signers;
  for (const name of names) if (beyond(name)) fail('_sd', `expected disclosures of ${signers} signers`);
}

function isInteger(value: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= max && !Object.is(value, -0);
}

function fail(name: string, message: string): never {
  return refuse('record', 'value', `/${name}`, message);
}
