/**
 * Which nodes a proof is made of (RFC 6962 §2.1.1, §2.1.2), as pure arithmetic. Each proof element is the hash of a
 * sibling on the way from a start node up to the root. All siblings are complete subtrees, except possibly one at the
 * right edge of the tree, which is folded from several. Hence a list of nodes per element.
 */
import { isComplete, type NodeId, nodesOfRange } from './node-id.js';
import { assertLeafIndex, assertSizePair, assertTreeSize } from './preconditions.js';

/** One proof element: fold these nodes' hashes from the right ({@link foldFromRight}); usually there is just one. */
export type ProofElement = readonly NodeId[];

/** The elements of the inclusion proof of a leaf, lowest first. Requires 0 ≤ leafIndex < treeSize ≤ 2^53−1, else throws. */
export function inclusionProofNodes(leafIndex: number, treeSize: number): ProofElement[] {
  assertTreeSize(treeSize);
  assertLeafIndex(leafIndex, treeSize);
  return siblingsOf({ level: 0, index: leafIndex }, treeSize);
}

/**
 * The elements of the consistency proof from `size1` to `size2`, in proof order. Requires 0 < size1 ≤ size2 ≤ 2^53−1,
 * else throws `size-out-of-range`; equal sizes need none.
 */
export function consistencyProofNodes(size1: number, size2: number): ProofElement[] {
  assertSizePair(size1, size2);
  if (size1 === size2) return [];
  // The largest complete subtree that ends where the old tree ends; the proof is its inclusion in the new tree.
  const start = lastSubtree(size1);
  const siblings = siblingsOf(start, size2);
  // When that subtree is the whole old tree, its hash is the old root, which the verifier has.
  return start.index === 0 ? siblings : [[start], ...siblings];
}

/** The complete subtree [size − 2^k, size) where 2^k is the largest power of two dividing `size`. Requires size > 0. */
export function lastSubtree(size: number): NodeId {
  let level = 0;
  let rest = size;
  for (; rest % 2 === 0; rest /= 2) level++;
  return { level, index: rest - 1 };
}

/** The siblings on the path from a complete subtree to the root of the tree of `treeSize` leaves. */
function siblingsOf(start: NodeId, treeSize: number): ProofElement[] {
  const elements: ProofElement[] = [];
  let { level, index } = start;
  let last = Math.floor((treeSize - 1) / 2 ** level);
  for (; last > 0; level++) {
    if (index % 2 === 1) elements.push([{ level, index: index - 1 }]);
    else if (index < last) elements.push(rightSibling({ level, index: index + 1 }, treeSize));
    // else: the last node of its level has no sibling there and is passed up unchanged.
    index = Math.floor(index / 2);
    last = Math.floor(last / 2);
  }
  return elements;
}

function rightSibling(node: NodeId, treeSize: number): ProofElement {
  return isComplete(node, treeSize) ? [node] : nodesOfRange(node.index * 2 ** node.level, treeSize);
}
