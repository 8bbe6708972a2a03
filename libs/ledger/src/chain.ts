/**
 * The state of the chain of blocks and what a block is. One RFC 6962 tree over all entries carries the security; the
 * chain of headers over the same entries gives addresses, batches and a replay that needs no tree. docs/formats/block.md
 * says which of the two proves what.
 */
import { type CryptoSuite } from '@cunzheng/crypto';
import { createTreeHasher, type Frontier, type TreeHasher } from '@cunzheng/merkle';
import { type BlockHeader } from './block-header.js';
import { parseOrigin } from './origin.js';

/** What is fixed for all blocks of one log. */
export interface Chain {
  readonly origin: string;
  readonly crypto: CryptoSuite;
  readonly hasher: TreeHasher;
}

/** The body of a public entry (type 02): entry number `ordinal` of the block, from 0. */
export interface PublicBody {
  readonly ordinal: number;
  readonly body: Uint8Array;
}

/** A block as it is stored and sent. */
export interface Block {
  /** J(header), the text as it was hashed. */
  readonly header: string;
  /** count × 68 bytes. Without the header's own entry: that follows from the header. */
  readonly entries: Uint8Array;
  /** The bodies of all type 02 entries, by ordinal. */
  readonly bodies: readonly PublicBody[];
}

/** The state after a block, all that is needed to check or build the next. Nobody changes `frontier`: clone it. */
export interface ChainHead {
  readonly height: number;
  /** Leaves in the tree, header entries included. */
  readonly treeSize: number;
  /** SHA-256 of J(header), hex. */
  readonly headerHash: string;
  readonly createdAt: string;
  readonly frontier: Frontier;
  /** The block ended with a `close` event: no other may follow. */
  readonly isClosed: boolean;
}

declare const verified: unique symbol;

/**
 * A block whose rules hold after one particular head; only `verifyBlock` and `BlockBuilder` make these. It shares the
 * bytes of `block`, which must not change afterwards.
 */
export interface VerifiedBlock {
  readonly [verified]: true;
  readonly block: Block;
  readonly header: BlockHeader;
  /** The header's own entry. */
  readonly headerEntry: Uint8Array;
  /**
   * Per tile level the hashes that the block adds to the log's tree, concatenated. Level 0: the leaf hashes of the entries
   * and then of the header's own, (count + 1) × 32 bytes.
   */
  readonly tileHashes: readonly Uint8Array[];
  /** The state after the block. */
  readonly head: ChainHead;
}

/** The chain of the log `origin`. Throws `origin-invalid`, and CryptoError if `crypto` lacks SHA-256 or SM3. */
export function createChain(crypto: CryptoSuite, origin: string): Chain {
  parseOrigin(origin);
  crypto.digest('sm3');
  const sha256 = crypto.digest('sha-256');
  return { origin, crypto, hasher: createTreeHasher((data) => sha256.hash(data)) };
}
