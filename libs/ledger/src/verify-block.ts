/**
 * The chain rules: whether a block may stand after a given head. Everything that can be checked from the block and the
 * head alone is checked; signatures on checkpoints and private bodies are not here.
 */
import { Batch } from './batch.js';
import { type BlockHeader, NO_PREVIOUS_HASH, parseBlockHeader } from './block-header.js';
import { type Block, type Chain, type ChainHead, type VerifiedBlock } from './chain.js';
import { computeEntry, ENTRY_SIZE, EntryType } from './entry.js';
import { parseEvent } from './events/event.js';
import { formatHex } from './hex.js';
import { LedgerError, type LedgerErrorCode } from './ledger-error.js';
import { parseOpenEvent } from './events/open.js';

/**
 * Verifies that `block` is the next one after `head` (null: block 0). About three SHA-256 per entry.
 * Throws `header-invalid`, `time-invalid`, `origin-invalid`, `log-mismatch`, `height-mismatch`, `first-index-mismatch`,
 * `previous-mismatch`, `created-at-decreases`, `count-mismatch`, `entry-invalid`, `entry-type`, `batch-root-mismatch`,
 * `body-mismatch`, `open-missing`, `event-invalid`, `last-size-mismatch`, `log-closed`.
 */
export function verifyBlock(chain: Chain, head: ChainHead | null, block: Block): VerifiedBlock {
  const header = parseBlockHeader(block.header);
  verifyHeaderFollows(chain, head, header);
  assertEqual(
    'count-mismatch',
    header,
    'size of the entries',
    block.entries.length,
    header.count * ENTRY_SIZE,
  );
  const batch = new Batch(chain, head);
  const eventOrdinals: number[] = [];
  batch.append(block.entries, (ordinal) => eventOrdinals.push(ordinal));
  assertEqual('batch-root-mismatch', header, 'batchRoot', header.batchRoot, formatHex(batch.batchRoot));
  verifyBodies(chain, header, block, eventOrdinals);
  if (head === null) verifyOpening(chain, block);
  return batch.close(block, header);
}

/** The rules that need no entries: nothing after the end, log, height, first index, previous hash and time. Throws their codes. */
export function verifyHeaderFollows(chain: Chain, head: ChainHead | null, header: BlockHeader): void {
  const height = head === null ? 0 : head.height + 1;
  const firstIndex = head === null ? 0 : head.treeSize;
  const previous = head === null ? NO_PREVIOUS_HASH : head.headerHash;
  if (head?.isClosed === true)
    throw broken('log-closed', header, `block ${head.height} closed the log, want no block after it`);
  assertEqual('log-mismatch', header, 'log', header.log, chain.origin);
  assertEqual('height-mismatch', header, 'height', header.height, height);
  assertEqual('first-index-mismatch', header, 'firstIndex', header.firstIndex, firstIndex);
  assertEqual('previous-mismatch', header, 'previous', header.previous, previous);
  if (head !== null && header.createdAt < head.createdAt) {
    const want = `no earlier than the block before, ${head.createdAt}`;
    throw broken('created-at-decreases', header, `createdAt is ${header.createdAt}, want ${want}`);
  }
}

/** Throws `open-missing` or `event-invalid` unless the block begins with an `open` event of this log. */
export function verifyOpening(chain: Chain, block: Block): void {
  const first = block.bodies[0];
  if (first?.ordinal !== 0) throw new LedgerError('open-missing', 'block 0 does not begin with a log event');
  const { event, log } = parseEvent(first.body);
  if (event !== 'open' || log !== chain.origin) {
    throw new LedgerError(
      'open-missing',
      `block 0 begins with event "${event}" of ${log}, want "open" of ${chain.origin}`,
    );
  }
  parseOpenEvent(first.body);
}

function verifyBodies(
  chain: Chain,
  header: BlockHeader,
  block: Block,
  eventOrdinals: readonly number[],
): void {
  assertEqual('body-mismatch', header, 'number of public bodies', block.bodies.length, eventOrdinals.length);
  for (const [i, { ordinal, body }] of block.bodies.entries()) {
    assertEqual('body-mismatch', header, `ordinal of public body ${i}`, ordinal, eventOrdinals[i] as number);
    const want = block.entries.subarray(ordinal * ENTRY_SIZE, (ordinal + 1) * ENTRY_SIZE);
    const got = computeEntry(chain.crypto, EntryType.event, body);
    assertEqual('body-mismatch', header, `entry of public body ${i}`, formatHex(got), formatHex(want));
  }
}

type RuleCode = Extract<
  LedgerErrorCode,
  | 'log-mismatch'
  | 'height-mismatch'
  | 'first-index-mismatch'
  | 'previous-mismatch'
  | 'created-at-decreases'
  | 'count-mismatch'
  | 'batch-root-mismatch'
  | 'body-mismatch'
  | 'log-closed'
>;

function assertEqual<T extends string | number>(
  code: RuleCode,
  header: BlockHeader,
  what: string,
  got: T,
  want: T,
): void {
  if (got !== want)
    throw broken(code, header, `${what} is ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
}

function broken(code: RuleCode, { height }: BlockHeader, message: string): LedgerError {
  return new LedgerError(code, `block ${height}: ${message}`, { place: { height } });
}
