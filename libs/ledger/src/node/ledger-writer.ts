/**
 * The one writer of a ledger. Its methods are the steps of the sequencer, each durable when it returns: append the block,
 * write the tiles, publish the checkpoint. In between the caller commits to its database; whatever step a crash hits, the
 * next one that opens the ledger goes on from there.
 *
 * A writer that slept past its time and was replaced may still be about to publish. So each has a folder of its own for
 * temporary files, which the next one removes before it reads anything: what the sleeper has prepared is gone, it can
 * prepare nothing more, and there is nothing it could put in the place of a newer checkpoint.
 *
 * After `io-fatal` or `lock-lost` nothing more is written by this instance: the state of the disk, or of the other
 * writer, is not known, and the process must end.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type CryptoSuite } from '@cunzheng/crypto';
import { createChain, type Block, type Chain, type ChainHead, type VerifiedBlock } from '../chain.js';
import { LedgerError } from '../ledger-error.js';
import { verifyBlock, verifyHeaderFollows } from '../verify-block.js';
import { BlockStore } from './block-store.js';
import {
  parseCheckpointNote,
  readCheckpointFile,
  readPublishedHead,
  refused,
  type TreeHead,
} from './checkpoint-file.js';
import { DirectoryLock, type LockOptions } from './directory-lock.js';
import { fatalIfFails, makeDirectory, syncDirectory, writeFilesDurably } from './durable.js';
import { layout } from './layout.js';
import { sha256 } from './native-hash.js';
import { rebuildIndexes, type RecoveryNotice, recoverSegments } from './recover-segments.js';
import { loadFrontier, rebuildTree, recoverTree } from './recover-tree.js';
import { SegmentAppender } from './segment-appender.js';
import { treeSizeAfterFrame } from './segment-format.js';
import { TileWriter } from './tile-writer.js';

export interface LedgerWriterOptions extends LockOptions {
  /** The log's own directory, see `logDirectory`; made if it is not there. */
  readonly dir: string;
  readonly origin: string;
  readonly crypto: CryptoSuite;
  /** A segment that has reached this size gets no further block. Default 128 MiB. */
  readonly segmentBytes?: number;
  /** Told what was put right on opening. */
  readonly onNotice?: (notice: RecoveryNotice) => void;
}

const DEFAULT_SEGMENT_BYTES = 134_217_728;

/**
 * Opens a ledger for writing: takes the lock, cuts a torn end, completes index and tiles. Throws `ledger-locked`,
 * `ledger-damaged`, `log-mismatch`, `origin-invalid`, `io-fatal`, and what `verifyBlock` throws for a block on disk.
 */
export async function openLedgerWriter(options: LedgerWriterOptions): Promise<LedgerWriter> {
  const chain = createChain(options.crypto, options.origin);
  const { dir } = options;
  await fatalIfFails(`make the directory ${dir}`, async () => {
    await makeDirectory(layout.segments(dir));
    await makeDirectory(layout.tiles(dir));
    await mkdir(layout.temporary(dir), { recursive: true });
    // The directories, or the checkpoint, may be those of a process that died before it had synced them.
    await syncDirectory(dirname(dir));
    await syncDirectory(dir);
  });
  const lock = await DirectoryLock.acquire(layout.lock(dir), options);
  const store = new BlockStore(dir);
  const tiles = new TileWriter(dir);
  try {
    await emptyDirectory(layout.temporary(dir));
    const temporaryDir = join(layout.temporary(dir), lock.token);
    await fatalIfFails(`make the directory ${temporaryDir}`, () => mkdir(temporaryDir));
    return await recover(options, { dir, temporaryDir, chain, lock, store, tiles });
  } catch (error) {
    await tiles.close();
    await store.close();
    await lock.release();
    throw error;
  }
}

async function recover(
  { onNotice: notify = () => undefined, segmentBytes = DEFAULT_SEGMENT_BYTES }: LedgerWriterOptions,
  files: LedgerFiles,
): Promise<LedgerWriter> {
  const { dir, chain } = files;
  const originDigest = sha256(Buffer.from(chain.origin));
  const published = await readPublishedHead(dir, chain.origin);
  const tail = await recoverSegments({
    dir,
    originDigest,
    publishedSize: published?.treeSize ?? 0,
    lock: files.lock,
    notify,
  });
  const head = await recoverTree({ ...files, published, notify });
  const appender = await SegmentAppender.open(dir, originDigest, segmentBytes, tail);
  return new LedgerWriter({ ...files, appender, originDigest, notify }, head, published);
}

