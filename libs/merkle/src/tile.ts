/**
 * Tile arithmetic of C2SP tlog-tiles ("Merkle Tree", "Partial Tiles"). A tree is stored as tiles of up to 256
 * consecutive hashes: tile (L, N) of width W holds the nodes at level 8·L with index 256·N … 256·N + W − 1. A partial
 * tile (W < 256) exists for each tree size; the hash of a tile goes one tile level up only once it is full.
 */
import { MerkleError } from './errors.js';
import { assertNodeInTree, type NodeId } from './node-id.js';
import { assertLeafIndex, assertTreeSize } from './preconditions.js';

/** Tree levels that a tile spans. */
export const TILE_HEIGHT = 8;
/** Hashes in a full tile. */
export const TILE_WIDTH = 256;

/** A tile of `width` (1…256) hashes at tile level `level`. */
export interface TileId {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** A bundle of `width` (1…256) entries, the first being number 256·index; covers the same leaves as a level 0 tile. */
export interface EntryBundleId {
  readonly index: number;
  readonly width: number;
}

/** Where a node is: fold hashes [offset, offset + count) of the tile, count a power of two up to 128. */
export interface TileSlice {
  readonly tile: TileId;
  readonly offset: number;
  readonly count: number;
}

/** Throws `tile-out-of-range` unless some tree of up to 2^53−1 leaves has this tile. */
export function assertTile(tile: TileId): void {
  const { level, index, width } = tile;
  const integers = [level, index, width].every((n) => Number.isSafeInteger(n) && n >= 0);
  if (!integers || width < 1 || width > TILE_WIDTH || !fitsSomeTree(tile)) {
    throw new MerkleError(
      'tile-out-of-range',
      `got tile (${level}, ${index}) of width ${width}, want one of a tree of up to 2^53−1`,
    );
  }
}

function fitsSomeTree({ level, index, width }: TileId): boolean {
  // Leaves up to the end of the tile. Where this is not exact it is far beyond the limit anyway.
  return (index * TILE_WIDTH + width) * TILE_WIDTH ** level <= Number.MAX_SAFE_INTEGER;
}

/** The tile at (level, index) as it is in a tree of `treeSize`. Requires that it exists there, else `tile-out-of-range`. */
export function tileInTree(level: number, index: number, treeSize: number): TileId {
  assertTreeSize(treeSize);
  const width = Math.min(TILE_WIDTH, hashesAtLevel(level, treeSize) - index * TILE_WIDTH);
  if (width < 1) {
    throw new MerkleError(
      'tile-out-of-range',
      `got tile (${level}, ${index}), want one of the tree of size ${treeSize}`,
    );
  }
  const tile = { level, index, width };
  assertTile(tile);
  return tile;
}

/** The entry bundle that holds an entry, as it is in a tree of `treeSize`. Requires 0 ≤ leafIndex < treeSize. */
export function bundleForEntry(leafIndex: number, treeSize: number): EntryBundleId {
  assertTreeSize(treeSize);
  assertLeafIndex(leafIndex, treeSize);
  const { index, width } = tileInTree(0, Math.floor(leafIndex / TILE_WIDTH), treeSize);
  return { index, width };
}

/**
 * All tiles, full and partial, of the tree of `newSize` that the tree of `oldSize` does not have with the same width,
 * by level and index. From 0: every tile of the tree. Requires oldSize ≤ newSize, else `size-out-of-range`. The list has
 * about (newSize − oldSize) / 255 items: bound the growth first when a stranger names the sizes.
 */
export function tilesForNewEntries(oldSize: number, newSize: number): TileId[] {
  const tiles: TileId[] = [];
  assertGrowth(oldSize, newSize);
  for (let level = 0; hashesAtLevel(level, newSize) > hashesAtLevel(level, oldSize); level++) {
    const last = Math.floor((hashesAtLevel(level, newSize) - 1) / TILE_WIDTH);
    for (let index = Math.floor(hashesAtLevel(level, oldSize) / TILE_WIDTH); index <= last; index++) {
      tiles.push(tileInTree(level, index, newSize));
    }
  }
  return tiles;
}

/** The entry bundles that change when a tree grows; the same rule as {@link tilesForNewEntries} at level 0. */
export function bundlesForNewEntries(oldSize: number, newSize: number): EntryBundleId[] {
  assertGrowth(oldSize, newSize);
  const bundles: EntryBundleId[] = [];
  for (let index = Math.floor(oldSize / TILE_WIDTH); index * TILE_WIDTH < newSize; index++) {
    if (newSize > oldSize) bundles.push({ index, width: Math.min(TILE_WIDTH, newSize - index * TILE_WIDTH) });
  }
  return bundles;
}

/** Where the tree of `treeSize` keeps a node. Throws `node-incomplete` if it has none such. */
export function tileForNode(node: NodeId, treeSize: number): TileSlice {
  assertTreeSize(treeSize);
  assertNodeInTree(node, treeSize);
  const level = Math.floor(node.level / TILE_HEIGHT);
  const count = 2 ** (node.level % TILE_HEIGHT);
  const first = node.index * count;
  return {
    tile: tileInTree(level, Math.floor(first / TILE_WIDTH), treeSize),
    offset: first % TILE_WIDTH,
    count,
  };
}

/** Complete nodes at tile level `level`, floor(size / 256^level). */
function hashesAtLevel(level: number, treeSize: number): number {
  return Math.floor(treeSize / TILE_WIDTH ** level);
}

function assertGrowth(oldSize: number, newSize: number): void {
  assertTreeSize(oldSize, 'old tree size');
  assertTreeSize(newSize, 'new tree size');
  if (oldSize > newSize) {
    throw new MerkleError(
      'size-out-of-range',
      `old tree size is ${oldSize}, want at most the new, ${newSize}`,
    );
  }
}
