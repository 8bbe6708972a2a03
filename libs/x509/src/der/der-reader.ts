/**
 * Reads the members of a constructed element one after the other, in the manner of an ASN.1 SEQUENCE: each method takes
 * the next member and insists on its type, `optional` takes it only if the tag fits, `end` wants nothing left.
 */
import { X509Error } from '../errors.js';
import { type DerNode } from './der-node.js';
import { parseDer } from './parse-der.js';
import { isBitString, isInteger, isOid, TAG } from './universal.js';

/** Context-specific tags: `[n]` constructed, and `[n]` primitive. */
export const context = (number: number): number => 0xa0 | number;
export const contextPrimitive = (number: number): number => 0x80 | number;

export class DerReader {
  private at = 0;

  /** `what` names the structure in messages. `node` must be constructed with that tag. */
  constructor(
    private readonly node: DerNode,
    readonly what: string,
    tag: number = TAG.sequence,
  ) {
    if (node.tag !== tag) throw malformed(what, `tag ${node.tag}, want ${tag}`);
  }

  /** The reader of a SEQUENCE in DER bytes. Throws X509Error `der-*` or `structure-invalid`. */
  static parse(bytes: Uint8Array, what: string): DerReader {
    return new DerReader(parseDer(bytes), what);
  }

  get bytes(): Uint8Array {
    return this.node.bytes;
  }

  get hasMore(): boolean {
    return this.at < this.node.children.length;
  }

  /** The next member, of any type. */
  any(name: string): DerNode {
    const child = this.node.children[this.at];
    if (child === undefined) throw this.malformed(`no ${name}`);
    this.at++;
    return child;
  }

  /** Whether the next member has this tag. */
  peek(tag: number): boolean {
    return this.node.children[this.at]?.tag === tag;
  }

  /** The next member if it has this tag. */
  optional(tag: number): DerNode | undefined {
    const child = this.node.children[this.at];
    if (child?.tag !== tag) return undefined;
    this.at++;
    return child;
  }

  /** The next member, which must have this tag. */
  expect(tag: number, name: string): DerNode {
    const child = this.any(name);
    if (child.tag !== tag) throw this.malformed(`tag ${child.tag} for ${name}, want ${tag}`);
    return child;
  }

  sequence(name: string): DerReader {
    return new DerReader(this.any(name), `${this.what} ${name}`);
  }

  oid(name: string): string {
    return readOid(this.expect(TAG.oid, name).content);
  }

  /** The content of an INTEGER, big-endian two's complement. */
  integer(name: string): Uint8Array {
    return this.expect(TAG.integer, name).content;
  }

  smallInteger(name: string): number {
    return readSmallInteger(this.integer(name), `${this.what} ${name}`);
  }

  octets(name: string): Uint8Array {
    return this.expect(TAG.octetString, name).content;
  }

  /** The bytes of a BIT STRING without unused bits. */
  bits(name: string): Uint8Array {
    return readWholeBits(this.expect(TAG.bitString, name).content, `${this.what} ${name}`);
  }

  /** Every remaining member, read by `read`; the list may be bounded by the DER limits alone. */
  rest<T>(read: (node: DerNode) => T): T[] {
    const items = this.node.children.slice(this.at).map(read);
    this.at = this.node.children.length;
    return items;
  }

  end(): void {
    if (this.hasMore) throw this.malformed('a member too many');
  }

  malformed(got: string): X509Error {
    return malformed(this.what, got);
  }
}

/** A number in 0…2^31−1 from the content of an INTEGER, implicitly tagged ones included. */
export function readSmallInteger(content: Uint8Array, what: string): number {
  if (!isInteger(content) || content.length > 4 || (content[0] ?? 0x80) >= 0x80) {
    throw malformed(what, 'an INTEGER, want one in 0…2^31−1');
  }
  return content.reduce((sum, octet) => sum * 256 + octet, 0);
}

export function readWholeBits(content: Uint8Array, what: string): Uint8Array {
  if (!isBitString(content) || content[0] !== 0) throw malformed(what, 'a BIT STRING, want whole bytes');
  return content.subarray(1);
}

/** Dotted decimal, from the content of an OBJECT IDENTIFIER. */
export function readOid(content: Uint8Array): string {
  if (!isOid(content)) throw malformed('object identifier', 'octets that are none');
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const octet of content) {
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    if (octet >= 0x80) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [first = 0n, ...rest] = arcs;
  const root = first < 80n ? first / 40n : 2n;
  return [root, first - root * 40n, ...rest].join('.');
}

function malformed(what: string, got: string): X509Error {
  return new X509Error('structure-invalid', `${what}: got ${got}`);
}
