/**
 * Builds the next block from entries that arrive in slices: a worker appends a few hundred, lets others run, and goes
 * on. The result has passed the same rules that `verifyBlock` checks.
 */
import { Batch } from './batch.js';
import { BLOCK_FORMAT, formatBlockHeader, NO_PREVIOUS_HASH, parseBlockHeader } from './block-header.js';
import { type Chain, type ChainHead, type PublicBody, type VerifiedBlock } from './chain.js';
import { computeEntry, EntryType } from './entry.js';
import { parseEvent } from './events/event.js';
import { formatHex } from './hex.js';
import { LedgerError } from './ledger-error.js';
import { verifyHeaderFollows, verifyOpening } from './verify-block.js';

export class BlockBuilder {
  readonly #chain: Chain;
  readonly #head: ChainHead | null;
  readonly #batch: Batch;
  readonly #slices: Uint8Array[] = [];
  readonly #bodies: PublicBody[] = [];

  /** A builder of the block after `head` (null: block 0), which it does not change. */
  constructor(chain: Chain, head: ChainHead | null) {
    this.#chain = chain;
    this.#head = head;
    this.#batch = new Batch(chain, head);
  }

  /** Leaf index of the block's first entry. */
  get firstIndex(): number {
    return this.#head?.treeSize ?? 0;
  }

  /** Entries so far. */
  get count(): number {
    return this.#batch.count;
  }

  /**
   * Adds concatenated entries, keeping a view: the bytes must not change until the block is written. Not for type 02,
   * whose bodies belong in the block. A builder that threw is of no more use. Throws `entry-invalid`, `entry-type`.
   */
  append(entries: Uint8Array): void {
    this.#batch.append(entries, (ordinal) => {
      throw new LedgerError(
        'entry-type',
        `entry ${ordinal} is a log event, want it by appendEvent with its body`,
      );
    });
    this.#slices.push(entries);
  }

  /** Adds the entry of a log event, `body` being J(event). Throws `event-invalid`, `log-mismatch`. */
  appendEvent(body: Uint8Array): void {
    const { log } = parseEvent(body);
    if (log !== this.#chain.origin) {
      throw new LedgerError('log-mismatch', `event is of log ${log}, want ${this.#chain.origin}`);
    }
    const entry = computeEntry(this.#chain.crypto, EntryType.event, body);
    this.#batch.append(entry, (ordinal) => this.#bodies.push({ ordinal, body }));
    this.#slices.push(entry);
  }

  /**
   * The block, made at `createdAt`, which must not be before the head's: take the later of that and the clock. Can be
   * called once. Throws `header-invalid` without entries, `created-at-decreases`, `open-missing`, `time-invalid`.
   */
  finish(createdAt: string): VerifiedBlock {
    const header = formatBlockHeader({
      batchRoot: formatHex(this.#batch.batchRoot),
      count: this.count,
      createdAt,
      firstIndex: this.firstIndex,
      format: BLOCK_FORMAT,
      height: this.#head === null ? 0 : this.#head.height + 1,
      log: this.#chain.origin,
      previous: this.#head?.headerHash ?? NO_PREVIOUS_HASH,
    });
    const parsed = parseBlockHeader(header);
    verifyHeaderFollows(this.#chain, this.#head, parsed);
    const block = { header, entries: concat(this.#slices), bodies: this.#bodies };
    if (this.#head === null) verifyOpening(this.#chain, block);
    return this.#batch.close(block, parsed);
  }
}

/** What {@link buildBlock} makes a block of. */
export interface BlockContents {
  readonly createdAt: string;
  /** Bodies of log events, which come first. */
  readonly events?: readonly Uint8Array[];
  /** Concatenated entries of other types. */
  readonly entries?: Uint8Array;
}

/** The next block after `head`, at once. Throws what the methods of {@link BlockBuilder} throw. */
export function buildBlock(chain: Chain, head: ChainHead | null, contents: BlockContents): VerifiedBlock {
  const builder = new BlockBuilder(chain, head);
  for (const body of contents.events ?? []) builder.appendEvent(body);
  if (contents.entries !== undefined) builder.append(contents.entries);
  return builder.finish(contents.createdAt);
}

function concat(slices: readonly Uint8Array[]): Uint8Array {
  const [only] = slices;
  if (slices.length === 1 && only !== undefined) return only;
  const all = new Uint8Array(slices.reduce((size, slice) => size + slice.length, 0));
  let offset = 0;
  for (const slice of slices) {
    all.set(slice, offset);
    offset += slice.length;
  }
  return all;
}
