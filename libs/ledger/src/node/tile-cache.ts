/**
 * Tiles in memory, least recently used first out, with the nodes above their hashes once these were asked for. A tile of
 * a given width never changes, full or partial, so nothing ever has to be invalidated.
 */
import {
  HASH_SIZE,
  type NodeId,
  TILE_WIDTH,
  tileForNode,
  type TileId,
  type TileSlice,
  type TreeHasher,
} from '@cunzheng/merkle';
import { readTileFile } from './tile-files.js';

/** Memory of a full tile: its hashes, as many bytes for the nodes above them. */
const MAX_TILE_BYTES = 2 * TILE_WIDTH * HASH_SIZE;

interface CachedTile {
  readonly id: TileId;
  readonly bytes: Uint8Array;
  /** The complete nodes above the hashes, level by level from their parents up; made by {@link nodeOf}. */
  parents?: Uint8Array;
}

export class TileCache {
  readonly #dir: string;
  readonly #hasher: TreeHasher;
  readonly #maxTiles: number;
  /** Least recently used first; promises, so that a tile is read once however many want it. */
  readonly #tiles = new Map<string, Promise<CachedTile>>();

  constructor(dir: string, hasher: TreeHasher, maxBytes: number) {
    this.#dir = dir;
    this.#hasher = hasher;
    this.#maxTiles = Math.floor(maxBytes / MAX_TILE_BYTES);
  }

  /** The `width` × 32 bytes of a tile, not to be changed. Throws `tile-missing`, `ledger-damaged`. */
  async readTile(tile: TileId): Promise<Uint8Array> {
    return (await this.#read(tile)).bytes.subarray(0, tile.width * HASH_SIZE);
  }

  /** The hashes of nodes of the tree of `treeSize`, from its tiles. Throws like {@link readTile}, and MerkleError. */
  async readNodes(ids: readonly NodeId[], treeSize: number): Promise<Uint8Array[]> {
    return Promise.all(ids.map((id) => this.#readNode(tileForNode(id, treeSize))));
  }

  async #readNode({ tile, offset, count }: TileSlice): Promise<Uint8Array> {
    return nodeOf(await this.#read(tile), Math.log2(count), offset / count, this.#hasher);
  }

  /** `tile`, or the full one in its place. */
  #read(tile: TileId): Promise<CachedTile> {
    const fullKey = keyOf({ ...tile, width: TILE_WIDTH });
    const key = this.#tiles.has(fullKey) ? fullKey : keyOf(tile);
    const read =
      this.#tiles.get(key) ??
      readTileFile(this.#dir, tile).then((bytes) => ({ id: tile, bytes: new Uint8Array(bytes) }));
    this.#tiles.delete(key);
    this.#tiles.set(key, read);
    read.catch(() => this.#tiles.delete(key));
    const [oldest] = this.#tiles.keys();
    if (this.#tiles.size > this.#maxTiles && oldest !== undefined) this.#tiles.delete(oldest);
    return read;
  }
}

function keyOf({ level, index, width }: TileId): string {
  return `${level}/${index}/${width}`;
}

/** Node `index` of `level` inside the tile, its hashes being level 0. */
function nodeOf(tile: CachedTile, level: number, index: number, hasher: TreeHasher): Uint8Array {
  if (level === 0) return hashAt(tile.bytes, index);
  tile.parents ??= computeParents(tile, hasher);
  let first = 0;
  for (let below = 1; below < level; below++) first += Math.floor(tile.id.width / 2 ** below);
  return hashAt(tile.parents, first + index);
}

/** One buffer for all: a view per node would take several times the memory of the nodes. */
function computeParents({ id, bytes }: CachedTile, hasher: TreeHasher): Uint8Array {
  const parents = new Uint8Array(id.width * HASH_SIZE);
  let from = bytes;
  let end = 0;
  // A last node without a sibling has no parent that is complete.
  for (let count = Math.floor(id.width / 2); count > 0; count = Math.floor(count / 2)) {
    const to = parents.subarray(end * HASH_SIZE, (end + count) * HASH_SIZE);
    for (let i = 0; i < count; i++)
      to.set(hasher.hashChildren(hashAt(from, 2 * i), hashAt(from, 2 * i + 1)), i * HASH_SIZE);
    from = to;
    end += count;
  }
  return parents;
}

function hashAt(hashes: Uint8Array, index: number): Uint8Array {
  return hashes.subarray(index * HASH_SIZE, (index + 1) * HASH_SIZE);
}
