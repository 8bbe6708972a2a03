/**
 * Builds complete receipts in memory: a signed statement, a record, a small log around it, a checkpoint with witnesses,
 * and the trust of somebody who verifies. Each stage can be changed before the next one commits to it, so that a test
 * can make exactly one thing wrong and keep everything else consistent.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import { computeEntry, EntryType, formatBlockHeader, formatTime, NO_PREVIOUS_HASH } from '@cunzheng/ledger';

import {
  cosignNote,
  type DisclosureInput,
  decoyCount,
  encodeBase64,
  encodeHex,
  type EnvelopeJson,
  formatCheckpoint,
  formatEnvelope,
  formatNote,
  formatReceipt,
  formatRecord,
  formatStatement,
  formatTrustFolder,
  formatUuidV7,
  formatVerifierKey,
  computePae,
  type NoteSignature,
  parseTrust,
  parseVerifierKey,
  type Receipt,
  type RecordInput,
  signNote,
  type StatementInput,
  type Trust,
  type TrustFiles,
  type TrustFolderInput,
  type VerifierKey,
  type VerifierKeyType,
} from '@cunzheng/receipt';
import { type TestKey, testKey } from './ed25519-key.js';
import { naiveProof, naiveRoot, sha256 } from './naive-tree.js';

export const ORIGIN = 'notary.example/logs/main';
export const DOCUMENT = 'The quick brown fox jumps over the lazy dog\n';
export const ACCEPTED_AT_MS = Date.UTC(2026, 10, 20, 8, 0, 0, 123);
export const CREATED_AT_MS = ACCEPTED_AT_MS + 900;
const COSIGNED_AT_S = Math.floor(ACCEPTED_AT_MS / 1000) + 60;

export const logKey = testKey(1);
export const witnessKeys = [testKey(2), testKey(3), testKey(4)] as const;
export const signerKey = testKey(5);
export const strangerKey = testKey(9);

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
/** Bytes that look random and are always the same: `length` up to 32 of them. */
const bytes = (length: number, number: number): Uint8Array =>
  sha256(utf8(`example ${number}`)).slice(0, length);

export function verifierKey(name: string, type: VerifierKeyType, key: TestKey): VerifierKey {
  return parseVerifierKey(nativeCrypto, formatVerifierKey(nativeCrypto, name, type, key.raw));
}

export const logVerifierKey = verifierKey(ORIGIN, 'ed25519', logKey);
export const witnessVerifierKeys = witnessKeys.map((key, i) =>
  verifierKey(`witness.example/w${i + 1}`, 'cosignature/v1', key),
);

/** What the document is to the record: SHA-256 and SM3. */
export function documentFingerprints(document = DOCUMENT): RecordInput['fingerprints'] {
  return (['sha-256', 'sm3'] as const).map((algorithm) => ({
    algorithm,
    digest: encodeHex(nativeCrypto.digest(algorithm).hash(utf8(document))),
  }));
}

/** Two of three witnesses. */
export const TRUST_INPUT: TrustFolderInput = {
  policy: {
    logs: [{ key: logVerifierKey, url: 'https://notary.example/logs/main' }],
    witnesses: witnessVerifierKeys.map((key, i) => ({ name: `w${i + 1}`, key })),
    groups: [{ name: 'witnesses', threshold: 2, members: ['w1', 'w2', 'w3'] }],
    quorum: 'witnesses',
  },
};

export const OPERATOR_ALONE: TrustFolderInput = {
  policy: { logs: [{ key: logVerifierKey }], witnesses: [], groups: [], quorum: 'none' },
};

/** Every stage may be changed before the next commits to it. */
export interface BuildOptions {
  readonly unsigned?: boolean;
  readonly statement?: (statement: StatementInput) => StatementInput;
  /** Whose key the statement names and the record discloses; `signerKey` by default. */
  readonly signer?: TestKey;
  readonly signWith?: TestKey;
  readonly envelope?: (envelope: EnvelopeJson) => unknown;
  readonly disclosures?: (disclosures: DisclosureInput[]) => DisclosureInput[];
  readonly record?: (record: RecordInput) => RecordInput;
  readonly recordText?: (record: string) => string;
  readonly headerText?: (header: string) => string;
  readonly createdAtMs?: number;
  readonly checkpointText?: (text: string) => string;
  readonly noteSignatures?: (signatures: NoteSignature[], text: string) => NoteSignature[];
  readonly cosignedAtSeconds?: number;
  /** Which of the three witnesses cosign. */
  readonly witnesses?: readonly number[];
  /** Which disclosures are handed on, by name; all by default. */
  readonly show?: (name: string) => boolean;
  readonly receipt?: (receipt: Receipt) => Receipt;
}

export interface Built {
  readonly receipt: string;
  readonly parts: Receipt;
  readonly record: string;
  readonly disclosures: readonly { readonly name: string; readonly disclosure: string }[];
  readonly statement: string;
  readonly envelope: EnvelopeJson;
}

export function buildReceipt(options: BuildOptions = {}): Built {
  const same = <T>(value: T): T => value;
  const statement = formatStatement((options.statement ?? same)(statementInput(options.signer)));
  const sig = (options.signWith ?? options.signer ?? signerKey).sign(computePae(utf8(statement)));
  const envelope = formatEnvelope(statement, [{ keyid: keyidOf(options.signer ?? signerKey), sig }]);
  const disclosures = (options.disclosures ?? same)(disclosureInputs(envelope, options));
  const input = (options.record ?? same)(recordInput(disclosures, options));
  const formatted = formatRecord(input, nativeCrypto);
  const record = (options.recordText ?? same)(formatted.record);
  const named = disclosures.map(({ name }, i) => ({ name, disclosure: formatted.disclosures[i]! }));
  const show = options.show ?? (() => true);
  const shown = named.filter(({ name }) => show(name)).map(({ disclosure }) => disclosure);
  const parts = (options.receipt ?? same)({
    ...buildLog(record, options),
    disclosures: shown.sort(),
    timestamps: [],
  });
  return { receipt: formatReceipt(parts), parts, record, disclosures: named, statement, envelope };
}

