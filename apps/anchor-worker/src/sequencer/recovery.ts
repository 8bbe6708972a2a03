/**
 * Brings ledger and database together before anything new is written. The database knows every block that was
 * prepared, the ledger every block that was appended; whichever is behind decides what happens:
 *
 * - ledger behind: completed from the database, byte for byte;
 * - same height: the headers must be equal; a block that was not anchored yet is finished;
 * - database behind: an older database was restored. The blocks are taken back from the ledger (adoption.ts), and if
 *   entries of theirs have no row any more, the worker stops until the operator has accepted the loss.
 *
 * Every checkpoint the database holds for the heights passed must be one that the ledger reaches.
 */
import { computeEntry, parseBlockHeader, treeSizeAfter, type Block, type EntryType } from '@cunzheng/ledger';
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  assembleEntries,
  readHighestBlock,
  readLogKeys,
  readOpenLoss,
  readStoredBlock,
  type StoredBlock,
} from '@cunzheng/persistence';
import { parseCheckpoint, parseNote } from '@cunzheng/receipt';
import { adoptLedger } from './adoption.js';
import { finishBlock, type AnchorContext } from './anchor.js';
import { HistoryConflictError } from './history-conflict.js';

/** Ranges of lost entries that a message names. */
const NAMED_RANGES = 5;

export type Progress = (height: number, of: number) => void;

/** @throws HistoryConflictError, LedgerError or PersistenceError when the two cannot be brought together. */
export async function recover(context: AnchorContext, keysDir: string, progress: Progress): Promise<void> {
  // Another worker may have changed keys, or this one without hearing that it was committed.
  context.log.keys.replace(await readLogKeys(context.client, context.log.id));
  const highest = await readHighestBlock(context.client, context.log.id);
  const ledgerHeight = context.ledger.head?.height ?? -1;
  if (ledgerHeight > (highest?.height ?? -1)) {
    if (highest) await assertSameBlock(context, highest.height);
    await adoptLedger(context, highest, keysDir);
  } else if (highest) await completeLedger(context, highest, progress);
  else assertReachesPublished(context);
  await assertNothingLost(context);
}

/** The ledger gets the blocks that it lacks, and the last one what it lacks of its five steps. */
async function completeLedger(
  context: AnchorContext,
  highest: StoredBlock,
  progress: Progress,
): Promise<void> {
  const ledgerHeight = context.ledger.head?.height ?? -1;
  await assertSameBlock(context, ledgerHeight);
  for (let height = ledgerHeight + 1; height <= highest.height; height += 1) {
    const stored = await requireBlock(context, height);
    await context.ledger.appendBlock(toBlock(stored));
    if (stored.anchored) assertCheckpoint(context, stored);
    progress(height, highest.height);
  }
  assertReachesPublished(context);
  await finishHighest(context, highest);
}

/** An older database was restored, and entries of the ledger have no row in it: only the operator may go on from there. */
async function assertNothingLost({ client, log }: AnchorContext): Promise<void> {
  const loss = await readOpenLoss(client, log.id);
  if (!loss) return;
  const { count, fromHeight, toHeight, ranges } = loss;
  const places = ranges
    .slice(0, NAMED_RANGES)
    .map(({ firstIndex, lastIndex }) => `${firstIndex}–${lastIndex}`);
  const more = ranges.length > NAMED_RANGES ? ', …' : '';
  throw new HistoryConflictError(
    `an older database was restored: ${count} entries of the ledger of ${log.origin} (blocks ${fromHeight} to ${toHeight}, ` +
      `leaf indices ${places.join(', ')}${more}) have no record in it. Restore a newer database, or accept the loss: ` +
      `cunzheng ledger accept-loss ${log.origin}`,
  );
}

/** A checkpoint that was published is in other hands: what does not reach it must not be signed. */
function assertReachesPublished({ ledger, log }: AnchorContext): void {
  const published = ledger.published?.treeSize ?? 0;
  const reached = ledger.head?.treeSize ?? 0;
  if (published <= reached) return;
  throw new HistoryConflictError(
    `${log.origin} has published a checkpoint of tree size ${published}, but ledger and database reach only ${reached}: ` +
      `an older database and an older ledger were restored. Restore newer ones; signing on would make a second history`,
  );
}

async function finishHighest(context: AnchorContext, highest: StoredBlock): Promise<void> {
  const { ledger } = context;
  if (!ledger.head) throw new Error('the ledger is empty after recovery');
  if (!highest.anchored) {
    await finishBlock(context, ledger.head);
    return;
  }
  await ledger.writeTiles();
  assertCheckpoint(context, highest);
  if (highest.note && ledger.published?.treeSize !== ledger.head.treeSize)
    await ledger.publishCheckpoint(highest.note);
}

/** The block that both have last must be the same, or they parted before. */
async function assertSameBlock(context: AnchorContext, height: number): Promise<void> {
  if (height < 0) return;
  const stored = await requireBlock(context, height);
  const { header } = await context.ledger.readBlock(height);
  if (stored.header === header) return;
  throw new HistoryConflictError(
    `block ${height} differs between the ledger and the database: one of them belongs to another history; ` +
      `restore the one that does not reach the last published checkpoint (docs/operations.md)`,
  );
}

/** The checkpoint that was signed for the block's end must have the root that the ledger has there. */
function assertCheckpoint({ ledger }: AnchorContext, { height, note, header }: StoredBlock): void {
  if (!note)
    throw new HistoryConflictError(`block ${height} is anchored in the database without a checkpoint`);
  const { treeSize, rootHash } = parseCheckpoint(parseNote(note.toString('utf8')).text);
  const head = ledger.head;
  const atHead = head?.height === height && treeSize === treeSizeAfter(parseBlockHeader(header));
  if (atHead && Buffer.compare(head.frontier.root(), rootHash) === 0) return;
  throw new HistoryConflictError(
    `the checkpoint signed for block ${height} (tree size ${treeSize}) is not the root of this ledger: ` +
      `the ledger or the database was changed; restore both from one backup (docs/operations.md)`,
  );
}

async function requireBlock({ client, log }: AnchorContext, height: number): Promise<StoredBlock> {
  const block = await readStoredBlock(client, log.id, height);
  if (block) return block;
  throw new HistoryConflictError(
    `block ${height} is missing from the database: restore the database from a backup`,
  );
}

function toBlock(stored: StoredBlock): Block {
  const entryOf = (type: number, body: Uint8Array): Uint8Array =>
    computeEntry(nativeCrypto, type as EntryType, body);
  return { header: stored.header, entries: assembleEntries(stored, entryOf), bodies: stored.events };
}
