/**
 * The two commits around a block: `prepareBlock` fixes its bytes and members before the ledger is touched,
 * `anchorBlock` stores its signed checkpoint after the ledger has it. Both run on the connection that holds the
 * sequencer's advisory lock, so whoever has lost the lock cannot commit.
 */
import { type ClientBase } from 'pg';
import { changeLogKeys, type KeyChange } from './log-keys.js';
import { closeLogAt, endLog } from './log-states.js';
import { noteAnchored } from '../webhooks/outbox.js';

/** Channel on which the API learns of anchored blocks; the payload is `log:height`. */
export const ANCHORED_CHANNEL = 'cunzheng_anchored';

export interface ParcelMembership {
  readonly id: string;
  readonly firstLeaf: number;
}

/** A queued log entry and the leaf it becomes. */
export interface LogEntryPlace {
  readonly id: string;
  readonly leafIndex: number;
}

export interface PreparedBlock {
  readonly log: number;
  readonly height: number;
  readonly firstIndex: number;
  readonly count: number;
  /** J(header). */
  readonly header: string;
  readonly parcels: readonly ParcelMembership[];
  /** Entries of the outbox that this block takes. */
  readonly logEntries: readonly LogEntryPlace[];
  /** W3C traceparent of the span that makes it, for what is done to it later. */
  readonly traceparent?: string | undefined;
  /** The change of keys that an event of this block announces. */
  readonly keyChange?: KeyChange;
  /** An event of this block closes the log at this tree size. */
  readonly lastSize?: number;
  /** Bodies of the log events in this block with their place among its entries. */
  readonly events: readonly { readonly ordinal: number; readonly body: Uint8Array }[];
}

/** Thrown when the database holds something else than this sequencer believes: it must stop and start afresh. */
export class SequenceConflictError extends Error {
  override readonly name = 'SequenceConflictError';
}

/** Thrown when a log is to end for which something waits: nothing was changed, the next block takes it. */
export class LogNotDrainedError extends Error {
  override readonly name = 'LogNotDrainedError';
}

/** Commits the block's bytes and membership. @throws LogNotDrainedError for the last block of a log; @throws SequenceConflictError when a member was already taken. */
export async function prepareBlock(client: ClientBase, block: PreparedBlock): Promise<void> {
  await inTransaction(client, () => insertPreparedBlock(client, block));
}

/** The block and its members, in the transaction that runs. @throws SequenceConflictError as {@link prepareBlock}. */
export async function insertPreparedBlock(client: ClientBase, block: PreparedBlock): Promise<void> {
  await client.query({
    name: 'prepare-block',
    text: 'INSERT INTO block (log, height, first_index, count, header, traceparent) VALUES ($1, $2, $3, $4, $5, $6)',
    values: [
      block.log,
      block.height,
      block.firstIndex,
      block.count,
      Buffer.from(block.header),
      block.traceparent ?? null,
    ],
  });
  for (const { ordinal, body } of block.events) {
    await client.query('INSERT INTO log_event VALUES ($1, $2, $3, $4)', [
      block.log,
      block.height,
      ordinal,
      body,
    ]);
  }
  await takeParcels(client, block);
  if (block.logEntries.length > 0) await takeLogEntries(client, block);
  if (block.keyChange) await changeLogKeys(client, block.log, block.keyChange);
  if (block.lastSize === undefined) return;
  if (!(await endLog(client, block.log, block.lastSize)))
    throw new LogNotDrainedError(
      `log ${block.log} cannot end at ${block.lastSize}: something waits for a block`,
    );
  // No key signs a larger tree of this log.
  await changeLogKeys(client, block.log, { lastSize: block.lastSize, verifierKeys: [] });
}

async function takeParcels(client: ClientBase, { height, parcels }: PreparedBlock): Promise<void> {
  const { rowCount } = await client.query({
    name: 'take-parcels',
    text: `UPDATE parcel SET height = $1, first_leaf = taken.first_leaf
           FROM unnest($2::bigint[], $3::bigint[]) AS taken(id, first_leaf)
           WHERE parcel.id = taken.id AND parcel.height IS NULL`,
    values: [height, parcels.map(({ id }) => id), parcels.map(({ firstLeaf }) => firstLeaf)],
  });
  assertAllFree(height, 'parcels', parcels.length, rowCount);
}

async function takeLogEntries(client: ClientBase, { log, height, logEntries }: PreparedBlock): Promise<void> {
  const { rowCount } = await client.query({
    name: 'take-log-entries',
    text: `UPDATE log_entry SET height = $2, leaf_index = taken.leaf_index
           FROM unnest($3::bigint[], $4::bigint[]) AS taken(id, leaf_index)
           WHERE log_entry.id = taken.id AND log_entry.log = $1 AND log_entry.height IS NULL`,
    values: [log, height, logEntries.map(({ id }) => id), logEntries.map(({ leafIndex }) => leafIndex)],
  });
  assertAllFree(height, 'log entries', logEntries.length, rowCount);
}

function assertAllFree(height: number, what: string, wanted: number, free: number | null): void {
  if (free === wanted) return;
  throw new SequenceConflictError(`block ${height}: ${wanted} ${what} to take, ${free ?? 0} were free`);
}

/** Commits the signed checkpoint and tells the API. @throws SequenceConflictError when the block was anchored before. */
export async function anchorBlock(
  client: ClientBase,
  { log, height, treeSize, note }: { log: number; height: number; treeSize: number; note: Uint8Array },
): Promise<void> {
  await inTransaction(client, async () => {
    const { rowCount } = await client.query({
      name: 'anchor-block',
      text: 'UPDATE block SET anchored_at = now() WHERE log = $1 AND height = $2 AND anchored_at IS NULL',
      values: [log, height],
    });
    if (rowCount !== 1) throw new SequenceConflictError(`block ${height} is not waiting to be anchored`);
    await client.query({
      name: 'insert-checkpoint',
      text: 'INSERT INTO checkpoint (log, tree_size, height, note) VALUES ($1, $2, $3, $4)',
      values: [log, treeSize, height, note],
    });
    await closeLogAt(client, log, treeSize);
    await noteAnchored(client, log, height);
    await client.query('SELECT pg_notify($1, $2)', [ANCHORED_CHANNEL, `${log}:${height}`]);
  });
}

/** Runs `work` in a transaction of its own. */
export async function inTransaction(client: ClientBase, work: () => Promise<void>): Promise<void> {
  await client.query('BEGIN');
  try {
    await work();
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
