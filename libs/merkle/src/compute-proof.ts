/**
 * Inclusion and consistency proofs (RFC 6962 §2.1.1, §2.1.2) computed from stored nodes, wherever these come from:
 * tiles, memory, a database. The nodes are believed: whoever does not trust their source verifies the result.
 */
import { foldFromRight, type ReadNodes } from './node-id.js';
import { assertHashes } from './preconditions.js';
import { consistencyProofNodes, inclusionProofNodes, type ProofElement } from './proof-nodes.js';
import { type TreeHasher } from './tree-hasher.js';

/**
 * The inclusion proof of leaf `leafIndex` in the tree of the first `treeSize` leaves: 32-byte hashes, lowest first.
 * Calls `readNodes` at most once. Throws `index-out-of-range`, `size-out-of-range`, `hash-count`, `hash-size`.
 */
export async function computeInclusionProof(
  hasher: TreeHasher,
  leafIndex: number,
  treeSize: number,
  readNodes: ReadNodes,
): Promise<Uint8Array[]> {
  return readElements(hasher, inclusionProofNodes(leafIndex, treeSize), readNodes);
}

/**
 * The proof that the tree of the first `size2` leaves extends that of the first `size1` (0 < size1 ≤ size2), in RFC
 * order; equal sizes give an empty proof. Calls `readNodes` at most once. Throws `size-out-of-range`, `hash-count`,
 * `hash-size`.
 */
export async function computeConsistencyProof(
  hasher: TreeHasher,
  size1: number,
  size2: number,
  readNodes: ReadNodes,
): Promise<Uint8Array[]> {
  return readElements(hasher, consistencyProofNodes(size1, size2), readNodes);
}

async function readElements(
  hasher: TreeHasher,
  elements: readonly ProofElement[],
  readNodes: ReadNodes,
): Promise<Uint8Array[]> {
  const ids = elements.flat();
  if (ids.length === 0) return [];
  const hashes = await readNodes(ids);
  assertHashes(hashes, ids.length, 'node hashes');
  let next = 0;
  return elements.map((element) => foldFromRight(hasher, hashes.slice(next, (next += element.length))));
}
