/** OCSP responses: RFC 6960 §4.2, signed by the issuer itself or by a responder it certified (§4.2.2.2). */
import { sha1 } from '@noble/hashes/legacy.js';
import { type AlgorithmIdentifier, readAlgorithm } from './algorithm.js';
import { equalBytes } from './bytes.js';
import {
  type Certificate,
  readCertificate,
  readGeneralizedTime,
  readOptionalExtensions,
  readSerial,
  requireKeyUsage,
  type Signed,
} from './certificate.js';
import { isSignedBy, requireValidAt } from './chain-link.js';
import { type Revocation } from './crl.js';
import { context, contextPrimitive, DerReader, readSmallInteger } from './der/der-reader.js';
import { type DerNode } from './der/der-node.js';
import { parseDer } from './der/parse-der.js';
import { TAG } from './der/universal.js';
import { X509Error } from './errors.js';
import { requireKnownCritical } from './extensions.js';
import { equalNames } from './name.js';
import { getDigestName, OID } from './oids.js';
import { isGivenUp, type LimitedSuite } from './signature-limit.js';

/** What a response says about one certificate. */
export interface SingleResponse {
  readonly digest: AlgorithmIdentifier;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  readonly serialNumber: Uint8Array;
  readonly status: 'good' | 'unknown' | Revocation;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number | undefined;
}

export interface OcspResponse extends Signed {
  readonly producedAtMs: number;
  readonly responses: readonly SingleResponse[];
  readonly certificates: readonly Certificate[];
}

const SHA1_OID = '1.3.14.3.2.26';

/** Throws X509Error `der-*`, `structure-invalid`, `extension-unsupported`; unsuccessful responses are malformed here. */
export function parseOcspResponse(bytes: Uint8Array): OcspResponse {
  const outer = new DerReader(parseDer(bytes), 'OCSP response');
  const [status] = outer.expect(TAG.enumerated, 'status').content;
  const wrapped = outer.optional(context(0))?.children[0];
  outer.end();
  if (status !== 0 || wrapped === undefined) throw outer.malformed('an unsuccessful response');
  const reader = new DerReader(wrapped, 'OCSP response');
  if (reader.oid('type') !== OID.ocspBasic) throw reader.malformed('another type than basic');
  const basic = reader.octets('response');
  reader.end();
  return readBasic(DerReader.parse(basic, 'OCSP response'));
}

function readBasic(reader: DerReader): OcspResponse {
  const data = reader.sequence('data');
  const signatureAlgorithm = readAlgorithm(reader.any('signature algorithm'));
  const signature = reader.bits('signature');
  const list = reader.optional(context(0))?.children[0];
  reader.end();
  const certificates = list === undefined ? [] : new DerReader(list, 'certificates').rest(readCertificate);
  return { signedBytes: data.bytes, signatureAlgorithm, signature, certificates, ...readData(data) };
}

function readData(reader: DerReader): Pick<OcspResponse, 'producedAtMs' | 'responses'> {
  reader.optional(context(0));
  const responder = reader.any('responder').tag;
  if (responder !== context(1) && responder !== context(2))
    throw reader.malformed('a responder without name or key');
  const producedAtMs = readGeneralizedTime(reader, 'producedAt');
  const responses = reader.sequence('responses').rest(readSingle);
  requireKnownCritical(readOptionalExtensions(reader, 1), new Set(), 'OCSP response');
  reader.end();
  return { producedAtMs, responses };
}

function readSingle(node: DerNode): SingleResponse {
  const reader = new DerReader(node, 'OCSP status');
  const id = reader.sequence('certificate');
  const named = {
    digest: readAlgorithm(id.any('digest')),
    issuerNameHash: id.octets('issuer name'),
    issuerKeyHash: id.octets('issuer key'),
    serialNumber: readSerial(id),
  };
  id.end();
  const status = readStatus(reader.any('status'));
  const thisUpdateMs = readGeneralizedTime(reader, 'thisUpdate');
  const next = reader.optional(context(0));
  const nextUpdateMs =
    next === undefined
      ? undefined
      : readGeneralizedTime(new DerReader(next, 'nextUpdate', context(0)), 'time');
  requireKnownCritical(readOptionalExtensions(reader, 1), new Set(), 'OCSP status');
  reader.end();
  return { ...named, status, thisUpdateMs, nextUpdateMs };
}

function readStatus(node: DerNode): SingleResponse['status'] {
  if (node.tag === contextPrimitive(0)) return 'good';
  if (node.tag === contextPrimitive(2)) return 'unknown';
  const reader = new DerReader(node, 'revocation', context(1));
  const revokedAtMs = readGeneralizedTime(reader, 'time');
  const reason = reader.optional(context(0))?.children[0]?.content;
  reader.end();
  return { revokedAtMs, reason: reason === undefined ? undefined : readSmallInteger(reason, 'reason') };
}

/** Whether the response is about this certificate of this issuer. */
export function isAbout(
  crypto: LimitedSuite,
  { digest, issuerNameHash, issuerKeyHash, serialNumber }: SingleResponse,
  { certificate, issuer }: { readonly certificate: Certificate; readonly issuer: Certificate },
): boolean {
  const hash = hashOf(crypto, digest.oid);
  return (
    equalBytes(serialNumber, certificate.serialNumber) &&
    hash !== undefined &&
    equalBytes(issuerNameHash, hash(certificate.issuer.bytes)) &&
    equalBytes(issuerKeyHash, hash(issuer.publicKey.key))
  );
}

/** Throws X509Error `signature-invalid` unless the issuer, or a responder of its, signed the response. */
export async function requireResponder(
  crypto: LimitedSuite,
  response: OcspResponse,
  issuer: Certificate,
): Promise<void> {
  if (await isSignedBy(crypto, response, issuer).catch(isUnsuited)) return;
  for (const responder of response.certificates.slice(0, 4)) {
    if (!(await isSignedBy(crypto, response, responder).catch(isUnsuited))) continue;
    if (!equalNames(responder.issuer, issuer.subject) || !(await isSignedBy(crypto, responder, issuer)))
      continue;
    requireValidAt(responder, response.producedAtMs);
    requireKeyUsage(responder, ['digitalSignature', 'nonRepudiation']);
    if (responder.extendedKeyUsage?.includes(OID.ocspSigning) === true) return;
  }
  throw new X509Error('signature-invalid', `the OCSP response is not signed for ${issuer.subject.text}`);
}

/** A key of another kind than the signature's made no such signature. */
function isUnsuited(error: unknown): false {
  if (error instanceof X509Error && !isGivenUp(error)) return false;
  throw error;
}

/** The hash only names a certificate here: SHA-1 is what nearly every responder uses for it. */
function hashOf(crypto: LimitedSuite, oid: string): ((bytes: Uint8Array) => Uint8Array) | undefined {
  if (oid === SHA1_OID) return sha1;
  const name = getDigestName(oid);
  return name === undefined ? undefined : (bytes) => crypto.digest(name).hash(bytes);
}
