/**
 * Verification of consistency proofs, RFC 9162 §2.1.4.2. Everything but the hasher comes from an attacker; the sizes
 * fix the one length a proof may have.
 */
import { MerkleError } from './errors.js';
import { assertHash, assertSizePair, equalBytes } from './preconditions.js';
import { lastSubtree } from './proof-nodes.js';
import { type TreeHasher } from './tree-hasher.js';
import { assertProofLength, inclusionProofLength } from './verify-inclusion.js';

/**
 * Returns if the tree (size2, root2) begins with the leaves of the tree (size1, root1). Requires 0 < size1 ≤ size2:
 * an empty tree commits to nothing, so size 0 is the caller's case to settle. Throws `size-out-of-range`,
 * `proof-length`, `hash-size`, `root-mismatch`. Between equal sizes consistency is equality of the roots, and no more
 * than that is checked of them.
 */
export function verifyConsistency(
  hasher: TreeHasher,
  size1: number,
  size2: number,
  root1: Uint8Array,
  root2: Uint8Array,
  proof: readonly Uint8Array[],
): void {
  assertSizePair(size1, size2);
  if (size1 === size2) {
    assertProofLength(proof, 0);
    assertSameRoot(root1, root2, `roots of two trees of size ${size1} differ`);
    return;
  }
  assertHash(root1, 'first root hash');
  assertHash(root2, 'second root hash');
  const start = lastSubtree(size1);
  // The largest complete subtree that ends where the old tree ends is either the old tree itself or the first element.
  const knownStart = start.index === 0;
  const last = Math.floor((size2 - 1) / 2 ** start.level);
  assertProofLength(proof, inclusionProofLength(start.index, last + 1) + (knownStart ? 0 : 1));
  const [seed, siblings] = knownStart ? [root1, proof] : [proof[0] as Uint8Array, proof.slice(1)];
  const [old, current] = foldBoth(hasher, start.index, last, seed, siblings);
  assertSameRoot(old, root1, `consistency proof leads to another root of size ${size1}`);
  assertSameRoot(current, root2, `consistency proof leads to another root of size ${size2}`);
}

/**
 * Climbs from the start subtree to both roots at once: a left sibling is part of both trees, a right one only of the
 * new. `index` and `last` count subtrees of the start's size.
 */
function foldBoth(
  hasher: TreeHasher,
  index: number,
  last: number,
  seed: Uint8Array,
  siblings: readonly Uint8Array[],
): [old: Uint8Array, current: Uint8Array] {
  let [old, current] = [seed, seed];
  for (const sibling of siblings) {
    for (; index === last && index % 2 === 0; last /= 2) index /= 2;
    if (index % 2 === 1) {
      old = hasher.hashChildren(sibling, old);
      current = hasher.hashChildren(sibling, current);
    } else {
      current = hasher.hashChildren(current, sibling);
    }
    index = Math.floor(index / 2);
    last = Math.floor(last / 2);
  }
  return [old, current];
}

function assertSameRoot(got: Uint8Array, want: Uint8Array, message: string): void {
  if (!equalBytes(got, want)) throw new MerkleError('root-mismatch', message);
}
