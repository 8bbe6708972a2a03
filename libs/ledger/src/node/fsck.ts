/**
 * Reads a whole ledger and says what is wrong with it: frames, chain rules, header entries, indexes, tiles, and the
 * published checkpoint against the tree. Changes nothing, takes no lock, may run beside a writer, needs constant memory.
 * It cannot know whether blocks are missing at the end: that takes a checkpoint from somewhere else.
 */
import { stat } from 'node:fs/promises';
import { type CryptoSuite } from '@cunzheng/crypto';
import { Frontier } from '@cunzheng/merkle';
import { parseBlockHeader } from '../block-header.js';
import { type Block, type Chain, type ChainHead, createChain, type VerifiedBlock } from '../chain.js';
import { LedgerError } from '../ledger-error.js';
import { verifyBlock } from '../verify-block.js';
import { listSegments } from './block-store.js';
import { parseCheckpointNote, readCheckpointFile, type TreeHead } from './checkpoint-file.js';
import { type FsckFinding, finding, type FsckProgress } from './fsck-finding.js';
import { type ScannedFrame, scanSegments } from './fsck-segments.js';
import { TileCheck } from './fsck-tiles.js';
import { layout } from './layout.js';

export interface FsckOptions {
  /** The log's own directory, see `logDirectory`. */
  readonly dir: string;
  readonly crypto: CryptoSuite;
  /** Origin the ledger should have; without it, the one that its first readable block names. */
  readonly origin?: string;
}

const PROGRESS_EVERY_BLOCKS = 64;

/** Yields findings as they come, and progress in between. Throws `ledger-missing`, and what reading files throws. */
export async function* fsck(options: FsckOptions): AsyncGenerator<FsckFinding | FsckProgress, void> {
  const segments = await listSegments(options.dir);
  const note = await readCheckpointFile(options.dir);
  if (segments.length === 0) {
    if (note === null) throw new LedgerError('ledger-missing', `there is no ledger in ${options.dir} (yet)`);
    yield finding(
      'error',
      'segment',
      `${layout.segments(options.dir)}: there is a checkpoint and no segment`,
    );
  }
  const bytesTotal = await totalSize(options.dir, segments);
  const check = new LedgerCheck(options, note);
  let bytesDone = 0;
  for await (const item of scanSegments(options.dir, segments)) {
    if (item.kind === 'finding') yield item;
    else {
      yield* check.frame(item);
      bytesDone += item.location.frameSize;
      const { blocks } = check;
      if (blocks % PROGRESS_EVERY_BLOCKS === 0) yield { kind: 'progress', blocks, bytesDone, bytesTotal };
    }
  }
  yield* check.finish();
  yield { kind: 'progress', blocks: check.blocks, bytesDone, bytesTotal };
}

/** The blocks one after the other; after a gap each is still checked for itself and against its neighbour. */
class LedgerCheck {
  readonly #options: FsckOptions;
  readonly #note: Uint8Array | null;
  #chain: Chain | null = null;
  #published: TreeHead | null = null;
  #tiles: TileCheck | null = null;
  /** `undefined` after a break: whatever comes next is taken as it is. */
  #head: ChainHead | null | undefined = null;
  #treeKnown = true;
  #reachedPublished = false;
  blocks = 0;

  constructor(options: FsckOptions, note: Uint8Array | null) {
    this.#options = options;
    this.#note = note;
  }

  async *frame(frame: ScannedFrame): AsyncGenerator<FsckFinding, void> {
    this.blocks++;
    if (!frame.adjoins) this.#loseTree();
    try {
      if (this.#chain === null) yield* this.#begin(frame);
      const verified = yield* this.#verify(frame);
      if (verified !== null) yield* this.#checkVerified(frame, verified);
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      yield describeBlock(frame, error.message);
      this.#loseTree();
    }
  }

  *finish(): Generator<FsckFinding, void> {
    const file = layout.checkpoint(this.#options.dir);
    if (this.#treeKnown) {
      if (this.#published !== null && !this.#reachedPublished) {
        const message = `${file}: no block ends at its tree size ${this.#published.treeSize}`;
        yield finding('error', 'checkpoint', message, { file });
      }
    } else
      yield finding('note', 'checkpoint', 'tiles and checkpoint were not compared beyond the first damage', {
        file,
      });
  }

  *#begin({ block }: ScannedFrame): Generator<FsckFinding, void> {
    const { dir, crypto, origin = parseBlockHeader(block.header).log } = this.#options;
    this.#chain = createChain(crypto, origin);
    if (this.#note !== null) {
      try {
        this.#published = parseCheckpointNote(this.#note, origin);
      } catch (error) {
        const file = layout.checkpoint(dir);
        yield finding(
          'error',
          'checkpoint',
          `${file}: ${error instanceof Error ? error.message : String(error)}`,
          { file },
        );
      }
    }
    this.#tiles = new TileCheck(dir, this.#published?.treeSize ?? 0);
  }

  /** The block if it holds by itself, after its predecessor if that is known; null if not. */
  *#verify(frame: ScannedFrame): Generator<FsckFinding, VerifiedBlock | null> {
    const chain = this.#chain as Chain;
    try {
      if (this.#head !== undefined) return verifyBlock(chain, this.#head, frame.block);
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      yield describeBlock(frame, `${error.code}: ${error.message}`);
      this.#loseTree();
      return null;
    }
    return verifyBlock(chain, headBefore(chain, frame.block), frame.block);
  }

  async *#checkVerified(frame: ScannedFrame, verified: VerifiedBlock): AsyncGenerator<FsckFinding, void> {
    this.#head = verified.head;
    if (Buffer.compare(frame.headerEntry, verified.headerEntry) !== 0) {
      yield describeBlock(frame, 'the stored entry of the header is not that of the header');
    }
    if (!this.#treeKnown || this.#tiles === null) return;
    yield* this.#tiles.compare(verified);
    if (this.#published?.treeSize !== verified.head.treeSize) return;
    this.#reachedPublished = true;
    if (Buffer.compare(verified.head.frontier.root(), this.#published.rootHash) !== 0) {
      const file = layout.checkpoint(this.#options.dir);
      const message = `${file}: the blocks give another root hash for its tree size ${this.#published.treeSize}`;
      yield finding('error', 'checkpoint', message, { file, height: verified.head.height });
    }
  }

  #loseTree(): void {
    this.#head = undefined;
    this.#treeKnown = false;
  }
}

/** A predecessor that the block itself names, so that all the rules inside the block can be checked. Its tree is not real. */
function headBefore(chain: Chain, block: Block): ChainHead | null {
  const header = parseBlockHeader(block.header);
  if (header.height === 0) return null;
  const { previous: headerHash, firstIndex: treeSize, createdAt } = header;
  return {
    height: header.height - 1,
    treeSize,
    headerHash,
    createdAt,
    frontier: Frontier.empty(chain.hasher),
    isClosed: false,
  };
}

function describeBlock({ file, location }: ScannedFrame, what: string): FsckFinding {
  const { offset, height } = location;
  return finding('error', 'chain', `${file}: block ${height} at offset ${offset}: ${what}`, {
    file,
    offset,
    height,
  });
}

async function totalSize(dir: string, segments: readonly number[]): Promise<number> {
  let total = 0;
  for (const firstHeight of segments) total += (await stat(layout.segment(dir, firstHeight))).size;
  return total;
}
