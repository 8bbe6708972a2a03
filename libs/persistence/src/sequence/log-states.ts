/**
 * The life of a log in the database: open, asked to close, closing (another log takes the records, this one drains),
 * ended (its `close` event is prepared), closed. docs/operations.md tells it to operators; the migration `closing-logs`
 * has the fences that hold every process to it.
 */
import { type ClientBase, DatabaseError } from 'pg';
import { insertOpeningKey } from './log-keys.js';

/** Channel on which the API learns that another log takes the records. */
export const LOG_CHANNEL = 'cunzheng_log';

/** What `fence_log` locks together with the log's id. */
const FENCE_LOCK = 1_129_990_995;
const LOG_CLOSED = 'CZ001';

export interface LogState {
  readonly id: number;
  readonly name: string;
  readonly origin: string;
  /** Origin of the log that is to take the records, once the operator has named one. */
  readonly nextOrigin: string | undefined;
  /** Another log takes the records. */
  readonly isClosing: boolean;
  /** Tree size at the end, once the `close` event is prepared. */
  readonly lastSize: number | undefined;
  /** The last checkpoint is signed. */
  readonly isClosed: boolean;
}

type Queryable = Pick<ClientBase, 'query'>;

interface LogRow {
  id: number;
  name: string;
  origin: string;
  next_origin: string | null;
  is_closing: boolean;
  last_size: string | null;
  is_closed: boolean;
}

/** Every log of this database, oldest first. */
export async function listLogStates(client: Queryable): Promise<LogState[]> {
  const { rows } = await client.query<LogRow>(
    `SELECT id, name, origin, next_origin, closing_at IS NOT NULL AS is_closing, last_size,
       closed_at IS NOT NULL AS is_closed
     FROM log ORDER BY id`,
  );
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    origin: row.origin,
    nextOrigin: row.next_origin ?? undefined,
    isClosing: row.is_closing,
    lastSize: row.last_size === null ? undefined : Number(row.last_size),
    isClosed: row.is_closed,
  }));
}

/** Whether the database refused a parcel, log entry or block because its log takes none any more; nothing was stored. */
export function isLogClosed(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === LOG_CLOSED;
}

export interface NewLog {
  readonly name: string;
  readonly origin: string;
  /** The vkey it is opened with. */
  readonly verifierKey: string;
}

/** Opens a log, in the caller's transaction. Its id. */
export async function insertLog(client: Queryable, { name, origin, verifierKey }: NewLog): Promise<number> {
  const { rows } = await client.query<{ id: number }>(
    'INSERT INTO log (name, origin, verifier_key) VALUES ($1, $2, $3) RETURNING id',
    [name, origin, verifierKey],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('the log was not stored');
  await insertOpeningKey(client, id, verifierKey);
  return id;
}

/** Waits for every insert for the log that is under way; those that come later see what this transaction commits. */
async function raiseFence(client: Queryable, log: number): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock($1, $2)', [FENCE_LOCK, log]);
}

/**
 * The switch, in the caller's transaction: from its commit on the next log takes the records, and the old one none.
 *
 * @throws Error, and nothing is to be committed, if the operator has not asked for it or it has happened already.
 */
export async function switchLogs(client: Queryable, log: number, next: NewLog): Promise<void> {
  await raiseFence(client, log);
  const { rowCount } = await client.query(
    'UPDATE log SET closing_at = now() WHERE id = $1 AND next_origin = $2 AND closing_at IS NULL AND closed_at IS NULL',
    [log, next.origin],
  );
  if (rowCount !== 1) throw new Error(`log ${log} is not waiting for ${next.origin} to follow it`);
  const id = await insertLog(client, next);
  await client.query('SELECT pg_notify($1, $2)', [LOG_CHANNEL, String(id)]);
}

/** A switch that the ledger shows and a database from before it does not. */
export async function takeSwitchBack(client: Queryable, log: number, next: NewLog): Promise<void> {
  await raiseFence(client, log);
  const { rows } = await client.query('SELECT FROM log WHERE origin = $1', [next.origin]);
  await client.query(
    `UPDATE log SET next_origin = $2, close_requested_at = coalesce(close_requested_at, now()),
       closing_at = coalesce(closing_at, now()) WHERE id = $1`,
    [log, next.origin],
  );
  if (rows.length > 0) return;
  const id = await insertLog(client, next);
  await client.query('SELECT pg_notify($1, $2)', [LOG_CHANNEL, String(id)]);
}

/** Ends the log at `lastSize`, in the transaction that prepares its last block. False while something waits for a block. */
export async function endLog(client: Queryable, log: number, lastSize: number): Promise<boolean> {
  await raiseFence(client, log);
  const { rowCount } = await client.query(
    `UPDATE log SET last_size = $2 WHERE id = $1 AND closing_at IS NOT NULL AND last_size IS NULL
       AND NOT EXISTS (SELECT FROM parcel WHERE log = $1 AND height IS NULL)
       AND NOT EXISTS (SELECT FROM log_entry WHERE log = $1 AND height IS NULL)`,
    [log, lastSize],
  );
  return rowCount === 1;
}

/** The log is closed if this is the checkpoint at its end; in the transaction that stores it. */
export async function closeLogAt(client: Queryable, log: number, treeSize: number): Promise<void> {
  await client.query({
    name: 'close-log-at',
    text: 'UPDATE log SET closed_at = now() WHERE id = $1 AND last_size = $2 AND closed_at IS NULL',
    values: [log, treeSize],
  });
}
