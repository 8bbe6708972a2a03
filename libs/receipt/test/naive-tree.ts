/** RFC 6962 §2.1 as it is written there: recursive, slow, and independent of libs/merkle. */
import { createHash } from 'node:crypto';

export function sha256(...parts: Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.digest());
}

/** MTH(D[n]) over entries. Requires at least one. */
export function naiveRoot(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length === 1) return sha256(Uint8Array.of(0), entries[0]!);
  const k = split(entries.length);
  return sha256(Uint8Array.of(1), naiveRoot(entries.slice(0, k)), naiveRoot(entries.slice(k)));
}

/** PATH(m, D[n]). */
export function naiveProof(index: number, entries: readonly Uint8Array[]): Uint8Array[] {
  if (entries.length === 1) return [];
  const k = split(entries.length);
  return index < k
    ? [...naiveProof(index, entries.slice(0, k)), naiveRoot(entries.slice(k))]
    : [...naiveProof(index - k, entries.slice(k)), naiveRoot(entries.slice(0, k))];
}

/** PROOF(m, D[n]) of RFC 6962 §2.1.2. Requires 0 < m ≤ n. */
export function naiveConsistency(m: number, entries: readonly Uint8Array[], isWhole = true): Uint8Array[] {
  const n = entries.length;
  if (m === n) return isWhole ? [] : [naiveRoot(entries)];
  const k = split(n);
  return m <= k
    ? [...naiveConsistency(m, entries.slice(0, k), isWhole), naiveRoot(entries.slice(k))]
    : [...naiveConsistency(m - k, entries.slice(k), false), naiveRoot(entries.slice(0, k))];
}

/** The largest power of two smaller than n. */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}
