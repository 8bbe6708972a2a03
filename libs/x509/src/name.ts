/**
 * Distinguished names: RFC 5280 §4.1.2.4, compared after §7.1: attribute values that are strings are equal without regard
 * to string type, case, and white space at the ends or repeated; everything else byte for byte.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import { DerReader } from './der/der-reader.js';
import { type DerNode } from './der/der-node.js';
import { TAG } from './der/universal.js';

export interface Name {
  readonly bytes: Uint8Array;
  /** The same for names that are equal. */
  readonly canonical: string;
  /** For people, RFC 4514 in spirit and in the order of the certificate: `C=CN, O=…, CN=…`. */
  readonly text: string;
  /** Country and organization alone: the same for all certificates of one body; the whole name where it names none. */
  readonly organizationText: string;
  /** The same for all names of one body, however it writes itself: for counting bodies, not for showing them. */
  readonly organizationKey: string;
}

interface Attribute {
  readonly oid: string;
  readonly value: DerNode;
}

const COUNTRY = '2.5.4.6';
const ORGANIZATION = '2.5.4.10';

const SHORT_NAMES = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.4', 'SN'],
  ['2.5.4.5', 'serialNumber'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.97', 'organizationIdentifier'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['1.2.840.113549.1.9.1', 'emailAddress'],
]);

export function readName(node: DerNode): Name {
  const parts = new DerReader(node, 'name').rest((part) =>
    new DerReader(part, 'relative name', TAG.set).rest(readAttribute),
  );
  return {
    bytes: node.bytes,
    canonical: JSON.stringify(parts.map((part) => part.map(toCanonical).sort())),
    text: parts.map((part) => part.map(toText).join(' + ')).join(', '),
    organizationText: organizationOf(parts.flat()).map(toText).join(', '),
    organizationKey: JSON.stringify(organizationOf(parts.flat()).map(toFolded).sort()),
  };
}

export function equalNames(a: Name, b: Name): boolean {
  return a.canonical === b.canonical;
}

function organizationOf(attributes: readonly Attribute[]): readonly Attribute[] {
  const ofBody = attributes.filter(({ oid }) => oid === COUNTRY || oid === ORGANIZATION);
  return ofBody.some(({ oid }) => oid === ORGANIZATION) ? ofBody : attributes;
}

function readAttribute(node: DerNode): Attribute {
  const reader = new DerReader(node, 'name attribute');
  const attribute = { oid: reader.oid('type'), value: reader.any('value') };
  reader.end();
  return attribute;
}

function toCanonical({ oid, value }: Attribute): string {
  const text = readText(value);
  if (text === undefined) return `${oid}#${bytesToHex(value.bytes)}`;
  return `${oid}=${text.trim().replace(/\s+/g, ' ').toLowerCase()}`;
}

/** Folded further than for comparing names, as RFC 4518 §2 prepares strings: compatible forms, nothing that is not seen. */
function toFolded(attribute: Attribute): string {
  const text = readText(attribute.value);
  if (text === undefined) return toCanonical(attribute);
  const seen = text.normalize('NFKC').replace(/\p{Cf}|(?!\s)\p{Cc}/gu, '');
  return `${attribute.oid}=${seen.trim().replace(/\s+/g, ' ').toLowerCase()}`;
}

function toText({ oid, value }: Attribute): string {
  const text = readText(value) ?? `#${bytesToHex(value.bytes.subarray(0, 64))}`;
  // Control characters and bidirectional overrides must not redraw what a person reads.
  const shown = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}').replace(/[,+\\]/g, '\\$&');
  return `${SHORT_NAMES.get(oid) ?? oid}=${shown}`;
}

function readText({ tag, content }: DerNode): string | undefined {
  switch (tag) {
    case TAG.utf8String:
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
    case TAG.printableString:
    case TAG.ia5String:
    case TAG.numericString:
    case TAG.visibleString:
      return decodeUnits(content, 1);
    case TAG.bmpString:
      return decodeUnits(content, 2);
    default:
      return undefined;
  }
}

function decodeUnits(content: Uint8Array, unitSize: number): string {
  let text = '';
  for (let at = 0; at < content.length; at += unitSize) {
    const unit = content.subarray(at, at + unitSize).reduce((sum, octet) => sum * 256 + octet, 0);
    text += String.fromCharCode(unit);
  }
  return text;
}
