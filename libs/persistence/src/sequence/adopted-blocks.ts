/**
 * Blocks that the ledger has and this database, restored to an older state, does not: taken back with what the database
 * still knows of their entries. What it does not know becomes an orphan, which the operator has to accept as lost.
 */
import { type ClientBase } from 'pg';
import { closeLogAt, takeSwitchBack, type NewLog } from './log-states.js';
import { ANCHORED_CHANNEL, inTransaction, insertPreparedBlock, type PreparedBlock } from './blocks.js';

/** Entries of a block, one after the other, for which there is no row. */
export interface OrphanEntries {
  readonly firstLeaf: number;
  /** 68 bytes each. */
  readonly entries: Uint8Array;
}

export interface AdoptedBlock extends PreparedBlock {
  readonly treeSize: number;
  /** The signed checkpoint at the block's end. */
  readonly note: Uint8Array;
  readonly orphans: readonly OrphanEntries[];
  /** The log that took the records when this block closed its log. */
  readonly next?: NewLog;
}

const ENTRY_SIZE = 68;

/** Commits a block of the ledger with all that belongs to it. @throws SequenceConflictError as `prepareBlock`. */
export async function adoptBlock(client: ClientBase, block: AdoptedBlock): Promise<void> {
  const { log, height, treeSize, note } = block;
  await inTransaction(client, async () => {
    if (block.next) await takeSwitchBack(client, log, block.next);
    await insertPreparedBlock(client, block);
    for (const { firstLeaf, entries } of block.orphans) {
      await client.query(
        'INSERT INTO orphan (log, first_leaf, height, n, entries) VALUES ($1, $2, $3, $4, $5)',
        [log, firstLeaf, height, entries.length / ENTRY_SIZE, entries],
      );
    }
    await client.query('UPDATE block SET anchored_at = now() WHERE log = $1 AND height = $2', [log, height]);
    await client.query('INSERT INTO checkpoint (log, tree_size, height, note) VALUES ($1, $2, $3, $4)', [
      log,
      treeSize,
      height,
      note,
    ]);
    await closeLogAt(client, log, treeSize);
    await client.query('SELECT pg_notify($1, $2)', [ANCHORED_CHANNEL, `${log}:${height}`]);
  });
}