interface LedgerFiles {
  readonly dir: string;
  /** This writer's own; see above. */
  readonly temporaryDir: string;
  readonly chain: Chain;
  readonly lock: DirectoryLock;
  readonly store: BlockStore;
  readonly tiles: TileWriter;
}

interface WriterParts extends LedgerFiles {
  readonly appender: SegmentAppender;
  readonly originDigest: Uint8Array;
  readonly notify: (notice: RecoveryNotice) => void;
}

/** Made by {@link openLedgerWriter}. Calls are carried out one after the other. */
export class LedgerWriter {
  readonly #parts: WriterParts;
  #head: ChainHead | null;
  #tilesSize: number;
  #published: TreeHead | null;
  /** The note that this writer has published, as it is. */
  #note: Uint8Array | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  #fatal: LedgerError | null = null;

  constructor(parts: WriterParts, head: ChainHead | null, published: TreeHead | null) {
    this.#parts = parts;
    this.#head = head;
    this.#tilesSize = head?.treeSize ?? 0;
    this.#published = published;
  }

  /** The chain to build the next block with. */
  get chain(): Chain {
    return this.#parts.chain;
  }

  /** The state after the last durable block; null before block 0. */
  get head(): ChainHead | null {
    return this.#head;
  }

  /** The tree size whose tiles are durable. */
  get tilesSize(): number {
    return this.#tilesSize;
  }

  /** What the published checkpoint speaks for; may be ahead of {@link head} in a ledger that was restored. */
  get published(): TreeHead | null {
    return this.#published;
  }

