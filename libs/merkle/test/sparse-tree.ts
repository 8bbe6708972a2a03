/**
 * A tree with up to 2^53−1 leaves that fits in memory: all leaves are alike except for a few. The hash of a range is the
 * RFC's recursion, remembered by size where the range holds only like leaves.
 */
import { naiveLeafHash, naiveNodeHash, splitPoint } from './naive-tree.js';

const plainLeaf = naiveLeafHash(new TextEncoder().encode('plain'));

export class SparseTree {
  readonly #plain = new Map<number, Uint8Array>([[1, plainLeaf]]);
  readonly #special: readonly number[];

  /** The leaves numbered in `special` are each different from all others. */
  constructor(special: readonly number[]) {
    this.#special = special;
  }

  leafHash(index: number): Uint8Array {
    return this.#special.includes(index)
      ? naiveLeafHash(new TextEncoder().encode(`special ${index}`))
      : plainLeaf;
  }

  /** The tree hash over leaves [begin, end). */
  rangeHash(begin: number, end: number): Uint8Array {
    if (!this.#special.some((index) => begin <= index && index < end)) return this.#plainHash(end - begin);
    if (end - begin === 1) return this.leafHash(begin);
    const k = begin + splitPoint(end - begin);
    return naiveNodeHash(this.rangeHash(begin, k), this.rangeHash(k, end));
  }

  #plainHash(size: number): Uint8Array {
    const known = this.#plain.get(size);
    if (known) return known;
    const k = splitPoint(size);
    const hash = naiveNodeHash(this.#plainHash(k), this.#plainHash(size - k));
    this.#plain.set(size, hash);
    return hash;
  }
}
