/**
 * The root hash of a list of leaf hashes, MTH of RFC 6962 §2.1 / RFC 9162 §2.1.1. Works level by level: hashing
 * neighbours in pairs and passing an odd last node up unchanged gives the same tree as the RFC's recursion, which
 * splits at the largest power of two.
 */
import { assertHash } from './preconditions.js';
import { type TreeHasher } from './tree-hasher.js';

/**
 * The root hash over `leafHashes` (32 bytes each; none: the empty root). n − 1 node hashes, one scratch list of n/2.
 * Throws `hash-size`.
 */
export function computeRoot(hasher: TreeHasher, leafHashes: readonly Uint8Array[]): Uint8Array {
  const first = leafHashes[0];
  if (first === undefined) return hasher.emptyRoot();
  if (leafHashes.length === 1) {
    assertHash(first, 'leaf hash');
    return new Uint8Array(first);
  }
  const level = pairUp(
    hasher,
    leafHashes,
    new Array<Uint8Array>(Math.ceil(leafHashes.length / 2)),
    leafHashes.length,
  );
  for (let size = level.length; size > 1; size = Math.ceil(size / 2)) pairUp(hasher, level, level, size);
  // One hash is left, at the front.
  return level[0] as Uint8Array;
}

/** Writes the parents of the first `size` hashes of `from` to the front of `to`, which may be `from`. */
function pairUp(
  hasher: TreeHasher,
  from: readonly Uint8Array[],
  to: Uint8Array[],
  size: number,
): Uint8Array[] {
  const pairs = Math.floor(size / 2);
  for (let i = 0; i < pairs; i++) {
    to[i] = hasher.hashChildren(from[2 * i] as Uint8Array, from[2 * i + 1] as Uint8Array);
  }
  if (size % 2 === 1) {
    const last = from[size - 1];
    assertHash(last, 'leaf hash');
    to[pairs] = last;
  }
  return to;
}
