/**
 * A log as the public sees it: what the newest published checkpoint covers and nothing behind it. Blocks and tiles that
 * are durable already but not under a published checkpoint do not exist here, so whatever is answered can be proven.
 *
 * A checkpoint is only ever replaced by one of a larger tree. What was covered once stays covered, and the file is read
 * again only for what lies behind the newest checkpoint known.
 */
import { LedgerError, parseOpenEvent, type Block, type OpenEvent } from '@cunzheng/ledger';
import { parseCheckpointNote, type BlockHead, type LedgerReader } from '@cunzheng/ledger/node';
import { parseEntryBundlePath, parseTilePath, TILE_WIDTH } from '@cunzheng/merkle';
import { ProblemError } from '../problems/problem-error.js';

/** Headers read at the same time: enough to keep the disk busy, few enough to leave it to others. */
const PARALLEL_READS = 16;

export interface PublishedHead {
  /** The signed note, as it is. */
  readonly note: Uint8Array;
  readonly treeSize: number;
  /** Height of the block that the checkpoint ends with. */
  readonly height: number;
}

export interface BlockHeads {
  readonly heads: readonly BlockHead[];
  /** Whether a further block is published. */
  readonly more: boolean;
}

export class PublishedLog {
  private newest: PublishedHead | undefined;
  private opening: Promise<OpenEvent> | undefined;

  constructor(
    readonly name: string,
    private readonly reader: LedgerReader,
  ) {}

  /** The newest checkpoint. @throws LedgerError `checkpoint-missing`. */
  async readHead(): Promise<PublishedHead> {
    const note = await this.reader.readCheckpoint();
    const { log: origin } = await this.readOpening();
    const { treeSize } = parseCheckpointNote(note, origin);
    const known = this.newest?.treeSize === treeSize ? this.newest : undefined;
    const height = known?.height ?? (await this.reader.findBlock(treeSize - 1)).height;
    return (this.newest = { note, treeSize, height });
  }

  /** The event that the log begins with: its origin, keys and operator. @throws LedgerError `block-missing`. */
  async readOpening(): Promise<OpenEvent> {
    this.opening ??= this.reader.readBlock(0).then(({ bodies: [first] }) => {
      if (first === undefined) throw new LedgerError('open-missing', 'block 0 has no public body');
      return parseOpenEvent(first.body);
    });
    return await this.opening.catch((error: unknown) => {
      this.opening = undefined;
      throw error;
    });
  }

  /** The bytes of `tile/…`, a tile or an entry bundle. @throws MerkleError unless `path` is the canonical one. */
  async readTile(path: string): Promise<Uint8Array> {
    if (path.startsWith('tile/entries/')) {
      const { index, width } = parseEntryBundlePath(path);
      await this.requireLeaves(index * TILE_WIDTH + width);
      return await this.reader.readEntryBundle(index, width);
    }
    const tile = parseTilePath(path);
    // Exact, also where it is far above 2^53: a product with a power of two.
    await this.requireLeaves((tile.index * TILE_WIDTH + tile.width) * TILE_WIDTH ** tile.level);
    return await this.reader.readTile(tile);
  }

  async readBlock(height: number): Promise<Block> {
    await this.requireHead((head) => height <= head.height);
    return await this.reader.readBlock(height);
  }

  /** Up to `limit` headers from height `from` on; none when no such block is published yet. */
  async readBlockHeads(from: number, limit: number): Promise<BlockHeads> {
    const end = from + limit;
    const { height } = await this.headFor((head) => end <= head.height);
    const heights = Array.from(
      { length: Math.min(end, height + 1) - Math.min(from, height + 1) },
      (_, i) => from + i,
    );
    const heads: BlockHead[] = [];
    for (let next = 0; next < heights.length; next += PARALLEL_READS) {
      const some = heights.slice(next, next + PARALLEL_READS);
      heads.push(...(await Promise.all(some.map((wanted) => this.reader.readBlockHead(wanted)))));
    }
    return { heads, more: height >= end };
  }

  /** The block that holds a published leaf. */
  async findBlock(leafIndex: number): Promise<{ readonly height: number; readonly firstIndex: number }> {
    await this.requireLeaves(leafIndex + 1);
    return await this.reader.findBlock(leafIndex);
  }

  /** The inclusion proof of a leaf in the tree of a published size, lowest hash first. */
  async computeInclusionProof(leafIndex: number, treeSize: number): Promise<Uint8Array[]> {
    await this.requireLeaves(treeSize);
    return await this.reader.computeInclusionProof(leafIndex, treeSize);
  }

  private async requireLeaves(treeSize: number): Promise<void> {
    await this.requireHead((head) => treeSize <= head.treeSize);
  }

  private async requireHead(isCovered: (head: PublishedHead) => boolean): Promise<void> {
    if (!isCovered(await this.headFor(isCovered))) {
      throw new ProblemError('not-found', 'not under the newest checkpoint: it says how large the tree is');
    }
  }

  /** The newest head known, or a fresh one when that does not suffice. */
  private async headFor(isEnough: (head: PublishedHead) => boolean): Promise<PublishedHead> {
    return this.newest && isEnough(this.newest) ? this.newest : await this.readHead();
  }
}
