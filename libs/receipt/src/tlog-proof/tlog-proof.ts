/**
 * The log proof of one entry in a file, C2SP tlog-proof v1 (docs/formats/tlog-proof.md): where a leaf is, its inclusion
 * proof, and the checkpoint whose root it leads to. This file knows its shape; ./verify-tlog-proof.ts whether it holds.
 *
 *     c2sp.org/tlog-proof@v1
 *     extra <base64>          only if there is any
 *     index <leaf index>
 *     <base64 hash>           zero or more, lowest first
 *
 *     <checkpoint, a signed note, to the end>
 */
import { decodeBase64, encodeBase64 } from '../encoding/base64.js';
import { parseDecimal } from '../encoding/decimal.js';
import { formatHashLines, parseHashLines } from '../encoding/hash-lines.js';
import { MAX_NOTE_LENGTH } from '../checkpoint/signed-note.js';
import { ReceiptError } from '../errors.js';

export interface TlogProof {
  readonly leafIndex: number;
  /** RFC 6962 §2.1.1, 32 bytes each, from the leaf's sibling up. */
  readonly hashes: readonly Uint8Array[];
  /** A signed note, as the log published it. */
  readonly checkpoint: string;
  /** Application data. Nobody signed it. */
  readonly extra?: Uint8Array;
}

/** In UTF-16 units: the largest note, a path of 64 hashes and 190 kB of extra data. */
export const MAX_TLOG_PROOF_LENGTH = 524_288;

const HEADER = 'c2sp.org/tlog-proof@v1';
const MAX_HASHES = 64;
const EXTRA = 'extra ';
const INDEX = 'index ';

/** The file. Empty extra data is left out. Throws ReceiptError `tlog-proof-*` for whatever the parser would refuse. */
export function formatTlogProof({ leafIndex, hashes, checkpoint, extra }: TlogProof): string {
  const extraLine = extra === undefined || extra.length === 0 ? '' : `${EXTRA}${encodeBase64(extra)}\n`;
  const text = `${HEADER}\n${extraLine}${INDEX}${leafIndex}\n${formatHashLines(hashes)}\n${checkpoint}`;
  parseTlogProof(text);
  return text;
}

/**
 * The parts, none of them verified; the checkpoint is not even parsed. Throws ReceiptError `tlog-proof-too-large` or
 * `tlog-proof-malformed`.
 */
export function parseTlogProof(text: string): TlogProof {
  if (text.length > MAX_TLOG_PROOF_LENGTH) {
    const message = `expected at most ${MAX_TLOG_PROOF_LENGTH} characters, got ${text.length}`;
    throw new ReceiptError('tlog-proof-too-large', message);
  }
  const end = text.indexOf('\n\n');
  if (end < 0) refuse('expected an empty line before the checkpoint');
  const [header, ...lines] = text.slice(0, end).split('\n');
  if (header !== HEADER) refuse(`expected ${HEADER} in the first line`);
  const extra = lines[0]?.startsWith(EXTRA) === true ? parseExtra(lines.shift()) : undefined;
  const leafIndex = parseIndex(lines.shift());
  const hashes = lines.length > MAX_HASHES ? undefined : parseHashLines(lines);
  if (hashes === undefined) return refuse(`expected at most ${MAX_HASHES} hashes of 32 bytes in base64`);
  const checkpoint = text.slice(end + 2);
  if (checkpoint.length > MAX_NOTE_LENGTH || !checkpoint.endsWith('\n')) refuse('expected a checkpoint');
  return { leafIndex, hashes, checkpoint, ...(extra === undefined ? {} : { extra }) };
}

function parseExtra(line = ''): Uint8Array {
  const extra = decodeBase64(line.slice(EXTRA.length));
  return extra === undefined || extra.length === 0 ? refuse('expected extra data in base64') : extra;
}

function parseIndex(line = ''): number {
  const index = line.startsWith(INDEX) ? parseDecimal(line.slice(INDEX.length)) : undefined;
  return index ?? refuse('expected "index N" in decimal');
}

function refuse(message: string): never {
  throw new ReceiptError('tlog-proof-malformed', message);
}
