/**
 * Reads a ledger that another process may be writing: checkpoint, tiles, entries, blocks and the proofs made of them.
 * Takes no lock, changes nothing, and sees new blocks as they become durable. Proofs are computed from tiles and not
 * verified here: whoever gets them does.
 */
import { access } from 'node:fs/promises';
import {
  computeConsistencyProof,
  computeInclusionProof,
  formatEntryBundle,
  HASH_SIZE,
  type ReadNodes,
  TILE_WIDTH,
  type TileId,
} from '@cunzheng/merkle';
import { type Block } from '../chain.js';
import { ENTRY_SIZE } from '../entry.js';
import { LedgerError } from '../ledger-error.js';
import { BlockStore } from './block-store.js';
import { readCheckpointFile } from './checkpoint-file.js';
import { layout } from './layout.js';
import { nativeTreeHasher } from './native-hash.js';
import { TileCache } from './tile-cache.js';

export interface LedgerReaderOptions {
  /** The log's own directory, see `logDirectory`. */
  readonly dir: string;
  /** Memory for full tiles. Default 64 MiB, a million leaves. */
  readonly tileCacheBytes?: number;
}

/** Where a block is in the log. */
export interface BlockPlace {
  readonly height: number;
  readonly firstIndex: number;
  /** Entries, the header's own at firstIndex + count excluded. */
  readonly count: number;
}

/** A block without its entries. */
export interface BlockHead extends BlockPlace {
  /** J(header), the text as it was hashed. */
  readonly header: string;
}

const DEFAULT_TILE_CACHE_BYTES = 67_108_864;

/** Opens a ledger for reading. Throws `ledger-missing` if no writer has made it yet. */
export async function openLedgerReader(options: LedgerReaderOptions): Promise<LedgerReader> {
  try {
    await access(layout.segments(options.dir));
  } catch (cause) {
    throw new LedgerError('ledger-missing', `there is no ledger in ${options.dir} (yet)`, { cause });
  }
  return new LedgerReader(
    options.dir,
    new TileCache(options.dir, nativeTreeHasher, options.tileCacheBytes ?? DEFAULT_TILE_CACHE_BYTES),
  );
}

/** Made by {@link openLedgerReader}. */
export class LedgerReader {
  readonly #dir: string;
  readonly #store: BlockStore;
  readonly #tiles: TileCache;

  constructor(dir: string, tiles: TileCache) {
    this.#dir = dir;
    this.#store = new BlockStore(dir);
    this.#tiles = tiles;
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  /** The newest published checkpoint, a signed note, as it is. Throws `checkpoint-missing`. */
  async readCheckpoint(): Promise<Uint8Array> {
    const note = await readCheckpointFile(this.#dir);
    if (note === null) throw new LedgerError('checkpoint-missing', 'no checkpoint was published yet');
    return note;
  }

  /** The newest block, which a checkpoint may not cover yet, or null. */
  async readTip(): Promise<BlockPlace | null> {
    return this.#store.locateTip();
  }

  /** The `width` × 32 bytes of a tile (C2SP tlog-tiles). Throws `tile-missing`, `ledger-damaged`. */
  async readTile(tile: TileId): Promise<Uint8Array> {
    return this.#tiles.readTile(tile);
  }

  /**
   * The entry bundle of entries 256·index … + width − 1 (C2SP tlog-tiles): 70 bytes per entry. Throws `entry-missing`
   * where the ledger has no such entries, `ledger-damaged`.
   */
  async readEntryBundle(index: number, width: number): Promise<Uint8Array> {
    if (!Number.isInteger(index) || !Number.isInteger(width) || width < 1 || width > TILE_WIDTH) {
      throw new LedgerError(
        'entry-missing',
        `bundle is ${index} of width ${width}, want integers and 1…${TILE_WIDTH}`,
      );
    }
    const entries = await this.#readEntries(index * TILE_WIDTH, width);
    return formatEntryBundle(split(entries));
  }

  /** The 68 bytes of one entry. Throws `entry-missing`, `ledger-damaged`. */
  async readEntry(leafIndex: number): Promise<Uint8Array> {
    return this.#readEntries(leafIndex, 1);
  }

  /** The block that holds a leaf; its header's own entry is the last one of each. Throws `entry-missing`. */
  async findBlock(leafIndex: number): Promise<BlockPlace> {
    return this.#store.locateLeaf(leafIndex);
  }

  /** Place and header of the block at `height`, without reading its entries. Throws like {@link readBlock}. */
  async readBlockHead(height: number): Promise<BlockHead> {
    return this.#store.readHead(height);
  }

  /** Throws `block-missing`, `ledger-damaged`. */
  async readBlock(height: number): Promise<Block> {
    return this.#store.readBlock(height);
  }

  /** The header text of a block, without reading its entries. Throws `block-missing`, `ledger-damaged`. */
  async readBlockHeader(height: number): Promise<string> {
    return this.#store.readHeaderText(height);
  }

  /**
   * The inclusion proof of a leaf in the tree of `treeSize`, lowest hash first. `treeSize` may be any size up to that of
   * the tiles. Throws MerkleError for numbers that make no sense, `tile-missing` beyond the tiles.
   */
  async computeInclusionProof(leafIndex: number, treeSize: number): Promise<Uint8Array[]> {
    return computeInclusionProof(nativeTreeHasher, leafIndex, treeSize, this.#nodesAt(treeSize));
  }

  /** The proof that the tree of `size2` extends that of `size1`. Throws like {@link computeInclusionProof}. */
  async computeConsistencyProof(size1: number, size2: number): Promise<Uint8Array[]> {
    return computeConsistencyProof(nativeTreeHasher, size1, size2, this.#nodesAt(size2));
  }

  #nodesAt(treeSize: number): ReadNodes {
    return (ids) => this.#tiles.readNodes(ids, treeSize);
  }

  /** Entries of one bundle, compared with the tile over them: a segment's checksums span whole blocks. */
  async #readEntries(leafIndex: number, count: number): Promise<Uint8Array> {
    if (!Number.isSafeInteger(leafIndex) || leafIndex < 0) {
      throw new LedgerError('entry-missing', `leaf index is ${leafIndex}, want an integer from 0`);
    }
    const entries = await this.#store.readEntries(leafIndex, count);
    const offset = leafIndex % TILE_WIDTH;
    const tile = await this.#tileOrNull({
      level: 0,
      index: Math.floor(leafIndex / TILE_WIDTH),
      width: offset + count,
    });
    if (tile === null) return entries;
    for (const [i, entry] of split(entries).entries()) {
      const want = tile.subarray((offset + i) * HASH_SIZE, (offset + i + 1) * HASH_SIZE);
      if (Buffer.compare(nativeTreeHasher.hashLeaf(entry), want) !== 0) {
        throw new LedgerError(
          'ledger-damaged',
          `entry ${leafIndex + i} and its tile disagree; run fsck to see which is wrong`,
        );
      }
    }
    return entries;
  }

  /** A tile that is not written yet is no reason not to serve its entries. */
  async #tileOrNull(tile: TileId): Promise<Uint8Array | null> {
    try {
      return await this.#tiles.readTile(tile);
    } catch (error) {
      if (error instanceof LedgerError && error.code === 'tile-missing') return null;
      throw error;
    }
  }
}

function split(entries: Uint8Array): Uint8Array[] {
  return Array.from({ length: entries.length / ENTRY_SIZE }, (_, i) =>
    entries.subarray(i * ENTRY_SIZE, (i + 1) * ENTRY_SIZE),
  );
}
