/**
 * The tree exactly as RFC 6962 §2.1 writes it down: recursive, on the leaves, with no cleverness and no code of the
 * library. What the library computes is compared with this.
 */
import { createHash } from 'node:crypto';

/** SHA-256 over the concatenation of `parts`. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

/** SHA-256(00 ‖ entry). */
export function naiveLeafHash(entry: Uint8Array): Uint8Array {
  return sha256(Uint8Array.of(0), entry);
}

/** SHA-256(01 ‖ left ‖ right). */
export function naiveNodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(Uint8Array.of(1), left, right);
}

/** The largest power of two smaller than n (n > 1). */
export function splitPoint(n: number): number {
  let k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

/** MTH(D[n]), on leaf hashes. */
export function naiveRoot(leafHashes: readonly Uint8Array[]): Uint8Array {
  if (leafHashes.length === 0) return sha256();
  if (leafHashes.length === 1) return leafHashes[0]!;
  const k = splitPoint(leafHashes.length);
  return naiveNodeHash(naiveRoot(leafHashes.slice(0, k)), naiveRoot(leafHashes.slice(k)));
}

/** PATH(m, D[n]), §2.1.1. */
export function naiveInclusionProof(m: number, leafHashes: readonly Uint8Array[]): Uint8Array[] {
  if (leafHashes.length === 1) return [];
  const k = splitPoint(leafHashes.length);
  const [left, right] = [leafHashes.slice(0, k), leafHashes.slice(k)];
  return m < k
    ? [...naiveInclusionProof(m, left), naiveRoot(right)]
    : [...naiveInclusionProof(m - k, right), naiveRoot(left)];
}

/** PROOF(m, D[n]), §2.1.2. */
export function naiveConsistencyProof(m: number, leafHashes: readonly Uint8Array[]): Uint8Array[] {
  return subproof(m, leafHashes, true);
}

/** SUBPROOF(m, D[n], b), §2.1.2. */
function subproof(m: number, leafHashes: readonly Uint8Array[], isWholeOldTree: boolean): Uint8Array[] {
  if (m === leafHashes.length) return isWholeOldTree ? [] : [naiveRoot(leafHashes)];
  const k = splitPoint(leafHashes.length);
  const [left, right] = [leafHashes.slice(0, k), leafHashes.slice(k)];
  return m <= k
    ? [...subproof(m, left, isWholeOldTree), naiveRoot(right)]
    : [...subproof(m - k, right, false), naiveRoot(left)];
}

/** Leaf hashes of the entries "0", "1", … */
export function numberedLeaves(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => naiveLeafHash(new TextEncoder().encode(String(i))));
}

/** The root of the complete subtree at (level, index), straight from the leaves. */
export function naiveNode(leafHashes: readonly Uint8Array[], level: number, index: number): Uint8Array {
  return naiveRoot(leafHashes.slice(index * 2 ** level, (index + 1) * 2 ** level));
}
