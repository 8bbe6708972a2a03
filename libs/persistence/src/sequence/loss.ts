/**
 * What was lost with an older database: orphans that nobody has accepted yet. Until the operator does, the sequencer does
 * not go on; when he does, the log says so in an event.
 */
import { type ClientBase } from 'pg';
import { formatAcceptLossEvent, formatTime, MAX_ORPHAN_RANGES, type OrphanRange } from '@cunzheng/ledger';
import { queueLogEntry } from './log-entries.js';

export interface Loss {
  /** Entries without a row. */
  readonly count: number;
  /** First and last block that has one. */
  readonly fromHeight: number;
  readonly toHeight: number;
  /** Where they are, ascending; the first 1,000 ranges. Headers of blocks between two entries do not interrupt one. */
  readonly ranges: readonly OrphanRange[];
}

interface SummaryRow {
  count: string | null;
  from_height: string;
  to_height: string;
}

/** The loss that waits to be accepted, or undefined. */
export async function readOpenLoss(
  client: Pick<ClientBase, 'query'>,
  log: number,
): Promise<Loss | undefined> {
  const { rows } = await client.query<SummaryRow>(
    `SELECT sum(n) AS count, min(height) AS from_height, max(height) AS to_height
     FROM orphan WHERE log = $1 AND accepted_at IS NULL`,
    [log],
  );
  const [row] = rows;
  if (row?.count == null) return undefined;
  return {
    count: Number(row.count),
    fromHeight: Number(row.from_height),
    toHeight: Number(row.to_height),
    ranges: await readRanges(client, log),
  };
}

/** Runs that follow each other, or have but the header of a block between them, are one range. */
async function readRanges(client: Pick<ClientBase, 'query'>, log: number): Promise<OrphanRange[]> {
  const { rows } = await client.query<{ first_index: string; last_index: string }>(
    `SELECT min(first_leaf) AS first_index, max(last_leaf) AS last_index FROM (
       SELECT first_leaf, last_leaf, sum(gap::int) OVER (ORDER BY first_leaf) AS run FROM (
         SELECT o.first_leaf, o.first_leaf + o.n - 1 AS last_leaf,
           o.first_leaf > coalesce(lag(o.first_leaf + o.n) OVER in_order, -1)
             + coalesce(b.first_index = o.first_leaf AND lag(o.height) OVER in_order = o.height - 1, false)::int AS gap
         FROM orphan o JOIN block b ON b.log = o.log AND b.height = o.height
         WHERE o.log = $1 AND o.accepted_at IS NULL
         WINDOW in_order AS (ORDER BY o.first_leaf)
       ) AS runs
     ) AS ranges GROUP BY run ORDER BY 1 LIMIT $2`,
    [log, MAX_ORPHAN_RANGES],
  );
  return rows.map((row) => ({
    firstIndex: Number(row.first_index),
    lastIndex: Number(row.last_index),
  }));
}

/**
 * Accepts the loss and queues the `accept-loss` event, in the caller's transaction, as the owner.
 *
 * @throws PersistenceError `log-entry-refused` for a log that takes no entries.
 */
export async function acceptLoss(
  client: Pick<ClientBase, 'query'>,
  { log, origin, loss, nowMs }: { log: number; origin: string; loss: Loss; nowMs: number },
): Promise<void> {
  const body = formatAcceptLossEvent({ ...loss, createdAt: formatTime(nowMs), log: origin });
  await queueLogEntry(client, { log, type: 2, body });
  await client.query('UPDATE orphan SET accepted_at = now() WHERE log = $1 AND accepted_at IS NULL', [log]);
}
