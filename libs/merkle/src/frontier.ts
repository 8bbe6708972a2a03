/**
 * The frontier of a growing tree: the hashes of the complete subtrees that its size decomposes into, left to right
 * (one per set bit of the size). It is all that is needed to append and to know the root, so a log of 2^40 entries
 * carries 40 hashes. RFC 9162 §2.1.2 is the same algorithm.
 */
import { MerkleError } from './errors.js';
import { foldFromRight, frontierNodes } from './node-id.js';
import { assertHash, assertHashes } from './preconditions.js';
import { type TreeHasher } from './tree-hasher.js';

/** Appends in one node hash per leaf on average; keeps the arrays it is given, which must not change afterwards. */
export class Frontier {
  readonly #hasher: TreeHasher;
  readonly #hashes: Uint8Array[];
  #size: number;

  private constructor(hasher: TreeHasher, size: number, hashes: Uint8Array[]) {
    this.#hasher = hasher;
    this.#size = size;
    this.#hashes = hashes;
  }

  /** The frontier of the tree without leaves. */
  static empty(hasher: TreeHasher): Frontier {
    return new Frontier(hasher, 0, []);
  }

  /**
   * The frontier of a known tree: `hashes` are those of {@link frontierNodes}(size), in that order. They are not
   * verified: compare {@link root} with a trusted root hash. Throws `size-out-of-range`, `hash-count`, `hash-size`.
   */
  static from(hasher: TreeHasher, size: number, hashes: readonly Uint8Array[]): Frontier {
    assertHashes(hashes, frontierNodes(size).length, `frontier hashes for size ${size}`);
    return new Frontier(hasher, size, [...hashes]);
  }

  /** Leaves in the tree. */
  get size(): number {
    return this.#size;
  }

  /** The hashes of the complete subtrees, largest first; a copy of the list, not of the hashes. */
  get hashes(): readonly Uint8Array[] {
    return [...this.#hashes];
  }

  /**
   * Adds one leaf on the right and calls `onNode` for every node above it that becomes complete, from the lowest
   * (level 1) up. Throws `hash-size`, and `size-out-of-range` at 2^53−1 leaves.
   */
  append(leafHash: Uint8Array, onNode?: (level: number, hash: Uint8Array) => void): void {
    assertHash(leafHash, 'leaf hash');
    if (this.#size === Number.MAX_SAFE_INTEGER) {
      throw new MerkleError('size-out-of-range', 'tree size is 2^53−1, want room for one more leaf');
    }
    let hash = leafHash;
    let level = 0;
    // Like a carry in binary addition: each trailing 1 bit of the size is a subtree that this leaf completes a pair for.
    for (let size = this.#size; size % 2 === 1; size = (size - 1) / 2) {
      hash = this.#hasher.hashChildren(this.#hashes.pop() as Uint8Array, hash);
      onNode?.(++level, hash);
    }
    this.#hashes.push(hash);
    this.#size += 1;
  }

  /** The root hash of the tree as it is now; at most 52 node hashes. */
  root(): Uint8Array {
    return this.#size === 0
      ? this.#hasher.emptyRoot()
      : new Uint8Array(foldFromRight(this.#hasher, this.#hashes));
  }

  /** An independent frontier of the same tree. */
  clone(): Frontier {
    return new Frontier(this.#hasher, this.#size, [...this.#hashes]);
  }
}
