/**
 * Strict DER: X.690 (02/2021) §8 narrowed by §10 and §11. What passes is the one encoding of its value, so two readers
 * cannot disagree about it and there is no byte to vary. Lengths are definite and shortest, tag numbers below 31, primitive
 * types primitive, and the contents of universal types are checked here; implicitly tagged contents when they are read.
 */
import { X509Error } from '../errors.js';
import { type DerNode } from './der-node.js';
import { checkUniversal } from './universal.js';

export const DER_LIMITS = { sizeBytes: 1_048_576, depth: 24, nodes: 200_000 } as const;

const CONSTRUCTED = 0x20;
const HIGH_TAG_NUMBER = 0x1f;

/** The one element that `bytes` are; views into `bytes`. Throws X509Error `der-invalid` or `der-limit`. */
export function parseDer(bytes: Uint8Array): DerNode {
  if (bytes.length > DER_LIMITS.sizeBytes) {
    throw new X509Error('der-limit', `got ${bytes.length} bytes, want at most ${DER_LIMITS.sizeBytes}`);
  }
  const parser = new Parser();
  const node = parser.element(bytes, 0);
  if (node.bytes.length !== bytes.length)
    throw invalid(`${bytes.length - node.bytes.length} bytes behind the end`);
  return node;
}

class Parser {
  private nodes = 0;

  element(bytes: Uint8Array, depth: number): DerNode {
    if (depth > DER_LIMITS.depth) throw new X509Error('der-limit', `nested deeper than ${DER_LIMITS.depth}`);
    if (++this.nodes > DER_LIMITS.nodes)
      throw new X509Error('der-limit', `more than ${DER_LIMITS.nodes} elements`);
    const tag = bytes[0] ?? 0;
    if ((tag & HIGH_TAG_NUMBER) === HIGH_TAG_NUMBER) throw invalid('a tag number above 30');
    const { headerSize, length } = readLength(bytes);
    const end = headerSize + length;
    if (end > bytes.length)
      throw invalid(`a length of ${length} with ${bytes.length - headerSize} bytes left`);
    const content = bytes.subarray(headerSize, end);
    const children = (tag & CONSTRUCTED) === 0 ? [] : this.elements(content, depth + 1);
    const node = { tag, bytes: bytes.subarray(0, end), content, children };
    checkUniversal(node);
    return node;
  }

  private elements(content: Uint8Array, depth: number): DerNode[] {
    const children: DerNode[] = [];
    for (let at = 0; at < content.length;) {
      const child = this.element(content.subarray(at), depth);
      children.push(child);
      at += child.bytes.length;
    }
    return children;
  }
}

/** §8.1.3 and §10.1: short form below 128, else the fewest octets; never indefinite. */
function readLength(bytes: Uint8Array): { headerSize: number; length: number } {
  const first = bytes[1];
  if (first === undefined) throw invalid('an element cut short');
  if (first < 0x80) return { headerSize: 2, length: first };
  const octets = first & 0x7f;
  if (octets === 0 || octets > 4 || bytes.length < 2 + octets)
    throw invalid('an indefinite or oversized length');
  const length = bytes.subarray(2, 2 + octets).reduce((sum, octet) => sum * 256 + octet, 0);
  if (length < 0x80 || length < 256 ** (octets - 1)) throw invalid('a length that is not the shortest');
  return { headerSize: 2 + octets, length };
}

function invalid(got: string): X509Error {
  return new X509Error('der-invalid', `got ${got}, want DER`);
}
