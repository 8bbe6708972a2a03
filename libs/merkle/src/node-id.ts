/**
 * Addresses of tree nodes. Only complete subtrees have an address, because only their hashes never change again:
 * (level, index) is the root of the subtree over leaves [index·2^level, (index+1)·2^level). Any other range that a
 * tree hash spans (RFC 6962 §2.1) is a row of complete subtrees, folded from the right.
 */
import { MerkleError } from './errors.js';
import { assertTreeSize } from './preconditions.js';
import { type TreeHasher } from './tree-hasher.js';

/** The root of the complete subtree over leaves [index·2^level, (index+1)·2^level). */
export interface NodeId {
  readonly level: number;
  readonly index: number;
}

/** Reads the hashes of the nodes asked for, in that order. */
export type ReadNodes = (ids: readonly NodeId[]) => Promise<Uint8Array[]>;

/** A tree of at most 2^53−1 leaves has no complete subtree above this level. */
const MAX_LEVEL = 52;

/** Whether `node` is complete in a tree of `treeSize` leaves. Exact: a product with a power of two never rounds up here. */
export function isComplete(node: NodeId, treeSize: number): boolean {
  return (node.index + 1) * 2 ** node.level <= treeSize;
}

/** Throws `index-out-of-range` for an impossible address and `node-incomplete` for one beyond the tree. */
export function assertNodeInTree(node: NodeId, treeSize: number): void {
  const { level, index } = node;
  if (
    !Number.isInteger(level) ||
    level < 0 ||
    level > MAX_LEVEL ||
    !Number.isSafeInteger(index) ||
    index < 0
  ) {
    throw new MerkleError(
      'index-out-of-range',
      `node is (${level}, ${index}), want level 0…${MAX_LEVEL} and an integer`,
    );
  }
  if (!isComplete(node, treeSize)) {
    throw new MerkleError(
      'node-incomplete',
      `node (${level}, ${index}) is not complete in a tree of size ${treeSize}`,
    );
  }
}

/**
 * The complete subtrees that cover leaves [begin, end), left to right, as few as possible. Requires that `begin` is a
 * multiple of the smallest power of two ≥ end − begin, as it is for every range a tree hash spans: so each subtree is
 * aligned and they only shrink.
 */
export function nodesOfRange(begin: number, end: number): NodeId[] {
  const nodes: NodeId[] = [];
  let position = begin;
  let level = MAX_LEVEL;
  while (position < end) {
    while (2 ** level > end - position) level--;
    nodes.push({ level, index: position / 2 ** level });
    position += 2 ** level;
  }
  return nodes;
}

/** The nodes of the frontier of a tree of `size` leaves: what {@link Frontier.from} needs. Throws `size-out-of-range`. */
export function frontierNodes(size: number): NodeId[] {
  assertTreeSize(size);
  return nodesOfRange(0, size);
}

/** Folds the hashes of adjacent subtrees (one or more, left to right, shrinking) into the hash of their whole range. */
export function foldFromRight(hasher: TreeHasher, hashes: readonly Uint8Array[]): Uint8Array {
  return hashes.reduceRight((right, left) => hasher.hashChildren(left, right));
}
