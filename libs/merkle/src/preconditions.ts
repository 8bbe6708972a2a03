/**
 * Preconditions shared by every public function. Sizes and indices are JavaScript integers up to 2^53−1: `JSON.parse`
 * turns a larger number into a wrong one silently, so anything that is not a *safe* integer is refused, and no code
 * here applies a 32-bit operator to one.
 */
import { MerkleError } from './errors.js';

/** Bytes in every hash of the tree (SHA-256). */
export const HASH_SIZE = 32;

/** Throws `size-out-of-range` unless `size` is an integer in 0…2^53−1. */
export function assertTreeSize(size: number, name = 'tree size'): void {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new MerkleError('size-out-of-range', `${name} is ${size}, want an integer in 0…2^53−1`);
  }
}

/** Throws `index-out-of-range` unless `index` is an integer in [0, size). */
export function assertLeafIndex(index: number, size: number): void {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) {
    throw new MerkleError(
      'index-out-of-range',
      `leaf index is ${index}, want an integer in 0…size−1, size ${size}`,
    );
  }
}

/** Throws `size-out-of-range` unless 0 < size1 ≤ size2, the domain of consistency (RFC 9162 §2.1.4). */
export function assertSizePair(size1: number, size2: number): void {
  assertTreeSize(size1, 'first tree size');
  assertTreeSize(size2, 'second tree size');
  if (size1 === 0) {
    throw new MerkleError(
      'size-out-of-range',
      'first tree size is 0, want at least 1: an empty tree commits to nothing',
    );
  }
  if (size1 > size2) {
    throw new MerkleError(
      'size-out-of-range',
      `first tree size is ${size1}, want at most the second, ${size2}`,
    );
  }
}

/** Throws `hash-size` unless `hash` is 32 bytes. */
export function assertHash(hash: Uint8Array | undefined, name: string): asserts hash is Uint8Array {
  if (!(hash instanceof Uint8Array) || hash.length !== HASH_SIZE) {
    const got = hash instanceof Uint8Array ? `${hash.length} bytes` : typeof hash;
    throw new MerkleError('hash-size', `${name} is ${got}, want ${HASH_SIZE} bytes`);
  }
}

/** Throws `hash-count` or `hash-size` unless `hashes` are exactly `count` hashes. */
export function assertHashes(hashes: readonly Uint8Array[], count: number, name: string): void {
  if (hashes.length !== count) {
    throw new MerkleError('hash-count', `got ${hashes.length} ${name}, want ${count}`);
  }
  for (const hash of hashes) assertHash(hash, `one of the ${name}`);
}

/** Byte equality. Not constant in time: everything in this library is public. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return false;
  }
  return true;
}
