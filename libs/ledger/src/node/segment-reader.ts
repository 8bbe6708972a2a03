/**
 * Reads one segment, also while a writer appends to it. Blocks are found through the index; where that is missing, short
 * or damaged, by walking the frames, which is slower and finds the same. The index is a cache, never a source.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { type Block } from '../chain.js';
import { ENTRY_SIZE } from '../entry.js';
import { LedgerError } from '../ledger-error.js';
import { layout } from './layout.js';
import { IndexFile } from './segment-index.js';
import {
  decodeFrame,
  decodeFrameHead,
  decodeSegmentHeader,
  entryOffset,
  FRAME_HEAD_SIZE,
  type FrameLocation,
  SEGMENT_HEADER_SIZE,
  type SegmentHeader,
  treeSizeAfterFrame,
} from './segment-format.js';
import { FileWindow, readUpTo, walkFrames, type WalkPosition, type WalkStop } from './segment-walk.js';

/** Enough to see that nothing follows; a walk through a whole segment takes larger steps. */
const PEEK_SIZE = 16_384;

/** Frames found by walking: those of the ordinals from `base` on. */
interface Walked {
  readonly base: number;
  readonly start: WalkPosition;
  readonly frames: FrameLocation[];
}

export class SegmentReader {
  readonly #index: IndexFile;
  #header: SegmentHeader | null = null;
  #walked: Walked | null = null;
  /** Walks go one after the other: each continues where the last one ended. */
  #walking: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly path: string,
    readonly firstHeight: number,
    readonly file: FileHandle,
    readonly indexHandle: FileHandle | null,
  ) {
    this.#index = new IndexFile(firstHeight, indexHandle);
  }

  /** Opens the segment that starts with block `firstHeight`. Throws what `open` throws. */
  static async open(dir: string, firstHeight: number): Promise<SegmentReader> {
    const path = layout.segment(dir, firstHeight);
    const file = await open(path, 'r');
    const index = await open(layout.index(dir, firstHeight), 'r').catch(() => null);
    return new SegmentReader(path, firstHeight, file, index);
  }

  async close(): Promise<void> {
    await this.#walking;
    await this.file.close();
    await this.indexHandle?.close();
  }

  /** The header, or null while there is none: the segment was begun and has no block yet. Throws `ledger-damaged`. */
  async readHeader(): Promise<SegmentHeader | null> {
    if (this.#header !== null) return this.#header;
    const bytes = await readUpTo(this.file, 0, SEGMENT_HEADER_SIZE);
    const header = decodeSegmentHeader(bytes);
    if (header !== null && header.firstHeight !== this.firstHeight) {
      throw this.damaged(`the segment says it starts with block ${header.firstHeight}`, 0, this.firstHeight);
    }
    return (this.#header = header);
  }

  /** Where the `ordinal`th block of the segment is, or null if it is not there (yet). */
  async locate(ordinal: number): Promise<FrameLocation | null> {
    return (await this.#index.read(ordinal)) ?? this.#walk(ordinal);
  }

  /** Blocks in the segment. */
  async countBlocks(): Promise<number> {
    await this.#walk(Infinity);
    return this.#walked === null ? 0 : this.#walked.base + this.#walked.frames.length;
  }

  /** The block that holds leaf `leafIndex`, or null if it is in no block of the segment (yet). */
  async search(leafIndex: number): Promise<FrameLocation | null> {
    const indexed = await this.#searchFirst(await this.#index.countRecords(), leafIndex);
    return indexed ?? this.#searchFirst(await this.countBlocks(), leafIndex);
  }

  async #searchFirst(count: number, leafIndex: number): Promise<FrameLocation | null> {
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const frame = await this.locate(middle);
      if (frame === null || leafIndex < frame.firstIndex) high = middle;
      else if (leafIndex >= treeSizeAfterFrame(frame)) low = middle + 1;
      else return frame;
    }
    return null;
  }

  /** The block at a location. Throws `ledger-damaged`. */
  async readBlock(location: FrameLocation): Promise<{ block: Block; headerEntry: Uint8Array }> {
    const bytes = await readUpTo(this.file, location.offset, location.frameSize);
    const decoded =
      decodeFrameHead(bytes, location.offset)?.height === location.height ? decodeFrame(bytes) : null;
    if (decoded === null) throw this.damaged('the frame is not intact', location.offset, location.height);
    return decoded;
  }

  /** The header text of the block at a location, without reading its entries. Throws `ledger-damaged`. */
  async readHeaderText(location: FrameLocation): Promise<string> {
    const bytes = await readUpTo(this.file, location.offset, FRAME_HEAD_SIZE + location.headerSize);
    if (decodeFrameHead(bytes, location.offset)?.height !== location.height) {
      throw this.damaged('the head of the frame is not intact', location.offset, location.height);
    }
    return bytes.toString('utf8', FRAME_HEAD_SIZE);
  }

  /** `count` concatenated entries from leaf `leafIndex` on, all of one block. Their checksum is not looked at. */
  async readEntries(location: FrameLocation, leafIndex: number, count: number): Promise<Buffer> {
    const offset = entryOffset(location, leafIndex);
    const bytes = await readUpTo(this.file, offset, count * ENTRY_SIZE);
    if (bytes.length < count * ENTRY_SIZE)
      throw this.damaged('the file ends inside a block', offset, location.height);
    return bytes;
  }

  damaged(what: string, offset: number, height: number): LedgerError {
    return damagedSegment(this.path, what, offset, height);
  }

  async #walk(ordinal: number): Promise<FrameLocation | null> {
    const walk = this.#walking.then(() => this.#walkTo(ordinal));
    this.#walking = walk.catch(() => null);
    return walk;
  }

  async #walkTo(ordinal: number): Promise<FrameLocation | null> {
    const walked = await this.#startOfWalk(ordinal);
    if (walked === null) return null;
    const last = walked.frames.at(-1);
    const position = last === undefined ? walked.start : positionAfter(last);
    const window = new FileWindow(this.file, walked.base > 0 ? PEEK_SIZE : undefined);
    const walk = walkFrames(window, position);
    while (walked.base + walked.frames.length <= ordinal) {
      const next = await walk.next();
      if (next.done === true) break;
      walked.frames.push(next.value.location);
    }
    return walked.frames[ordinal - walked.base] ?? null;
  }

  /** What was walked before, or a new walk: from the end of the index if that reaches further, else from the start. */
  async #startOfWalk(ordinal: number): Promise<Walked | null> {
    const indexed = await this.#index.countRecords();
    const lastIndexed = indexed === 0 ? null : await this.#index.read(indexed - 1);
    const { base, frames } = this.#walked ?? { base: 0, frames: [] };
    if (lastIndexed !== null && ordinal >= indexed && indexed > base + frames.length) {
      this.#walked = { base: indexed, start: positionAfter(lastIndexed), frames: [] };
    } else if (this.#walked === null || ordinal < base) {
      const header = await this.readHeader();
      if (header === null) return null;
      this.#walked = {
        base: 0,
        start: { offset: SEGMENT_HEADER_SIZE, height: header.firstHeight, firstIndex: header.firstIndex },
        frames: [],
      };
    }
    return this.#walked;
  }
}

/** Where the frame after `frame` starts. */
export function positionAfter(frame: FrameLocation): WalkPosition {
  return {
    offset: frame.offset + frame.frameSize,
    height: frame.height + 1,
    firstIndex: treeSizeAfterFrame(frame),
  };
}

/** The error for bytes in a segment that no writer wrote, with the way out. */
export function damagedSegment(path: string, what: string, offset: number, height: number): LedgerError {
  const wayOut = 'restore this file from a backup or a copy of the ledger, then check it with fsck';
  return new LedgerError(
    'ledger-damaged',
    `${path}: ${what} at offset ${offset}, block ${height}; ${wayOut}`,
    {
      place: { file: path, offset, height },
    },
  );
}

/** What a walk found instead of a frame, in words. */
export function describeStop({ reason }: WalkStop): string {
  if (reason === 'incomplete') return 'a frame is incomplete';
  return reason === 'checksum' ? 'a frame is not intact' : 'a frame is out of order';
}
