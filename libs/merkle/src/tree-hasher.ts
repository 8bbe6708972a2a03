/**
 * Leaf and node hashes of RFC 6962 §2.1 (the same in RFC 9162 §2.1.1): leaf = SHA-256(00 ‖ entry), node =
 * SHA-256(01 ‖ left ‖ right). The two prefixes keep a node from ever being passed off as a leaf. SHA-256 itself is
 * injected, so that a server hashes with native code and a browser with portable code, over one set of rules.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { assertHash, HASH_SIZE } from './preconditions.js';

/** SHA-256. It must be done with `data` when it returns and return a fresh array: inputs are reused buffers. */
export type HashFunction = (data: Uint8Array) => Uint8Array;

/** The three hashes a tree is made of. */
export interface TreeHasher {
  readonly hashSize: typeof HASH_SIZE;
  /** SHA-256(00 ‖ entry), of an entry of any length. */
  hashLeaf(entry: Uint8Array): Uint8Array;
  /** SHA-256(01 ‖ left ‖ right). Throws `hash-size`. */
  hashChildren(left: Uint8Array, right: Uint8Array): Uint8Array;
  /** The root of the tree without leaves: SHA-256 of nothing. */
  emptyRoot(): Uint8Array;
}

const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;
/** Leaf inputs up to this size share one buffer per hasher; larger ones are rare and get their own. */
const LEAF_SCRATCH_SIZE = 1024;

/** Makes a hasher that allocates nothing but its results. `sha256`: see {@link HashFunction}. */
export function createTreeHasher(sha256: HashFunction): TreeHasher {
  const nodeScratch = new Uint8Array(1 + 2 * HASH_SIZE);
  nodeScratch[0] = NODE_PREFIX;
  const leafScratch = new Uint8Array(1 + LEAF_SCRATCH_SIZE);
  leafScratch[0] = LEAF_PREFIX;
  let leafInput = leafScratch.subarray(0, 1);
  return {
    hashSize: HASH_SIZE,
    hashLeaf(entry) {
      const size = 1 + entry.length;
      if (size > leafScratch.length) {
        const input = new Uint8Array(size);
        input[0] = LEAF_PREFIX;
        input.set(entry, 1);
        return sha256(input);
      }
      // Entries of a log mostly have one length: keep the view and save an allocation per leaf.
      if (leafInput.length !== size) leafInput = leafScratch.subarray(0, size);
      leafInput.set(entry, 1);
      return sha256(leafInput);
    },
    hashChildren(left, right) {
      assertHash(left, 'left child');
      assertHash(right, 'right child');
      nodeScratch.set(left, 1);
      nodeScratch.set(right, 1 + HASH_SIZE);
      return sha256(nodeScratch);
    },
    emptyRoot() {
      return sha256(new Uint8Array(0));
    },
  };
}

/** The hasher that runs anywhere; about half the speed of native code. */
export const portableTreeHasher: TreeHasher = createTreeHasher(sha256);
