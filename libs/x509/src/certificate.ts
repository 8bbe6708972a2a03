/**
 * Certificates: RFC 5280 §4.1 in strict DER. Everything here is what the certificate says about itself; whether it may be
 * believed is verifyChain's question.
 */
import {
  type AlgorithmIdentifier,
  readAlgorithm,
  readSubjectPublicKeyInfo,
  type SubjectPublicKeyInfo,
} from './algorithm.js';
import { equalBytes } from './bytes.js';
import { context, contextPrimitive, DerReader, readSmallInteger } from './der/der-reader.js';
import { type DerNode } from './der/der-node.js';
import { parseDer } from './der/parse-der.js';
import { parseGeneralizedTime, parseUtcTime } from './der/time.js';
import { TAG } from './der/universal.js';
import { X509Error } from './errors.js';
import {
  type BasicConstraints,
  type Extensions,
  type KeyUsage,
  NO_EXTENSIONS,
  readBasicConstraints,
  readExtendedKeyUsage,
  readExtensions,
  readKeyUsage,
} from './extensions.js';
import { type Name, readName } from './name.js';
import { OID } from './oids.js';

/** Something signed: the bytes under the signature, how, and the signature. */
export interface Signed {
  readonly signedBytes: Uint8Array;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
}

export interface Certificate extends Signed {
  readonly bytes: Uint8Array;
  readonly version: 1 | 2 | 3;
  /** The content of the INTEGER. */
  readonly serialNumber: Uint8Array;
  readonly issuer: Name;
  readonly subject: Name;
  readonly notBeforeMs: number;
  /** The last moment of validity. */
  readonly notAfterMs: number;
  readonly publicKey: SubjectPublicKeyInfo;
  readonly extensions: Extensions;
  /** Undefined where the certificate does not restrict it. */
  readonly keyUsage: ReadonlySet<KeyUsage> | undefined;
  readonly extendedKeyUsage: readonly string[] | undefined;
  readonly basicConstraints: BasicConstraints | undefined;
}

const MAX_SERIAL_BYTES = 21;

/** `bytes` is one DER certificate; it is not copied. Throws X509Error `der-*` or `structure-invalid`. */
export function parseCertificate(bytes: Uint8Array): Certificate {
  return readCertificate(parseDer(bytes));
}

export function readCertificate(node: DerNode): Certificate {
  const outer = new DerReader(node, 'certificate');
  const tbs = outer.sequence('body');
  const signatureAlgorithm = readAlgorithm(outer.any('signature algorithm'));
  const signature = outer.bits('signature');
  outer.end();
  const { inner, ...body } = readBody(tbs);
  if (!equalBytes(inner.bytes, signatureAlgorithm.bytes)) {
    throw outer.malformed('two different signature algorithms');
  }
  return { bytes: node.bytes, signedBytes: tbs.bytes, signatureAlgorithm, signature, ...body };
}

type Body = Omit<Certificate, 'bytes' | keyof Signed> & { readonly inner: AlgorithmIdentifier };

function readBody(reader: DerReader): Body {
  const version = readVersion(reader);
  const serialNumber = readSerial(reader);
  const inner = readAlgorithm(reader.any('signature algorithm'));
  const issuer = readName(reader.any('issuer'));
  const [notBeforeMs, notAfterMs] = readValidity(reader.sequence('validity'));
  const subject = readName(reader.any('subject'));
  const publicKey = readSubjectPublicKeyInfo(reader.any('public key'));
  if (version > 1) for (const unique of [1, 2]) reader.optional(contextPrimitive(unique));
  const extensions = version === 3 ? readOptionalExtensions(reader, 3) : NO_EXTENSIONS;
  reader.end();
  const names = { issuer, subject, notBeforeMs, notAfterMs };
  return { inner, version, serialNumber, ...names, publicKey, extensions, ...restrictions(extensions) };
}

function readVersion(reader: DerReader): 1 | 2 | 3 {
  const node = reader.optional(context(0));
  if (node === undefined) return 1;
  const value = node.children[0];
  if (value?.tag !== TAG.integer || node.children.length !== 1)
    throw reader.malformed('a version that is no INTEGER');
  const version = readSmallInteger(value.content, 'version');
  if (version !== 1 && version !== 2) throw reader.malformed(`version ${version}, want 1 or 2`);
  return version === 1 ? 2 : 3;
}

/** The next INTEGER as a serial number: not negative, at most 20 octets beside a sign octet. */
export function readSerial(reader: DerReader): Uint8Array {
  const serial = reader.integer('serial number');
  if (serial.length > MAX_SERIAL_BYTES || (serial[0] ?? 0) >= 0x80) {
    throw reader.malformed('a serial number that is negative or too long');
  }
  return serial;
}

function readValidity(reader: DerReader): [number, number] {
  const times: [number, number] = [readTime(reader, 'notBefore'), readTime(reader, 'notAfter')];
  reader.end();
  return times;
}

/** The next member as Time: UTCTime, or GeneralizedTime without fractions. */
export function readTime(reader: DerReader, name: string): number {
  const node = reader.optional(TAG.utcTime);
  const ms = node === undefined ? undefined : parseUtcTime(node.content);
  return ms ?? readGeneralizedTime(reader, name);
}

export function readGeneralizedTime(reader: DerReader, name: string): number {
  const ms = parseGeneralizedTime(reader.expect(TAG.generalizedTime, name).content);
  if (ms === undefined || ms % 1000 !== 0) throw reader.malformed(`${name} that is not a whole second`);
  return ms;
}

/** `[number] EXPLICIT Extensions OPTIONAL`. */
export function readOptionalExtensions(reader: DerReader, number: number): Extensions {
  const node = reader.optional(context(number));
  if (node === undefined) return NO_EXTENSIONS;
  const [list, ...more] = node.children;
  if (list === undefined || more.length > 0) throw reader.malformed('extensions that are not one list');
  return readExtensions(list);
}

function restrictions(
  extensions: Extensions,
): Pick<Certificate, 'keyUsage' | 'extendedKeyUsage' | 'basicConstraints'> {
  const read = <T>(
    oid: string,
    parse: (extension: NonNullable<ReturnType<Extensions['get']>>) => T,
  ): T | undefined => {
    const extension = extensions.get(oid);
    return extension === undefined ? undefined : parse(extension);
  };
  return {
    keyUsage: read(OID.keyUsage, readKeyUsage),
    extendedKeyUsage: read(OID.extendedKeyUsage, readExtendedKeyUsage),
    basicConstraints: read(OID.basicConstraints, readBasicConstraints),
  };
}

/** Throws X509Error `key-usage` unless the key may be used in at least one of these ways. */
export function requireKeyUsage(certificate: Certificate, anyOf: readonly KeyUsage[]): void {
  const { keyUsage, subject } = certificate;
  if (keyUsage === undefined || anyOf.some((usage) => keyUsage.has(usage))) return;
  throw new X509Error(
    'key-usage',
    `${subject.text}: got a key for ${[...keyUsage].join(', ')}, want ${anyOf.join(' or ')}`,
  );
}
