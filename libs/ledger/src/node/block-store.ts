/**
 * All segments of a ledger as one sequence of blocks and of leaves, for reading. Holds a few open files and a list of
 * first heights, whatever the size of the ledger; looks for new segments when asked for what it does not know.
 */
import { readdir } from 'node:fs/promises';
import { type Block } from '../chain.js';
import { ENTRY_SIZE } from '../entry.js';
import { LedgerError } from '../ledger-error.js';
import { layout, parseSegmentFileName } from './layout.js';
import { type FrameLocation, treeSizeAfterFrame } from './segment-format.js';
import { SegmentReader } from './segment-reader.js';

const MAX_OPEN_SEGMENTS = 16;

interface OpenSegment {
  readonly reader: Promise<SegmentReader>;
  users: number;
}

/** First heights of the segments in a directory, ascending; none if there is no directory. */
export async function listSegments(dir: string): Promise<number[]> {
  let names: string[];
  try {
    names = await readdir(layout.segments(dir));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names
    .map(parseSegmentFileName)
    .filter((height) => height !== null)
    .sort((a, b) => a - b);
}

export class BlockStore {
  readonly #dir: string;
  /** First height of every known segment, ascending. */
  #segments: readonly number[] = [];
  /** Least recently used first. */
  readonly #open = new Map<number, OpenSegment>();
  readonly #firstIndexes = new Map<number, number>();
  #closed = false;

  constructor(dir: string) {
    this.#dir = dir;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(open.map(async ({ reader }) => (await reader).close()));
  }

  /** Where the newest block is, or null for a ledger without blocks. */
  async locateTip(): Promise<FrameLocation | null> {
    await this.#refresh();
    for (const firstHeight of this.#segments.toReversed()) {
      const tip = await this.#use(firstHeight, async (segment) => {
        const count = await segment.countBlocks();
        return count === 0 ? null : segment.locate(count - 1);
      });
      // Only the last segment may still be without a block.
      if (tip !== null) return tip;
    }
    return null;
  }

  /** Where the block at `height` is. Throws `block-missing`, `ledger-damaged`. */
  async locateBlock(height: number): Promise<FrameLocation> {
    const find = async (): Promise<FrameLocation | null> => {
      const segment = this.#segments.findLast((firstHeight) => firstHeight <= height);
      if (segment === undefined) return null;
      const location = await this.#use(segment, (reader) => reader.locate(height - segment));
      if (location === null) await this.#assertNotSkipped(segment, height);
      return location;
    };
    const location = (await find()) ?? ((await this.#refresh()) ? await find() : null);
    if (location === null)
      throw new LedgerError('block-missing', `the ledger has no block ${height}`, { place: { height } });
    return location;
  }

  /** Where the block that holds leaf `leafIndex` is. Throws `entry-missing`, `ledger-damaged`. */
  async locateLeaf(leafIndex: number): Promise<FrameLocation> {
    const find = async (): Promise<FrameLocation | null> => {
      const segment = await this.#segmentOfLeaf(leafIndex);
      return segment === null ? null : this.#use(segment, (reader) => reader.search(leafIndex));
    };
    const location = (await find()) ?? ((await this.#refresh()) ? await find() : null);
    if (location === null) throw new LedgerError('entry-missing', `the ledger has no entry ${leafIndex}`);
    return location;
  }

  /** The block at `height`. Throws `block-missing`, `ledger-damaged`. */
  async readBlock(height: number): Promise<Block> {
    const location = await this.locateBlock(height);
    return this.#use(this.#segmentOf(location), async (segment) => (await segment.readBlock(location)).block);
  }

  /** The header text of the block at `height`, without reading its entries. Throws like {@link readBlock}. */
  async readHeaderText(height: number): Promise<string> {
    return (await this.readHead(height)).header;
  }

  /** Place and header text of the block at `height`, without reading its entries. Throws like {@link readBlock}. */
  async readHead(height: number): Promise<FrameLocation & { readonly header: string }> {
    const location = await this.locateBlock(height);
    const header = await this.#use(this.#segmentOf(location), (segment) => segment.readHeaderText(location));
    return { ...location, header };
  }

  /** `count` concatenated entries from leaf `leafIndex` on, over as many blocks as it takes. Throws `entry-missing`. */
  async readEntries(leafIndex: number, count: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    const end = leafIndex + count;
    let location = await this.locateLeaf(leafIndex);
    for (let next = leafIndex; next < end;) {
      const pieceEnd = Math.min(end, treeSizeAfterFrame(location));
      const [from, where] = [next, location];
      pieces.push(
        await this.#use(this.#segmentOf(where), (segment) =>
          segment.readEntries(where, from, pieceEnd - from),
        ),
      );
      next = pieceEnd;
      if (next < end) location = await this.#locateNext(location);
    }
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces, count * ENTRY_SIZE);
  }

  async #locateNext(location: FrameLocation): Promise<FrameLocation> {
    try {
      return await this.locateBlock(location.height + 1);
    } catch (cause) {
      if (!(cause instanceof LedgerError) || cause.code !== 'block-missing') throw cause;
      throw new LedgerError('entry-missing', `the ledger ends before entry ${treeSizeAfterFrame(location)}`, {
        cause,
      });
    }
  }

  /** The segment whose leaves may include `leafIndex`: the last one that does not start behind it. */
  async #segmentOfLeaf(leafIndex: number): Promise<number | null> {
    let low = 0;
    let high = this.#segments.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((await this.#firstIndexOf(this.#segments[middle] as number)) <= leafIndex) low = middle + 1;
      else high = middle;
    }
    return this.#segments[low - 1] ?? null;
  }

  async #firstIndexOf(segment: number): Promise<number> {
    const known = this.#firstIndexes.get(segment);
    if (known !== undefined) return known;
    const header = await this.#use(segment, (reader) => reader.readHeader());
    // A segment that has no block yet starts behind every leaf there is.
    if (header === null) return Infinity;
    this.#firstIndexes.set(segment, header.firstIndex);
    return header.firstIndex;
  }

  #segmentOf({ height }: FrameLocation): number {
    return this.#segments.findLast((firstHeight) => firstHeight <= height) as number;
  }

  /** A block that is missing before the end of the ledger is not "not there yet". */
  async #assertNotSkipped(segment: number, height: number): Promise<void> {
    if (segment === this.#segments.at(-1)) return;
    throw await this.#use(segment, async (reader) => {
      const count = await reader.countBlocks();
      const last = count === 0 ? null : await reader.locate(count - 1);
      return reader.damaged(
        'the block is missing or not intact',
        last === null ? 0 : last.offset + last.frameSize,
        height,
      );
    });
  }

  /** Lists the segments again; whether there are others than before. */
  async #refresh(): Promise<boolean> {
    const before = this.#segments.length;
    this.#segments = await listSegments(this.#dir);
    return this.#segments.length !== before;
  }

  async #use<T>(firstHeight: number, task: (segment: SegmentReader) => Promise<T>): Promise<T> {
    if (this.#closed) throw new LedgerError('closed', 'the ledger was closed');
    const segment = this.#open.get(firstHeight) ?? {
      reader: SegmentReader.open(this.#dir, firstHeight),
      users: 0,
    };
    this.#open.delete(firstHeight);
    this.#open.set(firstHeight, segment);
    segment.users++;
    try {
      return await task(await segment.reader.catch((error: unknown) => this.#forget(firstHeight, error)));
    } finally {
      segment.users--;
      await this.#closeIdle();
    }
  }

  /** A segment that could not be opened is tried again by the next who asks. */
  #forget(firstHeight: number, error: unknown): never {
    this.#open.delete(firstHeight);
    throw error;
  }

  /** Closes segments beyond the limit that nobody is using. */
  async #closeIdle(): Promise<void> {
    for (const [firstHeight, segment] of [...this.#open]) {
      if (this.#open.size <= MAX_OPEN_SEGMENTS) return;
      // While this waited, another call may have closed it, and a third have opened it again.
      if (segment.users > 0 || this.#open.get(firstHeight) !== segment) continue;
      this.#open.delete(firstHeight);
      await (await segment.reader).close();
    }
  }
}
