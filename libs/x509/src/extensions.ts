/**
 * Extensions of certificates, lists and responses: RFC 5280 §4.2 and §5.2. A critical extension that nobody reads makes
 * whatever carries it unusable, so each structure keeps the names of those it does not know. A default that is written out
 * (`critical FALSE`) is not DER; it is taken nevertheless, because authorities do it and the signature covers it.
 */
import { DerReader, readOid, readSmallInteger } from './der/der-reader.js';
import { type DerNode } from './der/der-node.js';
import { parseDer } from './der/parse-der.js';
import { isBitString, TAG } from './der/universal.js';
import { X509Error } from './errors.js';

export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** The content of the OCTET STRING: DER of the extension's own type. */
  readonly value: Uint8Array;
}

export type Extensions = ReadonlyMap<string, Extension>;

export const NO_EXTENSIONS: Extensions = new Map();

/** From a SEQUENCE OF Extension. An extension that comes twice is refused. */
export function readExtensions(node: DerNode): Extensions {
  const extensions = new Map<string, Extension>();
  for (const extension of new DerReader(node, 'extensions').rest(readExtension)) {
    if (extensions.has(extension.oid)) throw malformed(`extension ${extension.oid} twice`);
    extensions.set(extension.oid, extension);
  }
  if (extensions.size === 0) throw malformed('an empty list of extensions');
  return extensions;
}

/** Throws X509Error `extension-unsupported` for a critical extension outside `known`. */
export function requireKnownCritical(extensions: Extensions, known: ReadonlySet<string>, what: string): void {
  for (const { oid, critical } of extensions.values()) {
    if (critical && !known.has(oid)) {
      throw new X509Error('extension-unsupported', `${what}: critical extension ${oid} is not understood`);
    }
  }
}

export type KeyUsage =
  | 'digitalSignature'
  | 'nonRepudiation'
  | 'keyEncipherment'
  | 'dataEncipherment'
  | 'keyAgreement'
  | 'keyCertSign'
  | 'cRLSign'
  | 'encipherOnly'
  | 'decipherOnly';

/** By bit number, §4.2.1.3. */
const KEY_USAGES: readonly KeyUsage[] = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
];

export function readKeyUsage({ value }: Extension): ReadonlySet<KeyUsage> {
  const { tag, content } = parseDer(value);
  if (tag !== TAG.bitString || !isBitString(content)) throw malformed('a key usage that is no BIT STRING');
  return new Set(KEY_USAGES.filter((_, bit) => ((content[1 + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7))) !== 0));
}

export interface BasicConstraints {
  readonly isCa: boolean;
  /** How many authorities may follow below, if limited. */
  readonly pathLength: number | undefined;
}

export function readBasicConstraints({ value }: Extension): BasicConstraints {
  const reader = DerReader.parse(value, 'basic constraints');
  const isCa = readBoolean(reader);
  const pathLength = reader.optional(TAG.integer)?.content;
  reader.end();
  if (pathLength === undefined) return { isCa, pathLength };
  if (!isCa) throw malformed('a path length without an authority');
  return { isCa, pathLength: readSmallInteger(pathLength, 'path length') };
}

/** The purposes in order, at least one. */
export function readExtendedKeyUsage({ value }: Extension): readonly string[] {
  const purposes = DerReader.parse(value, 'extended key usage').rest((node) => {
    if (node.tag !== TAG.oid) throw malformed('a purpose that is no object identifier');
    return readOid(node.content);
  });
  if (purposes.length === 0) throw malformed('an extended key usage without purposes');
  return purposes;
}

/** BOOLEAN DEFAULT FALSE, if it comes next. */
export function readBoolean(reader: DerReader): boolean {
  return reader.optional(TAG.boolean)?.content[0] === 0xff;
}

function readExtension(node: DerNode): Extension {
  const reader = new DerReader(node, 'extension');
  const extension = {
    oid: reader.oid('type'),
    critical: readBoolean(reader),
    value: reader.octets('value'),
  };
  reader.end();
  return extension;
}

function malformed(got: string): X509Error {
  return new X509Error('structure-invalid', `extensions: got ${got}`);
}
