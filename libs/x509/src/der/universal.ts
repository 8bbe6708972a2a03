/** What DER asks of the contents of universal types: X.690 §8.2–§8.23 and §11. */
import { X509Error } from '../errors.js';
import { type DerNode } from './der-node.js';
import { parseGeneralizedTime, parseUtcTime } from './time.js';

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

const UNIVERSAL_LIMIT = 0x40;

/** Throws X509Error `der-invalid`. Elements of other classes pass: what is in them depends on where they stand. */
export function checkUniversal({ tag, content, children }: DerNode): void {
  if (tag >= UNIVERSAL_LIMIT) return;
  const rule = RULES.get(tag);
  if (rule === undefined) throw new X509Error('der-invalid', `got a universal type ${tag}, want one of DER`);
  if (!rule(content, children)) {
    throw new X509Error('der-invalid', `got contents that DER does not allow for type ${tag}`);
  }
}

/** §8.3.2: shortest two's complement. */
export function isInteger(content: Uint8Array): boolean {
  const [first, second] = content;
  if (first === undefined) return false;
  if (second === undefined) return true;
  return !(first === 0 && second < 0x80) && !(first === 0xff && second >= 0x80);
}

/** §8.6 and §11.2.1: at most 7 unused bits, and they are zero. */
export function isBitString(content: Uint8Array): boolean {
  const unused = content[0];
  if (unused === undefined || unused > 7) return false;
  if (content.length === 1) return unused === 0;
  return ((content.at(-1) ?? 0) & ((1 << unused) - 1)) === 0;
}

/** §8.19: every arc in its fewest octets, the last one complete. */
export function isOid(content: Uint8Array): boolean {
  if (content.length === 0 || content.length > 64 || (content.at(-1) ?? 0) >= 0x80) return false;
  return content.every((octet, i) => octet !== 0x80 || (content[i - 1] ?? 0) >= 0x80);
}

/** §11.6: the elements of a SET OF ascend. */
export function isSorted(children: readonly DerNode[]): boolean {
  return children.every((child, i) => {
    const previous = children[i - 1];
    return previous === undefined || compareBytes(previous.bytes, child.bytes) <= 0;
  });
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function isUtf8(content: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(content);
    return true;
  } catch {
    return false;
  }
}

type Rule = (content: Uint8Array, children: readonly DerNode[]) => boolean;

const anything: Rule = () => true;
const bytesBelow =
  (limit: number): Rule =>
  (content) =>
    content.every((octet) => octet < limit);
const isTime =
  (parse: (content: Uint8Array) => unknown): Rule =>
  (content) =>
    parse(content) !== undefined;

const RULES = new Map<number, Rule>([
  [TAG.boolean, (content) => content.length === 1 && (content[0] === 0 || content[0] === 0xff)],
  [TAG.integer, isInteger],
  [TAG.bitString, isBitString],
  [TAG.octetString, anything],
  [TAG.null, (content) => content.length === 0],
  [TAG.oid, isOid],
  [TAG.enumerated, isInteger],
  [TAG.utf8String, isUtf8],
  [
    TAG.numericString,
    (content) => content.every((octet) => octet === 0x20 || (octet >= 0x30 && octet <= 0x39)),
  ],
  [TAG.printableString, bytesBelow(0x7f)],
  [TAG.teletexString, anything],
  [TAG.ia5String, bytesBelow(0x80)],
  [TAG.utcTime, isTime(parseUtcTime)],
  [TAG.generalizedTime, isTime(parseGeneralizedTime)],
  [TAG.visibleString, bytesBelow(0x7f)],
  [TAG.universalString, (content) => content.length % 4 === 0],
  [TAG.bmpString, (content) => content.length % 2 === 0],
  [TAG.sequence, anything],
  [TAG.set, (_, children) => isSorted(children)],
]);