  /**
   * Appends the next block and fsyncs it; meanwhile its tiles begin to be written. A plain block is verified in full; one that `BlockBuilder` or `verifyBlock` made
   * only for following the head. A block that does not follow changes nothing: `height-mismatch` also for one that is
   * there already. Throws what `verifyBlock` throws, `ledger-forked` for a block that contradicts the published
   * checkpoint, `block-too-large`, `lock-lost`, `io-fatal`.
   */
  async appendBlock(block: Block | VerifiedBlock): Promise<{ head: ChainHead; rootHash: Uint8Array }> {
    return this.#exclusively(async () => {
      const verified = this.#verify(block);
      const rootHash = verified.head.frontier.root();
      this.#assertReachesPublished(verified.head, rootHash);
      const { appender, tiles } = this.#parts;
      await tiles.flush();
      await appender.append(verified, () => {
        tiles.begin(verified);
      });
      this.#head = verified.head;
      return { head: verified.head, rootHash };
    });
  }

  /** Makes all tiles of the head's tree durable. Throws `lock-lost`, `io-fatal`. */
  async writeTiles(): Promise<void> {
    return this.#exclusively(async () => {
      await this.#parts.tiles.flush();
      this.#tilesSize = this.head?.treeSize ?? 0;
    });
  }

  /**
   * Replaces the checkpoint file. Throws `checkpoint-refused` unless the note is of this log, speaks for a tree that the
   * ledger has at the end of a block and whose tiles are written, and is no older than the published one. Signatures are
   * not verified. Throws `lock-lost`, `io-fatal`.
   */
  async publishCheckpoint(note: Uint8Array): Promise<void> {
    return this.#exclusively(async () => {
      const next = parseCheckpointNote(note, this.chain.origin);
      if (this.#published !== null && next.treeSize < this.#published.treeSize) {
        throw refused(`tree size is ${next.treeSize}, the published one is ${this.#published.treeSize}`);
      }
      const rootHash = await this.#rootHashAt(next.treeSize);
      if (Buffer.compare(rootHash, next.rootHash) !== 0)
        throw refused(`the ledger has another root for size ${next.treeSize}`);
      await this.#replaceCheckpoint(note);
      this.#note = note;
      this.#published = next;
    });
  }

  /**
   * Publishes again what was published last, if the file holds anything else: a writer that was taken for dead may have put
   * an older checkpoint back. Whether it did. Throws like {@link publishCheckpoint}.
   */
  async republishIfReplaced(): Promise<boolean> {
    return this.#exclusively(async () => {
      const note = this.#note;
      const there = await readCheckpointFile(this.#parts.dir);
      if (note === null || (there !== null && Buffer.compare(there, note) === 0)) return false;
      await this.#replaceCheckpoint(note);
      return true;
    });
  }

  /** The published note itself, or null. Its signatures were not verified. */
  async readPublished(): Promise<Uint8Array | null> {
    return readCheckpointFile(this.#parts.dir);
  }

  /** The root hash of the tree at the end of some block. Throws `checkpoint-refused` where no block ends. */
  async computeRootHash(treeSize: number): Promise<Uint8Array> {
    return this.#exclusively(() => this.#rootHashAt(treeSize));
  }

  /** Throws `block-missing`, `ledger-damaged`. */
  async readBlock(height: number): Promise<Block> {
    return this.#parts.store.readBlock(height);
  }

  /** Replays the ledger and repairs every tile that is missing or wrong. Throws like {@link openLedgerWriter}. */
  async rebuildTiles(): Promise<void> {
    return this.#exclusively(async () => {
      await this.#parts.tiles.flush();
      this.#head = await rebuildTree({ ...this.#parts, published: this.#published });
      this.#tilesSize = this.head?.treeSize ?? 0;
    });
  }

  /** Reads all segments and repairs every index; gives the number repaired. Throws `io-fatal`. */
  async rebuildIndexes(): Promise<number> {
    return this.#exclusively(() =>
      rebuildIndexes({ ...this.#parts, publishedSize: this.#published?.treeSize ?? 0 }),
    );
  }

  /** Throws `lock-lost` if another process holds the ledger. */
  async assertHeld(): Promise<void> {
    await this.#parts.lock.assertHeld();
  }

  /** Waits for calls under way and gives up the lock. */
  async close(): Promise<void> {
    await this.#queue;
    this.#fatal ??= new LedgerError('closed', 'the ledger writer was closed');
    await this.#parts.appender.close();
    await this.#parts.tiles.close();
    await this.#parts.store.close();
    await this.#parts.lock.release();
  }

  #verify(block: Block | VerifiedBlock): VerifiedBlock {
    if (!('tileHashes' in block)) return verifyBlock(this.chain, this.head, block);
    verifyHeaderFollows(this.chain, this.head, block.header);
    return block;
  }

  /** A ledger that was restored must pass through the tree that was published. */
  #assertReachesPublished({ height, treeSize }: ChainHead, rootHash: Uint8Array): void {
    const published = this.#published;
    const before = this.head?.treeSize ?? 0;
    if (published === null || published.treeSize <= before || treeSize < published.treeSize) return;
    if (treeSize === published.treeSize && Buffer.compare(rootHash, published.rootHash) === 0) return;
    const message = `block ${height} leads away from the published checkpoint for tree size ${published.treeSize}`;
    throw new LedgerError('ledger-forked', message, { place: { height } });
  }

  async #rootHashAt(treeSize: number): Promise<Uint8Array> {
    const { dir, store, chain } = this.#parts;
    if (treeSize < 1 || treeSize > this.#tilesSize) {
      throw refused(`tree size is ${treeSize}, the ledger has tiles for ${this.#tilesSize}`);
    }
    if (treeSize === this.head?.treeSize) return this.head.frontier.root();
    if (treeSizeAfterFrame(await store.locateLeaf(treeSize - 1)) !== treeSize)
      throw refused(`no block ends at tree size ${treeSize}`);
    return (await loadFrontier(chain.hasher, dir, treeSize)).root();
  }

  /** Looks for the lock once more when the file is written and not yet in its place: fsync may have taken long. */
  async #replaceCheckpoint(note: Uint8Array): Promise<void> {
    const { dir, lock, temporaryDir } = this.#parts;
    await writeFilesDurably([{ path: layout.checkpoint(dir), bytes: note }], temporaryDir, () =>
      lock.assertHeld(),
    );
  }

  /** Runs `task` after all before it, holding the lock, unless something fatal happened. */
  async #exclusively<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#queue.then(async () => {
      if (this.#fatal !== null) throw this.#fatal;
      try {
        await this.#parts.lock.assertHeld();
        return await task();
      } catch (error) {
        const fatal =
          error instanceof LedgerError && ['io-fatal', 'lock-lost', 'ledger-forked'].includes(error.code);
        if (fatal) this.#fatal = error;
        throw error;
      }
    });
    this.#queue = run.catch(() => undefined);
    return run;
  }
}

async function emptyDirectory(path: string): Promise<void> {
  for (const name of await readdir(path)) await rm(join(path, name), { recursive: true, force: true });
}
