/**
 * The statement: what signers sign about a document (docs/formats/statement.md). It exists only as the payload of an
 * envelope and is hashed and signed as J(statement), so the bytes are kept and must be canonical. `service`,
 * `organization` and `nonce` keep a signature from being replayed in another place or under another name.
 */
import { formatCanonical, parseCanonical } from '@cunzheng/canonical-json';
import { type CryptoSuite, statementSignatureNames, type StatementSignatureName } from '@cunzheng/crypto';
import { formatTime, parseOrigin } from '@cunzheng/ledger';

import { ReceiptError } from '../errors.js';
import { memberNames, ObjectReader } from '../encoding/object-reader.js';
import { type Fingerprint, parseFingerprints } from './fingerprints.js';
import { LIMITS } from './limits.js';
import { type OptionalMembers, readOptionalMembers } from './optional-members.js';

export const STATEMENT_FORMAT = 'cunzheng/statement@v1';

export interface StatementSigner {
  readonly alg: SignerAlgorithm;
  /** Lower-case hex SHA-256 of the key's DER SubjectPublicKeyInfo. */
  readonly keyid: string;
  readonly role?: string;
}

/** Everything of a statement but its `format`, which {@link formatStatement} adds. */
export interface StatementInput extends OptionalMembers {
  readonly createdAt: string;
  readonly fingerprints: readonly Fingerprint[];
  /** 16 bytes in lower-case hex. */
  readonly nonce: string;
  readonly organization: string;
  /** Host part of the origin of the log this statement is meant for. */
  readonly service: string;
  readonly signers: readonly StatementSigner[];
}

export interface Statement extends StatementInput {
  readonly format: typeof STATEMENT_FORMAT;
}

/** Signature algorithms a statement may name. Whether one can be verified is the crypto suite's matter. */
export type SignerAlgorithm = StatementSignatureName;

/** Those that a suite verifies and that are not retired: a signer's key may be registered for them. */
export function signerAlgorithms(crypto: CryptoSuite): readonly SignerAlgorithm[] {
  return statementSignatureNames.filter((name) => crypto.isSignatureName(name) && !crypto.isRetired(name));
}

const MEMBERS = memberNames(
  ['createdAt', 'fingerprints', 'format', 'nonce', 'organization', 'service', 'signers'],
  ['title', 'mediaType', 'sizeBytes', 'clientRef', 'metadata', 'provenance'],
);
const SIGNER_MEMBERS = memberNames(['alg', 'keyid'], ['role']);

/** J(statement), after the same checks as {@link parseStatement}; CanonicalJsonError for a text that cannot be hashed. */
export function formatStatement(input: StatementInput): string {
  const statement = { ...input, format: STATEMENT_FORMAT };
  readStatement(statement);
  return formatCanonical(statement);
}

/** The statement in J(statement). Throws ReceiptError `statement-*` or `fingerprints-*` for anything else. */
export function parseStatement(input: Uint8Array | string): Statement {
  return readStatement(parseStatementJson(input));
}

function parseStatementJson(input: Uint8Array | string): unknown {
  try {
    return parseCanonical(input, { maxSizeBytes: LIMITS.statementBytes });
  } catch (cause) {
    throw new ReceiptError('statement-not-canonical', 'expected canonical JSON', { cause });
  }
}

function readStatement(value: unknown): Statement {
  const reader = new ObjectReader(value, MEMBERS, 'statement');
  reader.version('format', STATEMENT_FORMAT);
  return {
    createdAt: formatTime(reader.time('createdAt')),
    fingerprints: parseFingerprints(reader.value('fingerprints'), '/fingerprints'),
    format: STATEMENT_FORMAT,
    nonce: reader.hex('nonce', LIMITS.nonceBytes),
    organization: reader.text('organization', LIMITS.organization),
    service: readService(reader),
    signers: readSigners(reader),
    ...readOptionalMembers(reader, 'statement'),
  };
}

function readSigners(reader: ObjectReader): StatementSigner[] {
  const signers = reader
    .list('signers', LIMITS.signers)
    .map((item, index) => readSigner(item, `/signers/${index}`));
  const keyids = new Set(signers.map(({ keyid }) => keyid));
  if (keyids.size !== signers.length) reader.refuse('value', 'signers', 'expected each key once');
  return signers;
}

function readSigner(value: unknown, path: string): StatementSigner {
  const reader = new ObjectReader(value, SIGNER_MEMBERS, 'statement', path);
  const alg = reader.oneOf('alg', statementSignatureNames);
  const keyid = reader.hex('keyid', 32);
  return reader.has('role') ? { alg, keyid, role: reader.text('role', LIMITS.role) } : { alg, keyid };
}

/** The host part of an origin: whatever can stand before `/logs/NAME`. */
function readService(reader: ObjectReader): string {
  const service = reader.anyText('service');
  try {
    parseOrigin(`${service}/logs/name`);
  } catch (cause) {
    reader.refuse('value', 'service', 'expected the host part of an origin', cause);
  }
  return service;
}
