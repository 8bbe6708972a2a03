/**
 * The right edge of the tiles of a growing tree (C2SP tlog-tiles): per tile level the hashes of the last, not yet full
 * tile, and the tiles that became full and were not taken yet. One leaf costs one node hash on average.
 */
import {
  computeRoot,
  HASH_SIZE,
  type ReadTile,
  TILE_WIDTH,
  type TileId,
  tileInTree,
  type TreeHasher,
} from '@cunzheng/merkle';

export interface Tile {
  readonly id: TileId;
  /** width × 32 bytes. */
  readonly bytes: Uint8Array;
}

interface EdgeTile {
  index: number;
  width: number;
  bytes: Uint8Array;
}

const TILE_BYTES = TILE_WIDTH * HASH_SIZE;

export class TileEdge {
  readonly #hasher: TreeHasher;
  readonly #levels: EdgeTile[] = [];
  #full: Tile[] = [];

  constructor(hasher: TreeHasher) {
    this.#hasher = hasher;
  }

  /** The edge of the tree of `treeSize`, read from its tiles, which are believed. */
  static async load(hasher: TreeHasher, treeSize: number, readTile: ReadTile): Promise<TileEdge> {
    const edge = new TileEdge(hasher);
    for (let level = 0, hashes = treeSize; hashes > 0; level++, hashes = Math.floor(hashes / TILE_WIDTH)) {
      const index = Math.floor(hashes / TILE_WIDTH);
      const width = hashes % TILE_WIDTH;
      const tile: EdgeTile = { index, width, bytes: new Uint8Array(TILE_BYTES) };
      if (width > 0)
        tile.bytes.set((await readTile(tileInTree(level, index, treeSize))).subarray(0, width * HASH_SIZE));
      edge.#levels.push(tile);
    }
    return edge;
  }

  append(leafHash: Uint8Array): void {
    this.#appendAt(0, leafHash);
  }

  /** Full tiles that wait for {@link takeFull}. */
  get fullCount(): number {
    return this.#full.length;
  }

  /** The tiles that became full since the last call. */
  takeFull(): Tile[] {
    const full = this.#full;
    this.#full = [];
    return full;
  }

  /** The partial tiles of the tree as it is, copied. */
  partials(): Tile[] {
    return this.#levels.flatMap(({ index, width, bytes }, level) =>
      width === 0 ? [] : [{ id: { level, index, width }, bytes: bytes.slice(0, width * HASH_SIZE) }],
    );
  }

  #appendAt(level: number, hash: Uint8Array): void {
    const tile = (this.#levels[level] ??= { index: 0, width: 0, bytes: new Uint8Array(TILE_BYTES) });
    tile.bytes.set(hash, tile.width * HASH_SIZE);
    tile.width++;
    if (tile.width < TILE_WIDTH) return;
    const { index, bytes } = tile;
    this.#full.push({ id: { level, index, width: TILE_WIDTH }, bytes });
    this.#levels[level] = { index: index + 1, width: 0, bytes: new Uint8Array(TILE_BYTES) };
    const hashes = Array.from({ length: TILE_WIDTH }, (_, i) =>
      bytes.subarray(i * HASH_SIZE, (i + 1) * HASH_SIZE),
    );
    this.#appendAt(level + 1, computeRoot(this.#hasher, hashes));
  }
}
