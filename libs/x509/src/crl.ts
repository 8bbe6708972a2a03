/** Certificate revocation lists: RFC 5280 §5, complete ones of the issuer itself. Delta and indirect lists are refused. */
import { readAlgorithm } from './algorithm.js';
import { formatSerial } from './bytes.js';
import { readOptionalExtensions, readSerial, readTime, type Signed } from './certificate.js';
import { context, contextPrimitive, DerReader, readSmallInteger } from './der/der-reader.js';
import { type DerNode } from './der/der-node.js';
import { parseDer } from './der/parse-der.js';
import { parseGeneralizedTime } from './der/time.js';
import { TAG } from './der/universal.js';
import { readPointName } from './distribution-points.js';
import { X509Error } from './errors.js';
import { type Extensions, NO_EXTENSIONS, readExtensions, requireKnownCritical } from './extensions.js';
import { type Name, readName } from './name.js';
import { OID } from './oids.js';

export interface Revocation {
  /** When the key is no longer to be trusted: the earlier of revocation and stated invalidity. */
  readonly revokedAtMs: number;
  /** CRLReason, §5.3.1; undefined if none is given. */
  readonly reason: number | undefined;
}

export interface Crl extends Signed {
  readonly issuer: Name;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number | undefined;
  /** By serial number in hex. */
  readonly revoked: ReadonlyMap<string, Revocation>;
  readonly scope: CrlScope;
}

/** What a list speaks about. */
interface CrlScope {
  readonly holders: 'all' | 'users' | 'authorities';
  /** Addresses: only certificates that name one of them as their distribution point. Undefined: all certificates. */
  readonly points: readonly string[] | undefined;
}

const KNOWN_CRITICAL: ReadonlySet<string> = new Set([
  OID.crlNumber,
  OID.authorityKeyIdentifier,
  OID.issuingDistributionPoint,
]);
const KNOWN_CRITICAL_IN_ENTRY: ReadonlySet<string> = new Set([OID.reasonCode, OID.invalidityDate]);

/** Throws X509Error `der-*`, `structure-invalid`, `extension-unsupported`. */
export function parseCrl(bytes: Uint8Array): Crl {
  const outer = new DerReader(parseDer(bytes), 'revocation list');
  const tbs = outer.sequence('body');
  const signatureAlgorithm = readAlgorithm(outer.any('signature algorithm'));
  const signature = outer.bits('signature');
  outer.end();
  return { signedBytes: tbs.bytes, signatureAlgorithm, signature, ...readBody(tbs) };
}

function readBody(reader: DerReader): Omit<Crl, keyof Signed> {
  const version = reader.optional(TAG.integer);
  if (version !== undefined && readSmallInteger(version.content, 'version') !== 1) {
    throw reader.malformed('another version than 2');
  }
  readAlgorithm(reader.any('signature algorithm'));
  const issuer = readName(reader.any('issuer'));
  const thisUpdateMs = readTime(reader, 'thisUpdate');
  const hasNext = reader.peek(TAG.utcTime) || reader.peek(TAG.generalizedTime);
  const nextUpdateMs = hasNext ? readTime(reader, 'nextUpdate') : undefined;
  const list = reader.optional(TAG.sequence);
  const entries = list === undefined ? [] : new DerReader(list, 'revoked certificates').rest(readEntry);
  const extensions = readOptionalExtensions(reader, 0);
  reader.end();
  requireKnownCritical(extensions, KNOWN_CRITICAL, 'revocation list');
  return { issuer, thisUpdateMs, nextUpdateMs, revoked: new Map(entries), scope: readScope(extensions) };
}

function readEntry(node: DerNode): [string, Revocation] {
  const reader = new DerReader(node, 'revoked certificate');
  const serial = formatSerial(readSerial(reader));
  const revokedAtMs = readTime(reader, 'revocation date');
  const extensions = reader.hasMore ? readExtensions(reader.any('extensions')) : NO_EXTENSIONS;
  reader.end();
  requireKnownCritical(extensions, KNOWN_CRITICAL_IN_ENTRY, 'revoked certificate');
  return [
    serial,
    { revokedAtMs: Math.min(revokedAtMs, readInvalidity(extensions)), reason: readReason(extensions) },
  ];
}

function readReason(extensions: Extensions): number | undefined {
  const extension = extensions.get(OID.reasonCode);
  if (extension === undefined) return undefined;
  const { tag, content } = parseDer(extension.value);
  if (tag !== TAG.enumerated)
    throw new X509Error('structure-invalid', 'revocation reason: got no ENUMERATED');
  return readSmallInteger(content, 'revocation reason');
}

function readInvalidity(extensions: Extensions): number {
  const extension = extensions.get(OID.invalidityDate);
  if (extension === undefined) return Infinity;
  const { tag, content } = parseDer(extension.value);
  const ms = tag === TAG.generalizedTime ? parseGeneralizedTime(content) : undefined;
  if (ms === undefined) throw new X509Error('structure-invalid', 'invalidity date: got no GeneralizedTime');
  return ms;
}

/** IssuingDistributionPoint, §5.2.5. */
function readScope(extensions: Extensions): CrlScope {
  const extension = extensions.get(OID.issuingDistributionPoint);
  if (extension === undefined) return { holders: 'all', points: undefined };
  const reader = DerReader.parse(extension.value, 'issuing distribution point');
  const name = reader.optional(context(0));
  const users = isTrue(reader.optional(contextPrimitive(1)));
  const authorities = isTrue(reader.optional(contextPrimitive(2)));
  if (reader.hasMore) {
    throw new X509Error(
      'extension-unsupported',
      'got a revocation list that is indirect, or about some reasons alone: supply the complete one of the issuer',
    );
  }
  const holders = users ? 'users' : authorities ? 'authorities' : 'all';
  return { holders, points: name === undefined ? undefined : readPointName(name) };
}

function isTrue(node: DerNode | undefined): boolean {
  return node !== undefined && node.content[0] !== 0;
}
