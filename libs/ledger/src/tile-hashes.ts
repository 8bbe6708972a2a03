/**
 * The hashes that a block adds to each level of tiles (C2SP tlog-tiles: level L holds the nodes at tree level 8·L), taken
 * as they are computed anyway: whoever writes or compares tiles hashes nothing a second time.
 */
import { HASH_SIZE, TILE_HEIGHT, TILE_WIDTH } from '@cunzheng/merkle';

export class TileHashes {
  #leaves = new Uint8Array(TILE_WIDTH * HASH_SIZE);
  #leafCount = 0;
  /** Of the levels from 1 on. */
  readonly #upper: Uint8Array[][] = [];

  get leafCount(): number {
    return this.#leafCount;
  }

  appendLeaf(leafHash: Uint8Array): void {
    const end = this.#leafCount * HASH_SIZE;
    if (end === this.#leaves.length) this.#grow();
    this.#leaves.set(leafHash, end);
    this.#leafCount++;
  }

  /** Takes a node of the log's tree that became complete, whatever its tree level; keeps the hash. */
  readonly appendNode = (treeLevel: number, hash: Uint8Array): void => {
    if (treeLevel % TILE_HEIGHT === 0) (this.#upper[treeLevel / TILE_HEIGHT - 1] ??= []).push(hash);
  };

  /** Per tile level that grows, the hashes, concatenated. */
  levels(): Uint8Array[] {
    return [this.#leaves.subarray(0, this.#leafCount * HASH_SIZE), ...this.#upper.map(concat)];
  }

  #grow(): void {
    const larger = new Uint8Array(this.#leaves.length * 2);
    larger.set(this.#leaves);
    this.#leaves = larger;
  }
}

/** Number of the first hash that a block adds to a tile level, the tree being of `treeSize` before it. */
export function firstTileHash(level: number, treeSize: number): number {
  return Math.floor(treeSize / TILE_WIDTH ** level);
}

function concat(hashes: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(hashes.length * HASH_SIZE);
  for (const [i, hash] of hashes.entries()) all.set(hash, i * HASH_SIZE);
  return all;
}
