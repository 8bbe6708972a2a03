/**
 * Verification of inclusion proofs, RFC 9162 §2.1.3.2. Everything but the hasher comes from an attacker. The position
 * fixes the one length a proof may have, so neither a cut nor a padded proof reaches the hash function.
 */
import { MerkleError } from './errors.js';
import { assertHash, assertLeafIndex, assertTreeSize, equalBytes } from './preconditions.js';
import { type TreeHasher } from './tree-hasher.js';

/**
 * The root hash that the proof leads to; the caller compares it with a trusted one. Requires 0 ≤ leafIndex < treeSize;
 * hashes are 32 bytes, `proof` lowest first. Throws `size-out-of-range`, `index-out-of-range`, `hash-size`,
 * `proof-length`.
 */
export function rootFromInclusionProof(
  hasher: TreeHasher,
  leafIndex: number,
  treeSize: number,
  leafHash: Uint8Array,
  proof: readonly Uint8Array[],
): Uint8Array {
  assertTreeSize(treeSize);
  assertLeafIndex(leafIndex, treeSize);
  assertHash(leafHash, 'leaf hash');
  assertProofLength(proof, inclusionProofLength(leafIndex, treeSize));
  let hash: Uint8Array = new Uint8Array(leafHash);
  let index = leafIndex;
  let last = treeSize - 1;
  for (const sibling of proof) {
    // Without a sibling on this level the node is its own parent: go up to the next level that has one. The exact
    // length means that there is one: `last` > 0 here.
    for (; index === last && index % 2 === 0; last /= 2) index /= 2;
    hash = index % 2 === 1 ? hasher.hashChildren(sibling, hash) : hasher.hashChildren(hash, sibling);
    index = Math.floor(index / 2);
    last = Math.floor(last / 2);
  }
  return hash;
}

/**
 * Returns if the leaf with `leafHash` is number `leafIndex` of the tree with `treeSize` leaves and root hash `root`;
 * otherwise throws `root-mismatch`, or as {@link rootFromInclusionProof}.
 */
export function verifyInclusion(
  hasher: TreeHasher,
  leafIndex: number,
  treeSize: number,
  leafHash: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): void {
  assertHash(root, 'root hash');
  if (!equalBytes(rootFromInclusionProof(hasher, leafIndex, treeSize, leafHash, proof), root)) {
    throw new MerkleError(
      'root-mismatch',
      `inclusion proof of leaf ${leafIndex} leads to another root of size ${treeSize}`,
    );
  }
}

/** The number of hashes in the inclusion proof of a leaf. Requires 0 ≤ leafIndex < treeSize. */
export function inclusionProofLength(leafIndex: number, treeSize: number): number {
  let length = 0;
  let index = leafIndex;
  for (let last = treeSize - 1; last > 0; last = Math.floor(last / 2)) {
    if (index % 2 === 1 || index < last) length++;
    index = Math.floor(index / 2);
  }
  return length;
}

/** Throws `proof-length` or `hash-size` unless `proof` is `want` hashes. */
export function assertProofLength(proof: readonly Uint8Array[], want: number): void {
  if (proof.length !== want) {
    throw new MerkleError('proof-length', `proof has ${proof.length} hashes, want ${want}`);
  }
  for (const hash of proof) assertHash(hash, 'proof element');
}
