/**
 * Nodes read from tiles: what plugs a tile store, local or remote, into the computation of proofs. A node inside a
 * tile is the root of a small complete tree over a run of the tile's hashes (C2SP tlog-tiles: "the levels between are
 * reconstructed by hashing").
 */
import { MerkleError } from './errors.js';
import { type NodeId, type ReadNodes } from './node-id.js';
import { HASH_SIZE } from './preconditions.js';
import { computeRoot } from './root.js';
import { TILE_WIDTH, tileForNode, type TileId, type TileSlice } from './tile.js';
import { formatTilePath } from './tile-path.js';
import { type TreeHasher } from './tree-hasher.js';

/**
 * Reads the bytes of a tile: its hashes, concatenated. May answer with a wider tile of the same level and index (the
 * full one, once the partial one is gone): tiles only grow at their end.
 */
export type ReadTile = (tile: TileId) => Promise<Uint8Array>;

/**
 * A {@link ReadNodes} over the tiles of the tree of `treeSize` leaves. Each call reads every tile it needs once, all at
 * the same time. Hashes are as trustworthy as the tiles: verify what is made of them. Throws `node-incomplete`,
 * `index-out-of-range`, `tile-size`.
 */
export function nodesFromTiles(hasher: TreeHasher, readTile: ReadTile, treeSize: number): ReadNodes {
  return async (ids: readonly NodeId[]) => {
    const slices = ids.map((id) => tileForNode(id, treeSize));
    const reads = new Map<string, Promise<Uint8Array[]>>();
    const tileHashes = slices.map(({ tile }) => {
      const path = formatTilePath(tile);
      const read = reads.get(path) ?? readTile(tile).then((bytes) => parseTile(tile, bytes));
      reads.set(path, read);
      return read;
    });
    const hashes = await Promise.all(tileHashes);
    return slices.map((slice, i) => hashOfSlice(hasher, slice, hashes[i] ?? []));
  };
}

/** The hashes in a tile's bytes, exactly `tile.width` of them, as views. Throws `tile-size`; longer tiles are cut. */
export function parseTile(tile: TileId, bytes: Uint8Array): Uint8Array[] {
  const count = bytes.length / HASH_SIZE;
  if (!Number.isInteger(count) || count < tile.width || count > TILE_WIDTH) {
    const want = `${tile.width * HASH_SIZE} bytes, or a multiple of ${HASH_SIZE} up to a full tile`;
    throw new MerkleError('tile-size', `${formatTilePath(tile)} is ${bytes.length} bytes, want ${want}`);
  }
  return Array.from({ length: tile.width }, (_, i) => bytes.subarray(i * HASH_SIZE, (i + 1) * HASH_SIZE));
}

function hashOfSlice(
  hasher: TreeHasher,
  { offset, count }: TileSlice,
  hashes: readonly Uint8Array[],
): Uint8Array {
  return computeRoot(hasher, hashes.slice(offset, offset + count));
}