export function buildTrust(input: TrustFolderInput = TRUST_INPUT): Trust {
  return parseTrust(nativeCrypto, buildTrustFiles(input));
}

export function buildTrustFiles(input: TrustFolderInput = TRUST_INPUT): TrustFiles {
  return formatTrustFolder(input);
}

export function keyidOf(key: TestKey): string {
  return encodeHex(sha256(key.spki));
}

function statementInput(signer = signerKey): StatementInput {
  return {
    createdAt: formatTime(ACCEPTED_AT_MS - 5_000),
    fingerprints: documentFingerprints(),
    nonce: encodeHex(bytes(16, 0xa1)),
    organization: 'Example Law Firm',
    service: 'notary.example',
    signers: [{ alg: 'ed25519', keyid: keyidOf(signer), role: 'author' }],
    title: '合同 Contract No. 7',
    mediaType: 'text/plain',
    sizeBytes: utf8(DOCUMENT).length,
    metadata: [{ name: 'case', value: '(2026) 京 0491 民初 1 号' }],
  };
}

function disclosureInputs(envelope: EnvelopeJson, options: BuildOptions): DisclosureInput[] {
  const { organization, title, mediaType, sizeBytes, metadata } = statementInput();
  const values: [string, unknown][] = [
    ['organization', organization],
    ['title', title],
    ['mediaType', mediaType],
    ['sizeBytes', sizeBytes],
    ['metadata', metadata],
  ];
  if (options.unsigned !== true) {
    values.push(['envelope', (options.envelope ?? ((json: unknown) => json))(envelope)]);
    values.push(['signer.0.name', '张三 Zhang San']);
    values.push(['signer.0.verification', { method: 'signed challenge', by: 'notary.example' }]);
    values.push(['signer.0.assurance', 'key']);
    values.push(['signer.0.key', encodeBase64((options.signer ?? signerKey).spki)]);
  }
  return values.map(([name, value], i) => ({ salt: bytes(16, 0x10 + i), name, value }));
}

function recordInput(disclosures: DisclosureInput[], options: BuildOptions): RecordInput {
  const unsigned = options.unsigned === true;
  return {
    id: formatUuidV7(ACCEPTED_AT_MS, bytes(10, 0x5a)),
    acceptedAtMs: ACCEPTED_AT_MS,
    assurance: unsigned ? 'none' : 'key',
    clockBoundMs: 50,
    fingerprints: documentFingerprints(),
    kind: 'document',
    log: ORIGIN,
    nonce: bytes(16, 0xb2),
    signers: unsigned ? 0 : 1,
    disclosures,
    decoys: Array.from({ length: decoyCount(disclosures) }, (_, i) => bytes(32, 0xd0 + i)),
  };
}

/** Where the record stands: leaf 6 of a tree of 13, in the block of leaves 5…7 with its header at 8. */
const FIRST_INDEX = 5;
const COUNT = 3;
const LEAF_INDEX = 6;
const TREE_SIZE = 13;

function buildLog(record: string, options: BuildOptions): Omit<Receipt, 'disclosures' | 'timestamps'> {
  const entries = Array.from({ length: TREE_SIZE }, (_, i) => entryOf(EntryType.record, `filler ${i}`));
  entries[LEAF_INDEX] = entryOf(EntryType.record, record);
  const header = (options.headerText ?? ((text: string) => text))(headerOf(entries, options));
  entries[FIRST_INDEX + COUNT] = entryOf(EntryType.block, header);
  return {
    block: { hashes: naiveProof(FIRST_INDEX + COUNT, entries), header },
    checkpoint: buildCheckpoint(naiveRoot(entries), options),
    inclusion: { hashes: naiveProof(LEAF_INDEX, entries), leafIndex: LEAF_INDEX },
    record,
  };
}

function headerOf(entries: readonly Uint8Array[], { createdAtMs = CREATED_AT_MS }: BuildOptions): string {
  return formatBlockHeader({
    batchRoot: encodeHex(naiveRoot(entries.slice(FIRST_INDEX, FIRST_INDEX + COUNT))),
    count: COUNT,
    createdAt: formatTime(createdAtMs),
    firstIndex: FIRST_INDEX,
    format: 'cunzheng/block@v1',
    height: 1,
    log: ORIGIN,
    previous: NO_PREVIOUS_HASH.replaceAll('0', '7'),
  });
}

function buildCheckpoint(rootHash: Uint8Array, options: BuildOptions): string {
  const { witnesses = [0, 1, 2], cosignedAtSeconds = COSIGNED_AT_S } = options;
  const plain = formatCheckpoint({ origin: ORIGIN, treeSize: TREE_SIZE, rootHash });
  const text = (options.checkpointText ?? ((value: string) => value))(plain);
  const signatures = [
    signNote(text, logVerifierKey, (message) => logKey.sign(message)),
    ...witnesses.map((i) =>
      cosignNote(text, cosignedAtSeconds + i, witnessVerifierKeys[i]!, (message) =>
        witnessKeys[i]!.sign(message),
      ),
    ),
  ];
  return formatNote(text, (options.noteSignatures ?? ((lines: NoteSignature[]) => lines))(signatures, text));
}

function entryOf(type: EntryType, body: string): Uint8Array {
  return computeEntry(nativeCrypto, type, utf8(body));
}
