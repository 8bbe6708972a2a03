/**
 * The hashing that building and verifying a block share: per entry one leaf hash, one node hash of the batch's own tree
 * and one of the log's tree, as the entries come, so that it can be done in slices between which others run.
 */
import { Frontier } from '@cunzheng/merkle';
import { type BlockHeader, hashBlockHeader, treeSizeAfter } from './block-header.js';
import { type Block, type Chain, type ChainHead, type VerifiedBlock } from './chain.js';
import { computeEntry, ENTRY_SIZE, EntryType, entryTypeAt } from './entry.js';
import { verifyEndOfBlock } from './end-of-block.js';
import { LedgerError } from './ledger-error.js';
import { TileHashes } from './tile-hashes.js';

const encoder = new TextEncoder();

export class Batch {
  readonly #chain: Chain;
  readonly #tileHashes = new TileHashes();
  readonly #batchFrontier: Frontier;
  readonly #logFrontier: Frontier;
  #closed = false;

  constructor(chain: Chain, head: ChainHead | null) {
    this.#chain = chain;
    this.#batchFrontier = Frontier.empty(chain.hasher);
    this.#logFrontier = head === null ? Frontier.empty(chain.hasher) : head.frontier.clone();
  }

  get count(): number {
    return this.#tileHashes.leafCount;
  }

  /** The root hash over the entries so far. */
  get batchRoot(): Uint8Array {
    return this.#batchFrontier.root();
  }

  /** Adds concatenated entries and calls `onEvent` with the ordinal of each of type 02. Throws `entry-invalid`, `entry-type`. */
  append(entries: Uint8Array, onEvent: (ordinal: number) => void): void {
    if (entries.length % ENTRY_SIZE !== 0) {
      throw new LedgerError(
        'entry-invalid',
        `entries are ${entries.length} bytes, want a multiple of ${ENTRY_SIZE}`,
      );
    }
    for (let offset = 0; offset < entries.length; offset += ENTRY_SIZE) {
      const type = entryTypeAt(entries, offset);
      if (type === EntryType.event) onEvent(this.count);
      // Otherwise a block could carry a second header that claims to close it.
      if (type === EntryType.block) {
        throw new LedgerError(
          'entry-type',
          `entry ${this.count} of the block is of type 00, which only its header is`,
        );
      }
      this.#appendEntry(entries.subarray(offset, offset + ENTRY_SIZE));
    }
  }

  /** Adds the header's own entry and gives the block with the state after it. The batch is used up. Throws what `verifyEndOfBlock` throws. */
  close(block: Block, header: BlockHeader): VerifiedBlock {
    if (this.#closed) throw new LedgerError('closed', 'the batch was closed before');
    this.#closed = true;
    const text = encoder.encode(block.header);
    const headerEntry = computeEntry(this.#chain.crypto, EntryType.block, text);
    const leafHash = this.#chain.hasher.hashLeaf(headerEntry);
    this.#appendToLog(leafHash);
    const head: ChainHead = {
      height: header.height,
      treeSize: treeSizeAfter(header),
      headerHash: hashBlockHeader(this.#chain.crypto, text),
      createdAt: header.createdAt,
      frontier: this.#logFrontier,
      isClosed: verifyEndOfBlock(block, header),
    };
    const tileHashes = this.#tileHashes.levels();
    return { block, header, headerEntry, tileHashes, head } as unknown as VerifiedBlock;
  }

  #appendEntry(entry: Uint8Array): void {
    const leafHash = this.#chain.hasher.hashLeaf(entry);
    this.#batchFrontier.append(leafHash);
    this.#appendToLog(leafHash);
  }

  #appendToLog(leafHash: Uint8Array): void {
    this.#tileHashes.appendLeaf(leafHash);
    this.#logFrontier.append(leafHash, this.#tileHashes.appendNode);
  }
}
