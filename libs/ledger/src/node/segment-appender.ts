/**
 * Appends frames to segments. Nothing else writes these files.
 *
 * A frame is written at a known offset, never "at the end", and a block's bytes are fixed before (PostgreSQL holds the
 * prepared block): a writer that was taken for dead and wakes up can only write again what is already there. Should the
 * place hold anything else, nothing is written.
 */
import { constants, fstatSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type VerifiedBlock } from '../chain.js';
import { LedgerError } from '../ledger-error.js';
import { fatalIfFails, syncDirectory, writeFully, writeSmall } from './durable.js';
import { layout } from './layout.js';
import { formatFrame, formatSegmentHeader, SEGMENT_HEADER_SIZE } from './segment-format.js';
import { formatIndexHeader, formatIndexRecord, indexRecordOffset } from './segment-index.js';
import { readUpTo } from './segment-walk.js';

/** Where the next frame goes. */
export interface SegmentTail {
  readonly firstHeight: number;
  /** 0 for a segment that has no header yet. */
  readonly offset: number;
}

interface OpenSegment {
  readonly firstHeight: number;
  readonly path: string;
  readonly file: FileHandle;
  readonly index: FileHandle;
  offset: number;
}

export class SegmentAppender {
  readonly #dir: string;
  readonly #originDigest: Uint8Array;
  readonly #segmentBytes: number;
  #segment: OpenSegment | null = null;

  private constructor(dir: string, originDigest: Uint8Array, segmentBytes: number) {
    this.#dir = dir;
    this.#originDigest = originDigest;
    this.#segmentBytes = segmentBytes;
  }

  /** An appender that goes on at `tail`; null: there is no segment yet. Throws `io-fatal`. */
  static async open(
    dir: string,
    originDigest: Uint8Array,
    segmentBytes: number,
    tail: SegmentTail | null,
  ): Promise<SegmentAppender> {
    const appender = new SegmentAppender(dir, originDigest, segmentBytes);
    if (tail !== null) await appender.#openSegment(tail.firstHeight, tail.offset);
    return appender;
  }

  /**
   * Writes the next block; it is durable when this returns. `onWrite` is called once nothing can refuse the block any
   * more. Throws `block-too-large` and `ledger-forked` before it writes anything, `io-fatal` when what is on disk is unknown.
   */
  async append(block: VerifiedBlock, onWrite?: () => void): Promise<void> {
    const frame = formatFrame(block);
    await fatalIfFails(`append block ${block.header.height}`, async () => {
      const segment = await this.#segmentFor(block);
      const begins = segment.offset === 0;
      const bytes = begins ? Buffer.concat([this.#formatHeader(segment, block), frame]) : frame;
      await assertFreeOrSame(segment, bytes);
      onWrite?.();
      await writeFully(segment.file, bytes, segment.offset);
      await segment.file.datasync();
      if (begins) await syncDirectory(layout.segments(this.#dir));
      writeIndexRecord(segment, block, begins ? SEGMENT_HEADER_SIZE : segment.offset, frame.length);
      segment.offset += bytes.length;
    });
  }

  async close(): Promise<void> {
    await this.#segment?.file.close();
    await this.#segment?.index.close();
    this.#segment = null;
  }

  /** The segment that the block goes to: a matter of what is in the last one, not of who asks or when. */
  async #segmentFor({ header }: VerifiedBlock): Promise<OpenSegment> {
    if (this.#segment !== null && this.#segment.offset < this.#segmentBytes) return this.#segment;
    await this.close();
    return this.#openSegment(header.height, 0);
  }

  async #openSegment(firstHeight: number, offset: number): Promise<OpenSegment> {
    const path = layout.segment(this.#dir, firstHeight);
    return fatalIfFails(`open ${path}`, async () => {
      // The index comes first, so that whoever sees a segment finds its index too.
      const index = await open(layout.index(this.#dir, firstHeight), constants.O_RDWR | constants.O_CREAT);
      await writeFully(index, formatIndexHeader(firstHeight), 0);
      const file = await open(path, constants.O_RDWR | constants.O_CREAT);
      return (this.#segment = { firstHeight, path, file, index, offset });
    });
  }

  #formatHeader(segment: OpenSegment, { header }: VerifiedBlock): Buffer {
    const { firstHeight } = segment;
    return formatSegmentHeader({
      originDigest: this.#originDigest,
      firstHeight,
      firstIndex: header.firstIndex,
    });
  }
}

/** Throws `ledger-forked` if another writer has put different bytes where these are to go. */
async function assertFreeOrSame({ file, path, offset }: OpenSegment, bytes: Buffer): Promise<void> {
  const { size } = fstatSync(file.fd);
  if (size <= offset) return;
  const there = await readUpTo(file, offset, Math.min(size - offset, bytes.length));
  if (there.equals(bytes.subarray(0, there.length))) return;
  const message = `${path}: another writer has put a different block at offset ${offset}; stop all writers, then run fsck`;
  throw new LedgerError('ledger-forked', message, { place: { file: path, offset } });
}

function writeIndexRecord(
  { index, firstHeight }: OpenSegment,
  { header, block }: VerifiedBlock,
  offset: number,
  frameSize: number,
): void {
  const { height, firstIndex, count } = header;
  const headerSize = Buffer.byteLength(block.header, 'utf8');
  const record = formatIndexRecord({ offset, frameSize, height, firstIndex, count, headerSize });
  writeSmall(index, record, indexRecordOffset(height - firstHeight));
}
