/**
 * The header of a block, `cunzheng/block@v1`. Format: docs/formats/block.md. Its hash is taken over the very text that
 * was received, and that text is itself a log entry (type 00) right after the entries it covers.
 */
import { formatCanonical } from '@cunzheng/canonical-json';
import { type CryptoSuite } from '@cunzheng/crypto';
import { formatHex, isHash } from './hex.js';
import { assertMemberNames, integerMember, parseMembers, refuseAs, stringMember } from './members.js';
import { parseOrigin } from './origin.js';
import { parseTime } from './time.js';

export const BLOCK_FORMAT = 'cunzheng/block@v1';

/** `previous` of block 0. */
export const NO_PREVIOUS_HASH = '0'.repeat(64);

/** No header is longer, in UTF-8 bytes. The longest that can be written is below 1,000. */
export const MAX_BLOCK_HEADER_SIZE = 4096;

export interface BlockHeader {
  /** RFC 6962 root hash of the block's entries, its header's own excluded; hex. */
  readonly batchRoot: string;
  /** Entries in the block, at least 1, its header's own excluded. */
  readonly count: number;
  /** The operator's clock; never before that of the previous block. */
  readonly createdAt: string;
  /** Leaf index of the first entry; the header's own entry is at firstIndex + count. */
  readonly firstIndex: number;
  readonly format: typeof BLOCK_FORMAT;
  readonly height: number;
  /** Origin of the log. */
  readonly log: string;
  /** SHA-256 of J(previous header), hex; {@link NO_PREVIOUS_HASH} at height 0. */
  readonly previous: string;
}

const NAMES = ['batchRoot', 'count', 'createdAt', 'firstIndex', 'format', 'height', 'log', 'previous'];
const MAX_ORIGIN_LENGTH = 400;
const encoder = new TextEncoder();
const refuse = refuseAs('header-invalid', 'block header');

/** J(header). Throws CanonicalJsonError for values outside its domain; {@link parseBlockHeader} is the full check. */
export function formatBlockHeader(header: BlockHeader): string {
  return formatCanonical(header);
}

/** The header in `text`. Throws `header-invalid`, `time-invalid`, `origin-invalid`. */
export function parseBlockHeader(text: string | Uint8Array): BlockHeader {
  const members = parseMembers(text, MAX_BLOCK_HEADER_SIZE, refuse);
  assertMemberNames(members, NAMES, [], refuse);
  if (members['format'] !== BLOCK_FORMAT) refuse(`"format" is not ${BLOCK_FORMAT}`);
  const { batchRoot, previous } = members;
  if (!isHash(batchRoot)) return refuse('"batchRoot" is no hash of 64 hex digits');
  if (!isHash(previous)) return refuse('"previous" is no hash of 64 hex digits');
  const header: BlockHeader = {
    batchRoot,
    count: integerMember(members, 'count', 1, refuse),
    createdAt: stringMember(members, 'createdAt', 24, refuse),
    firstIndex: integerMember(members, 'firstIndex', 0, refuse),
    format: BLOCK_FORMAT,
    height: integerMember(members, 'height', 0, refuse),
    log: stringMember(members, 'log', MAX_ORIGIN_LENGTH, refuse),
    previous,
  };
  parseTime(header.createdAt, 'block header: createdAt');
  parseOrigin(header.log);
  assertNumbersAgree(header);
  return header;
}

/** Tree size after the block: its entries and its header's own. */
export function treeSizeAfter(header: BlockHeader): number {
  return header.firstIndex + header.count + 1;
}

/** SHA-256 of the header as received: what the next block calls `previous`. Hex. */
export function hashBlockHeader(crypto: CryptoSuite, text: string | Uint8Array): string {
  const bytes = typeof text === 'string' ? encoder.encode(text) : text;
  return formatHex(crypto.digest('sha-256').hash(bytes));
}

/** What can be said of one header without the others. */
function assertNumbersAgree(header: BlockHeader): void {
  if (!Number.isSafeInteger(treeSizeAfter(header))) refuse('tree size after the block is above 2^53−1');
  const first = header.height === 0;
  if (first !== (header.firstIndex === 0)) refuse('"firstIndex" is 0 at height 0 and nowhere else');
  if (first !== (header.previous === NO_PREVIOUS_HASH))
    refuse('"previous" is all zeros at height 0 and nowhere else');
}
