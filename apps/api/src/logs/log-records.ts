/**
 * What the database knows about the logs and their files do not say, or not without a search: which log is closed, the
 * older checkpoints, where the events are. Always asked below a published tree size, and by the name of the log.
 */
import { type KeyWindow } from '@cunzheng/receipt';
import { type Database } from '../database/database.js';

/** Bodies on one page of events, in bytes, one event at least: a page must not be as large as a log. */
const MAX_PAGE_BYTES = 4_194_304;

export interface LogState {
  readonly name: string;
  readonly closedAt: Date | null;
  /** Another log takes the records. */
  readonly isClosing: boolean;
  /** C2SP tlog-policy, or null where none is asked for. */
  readonly policy: string | null;
  /** Every key with the sizes it signs, in order; null for a log that nobody has opened here. */
  readonly keys: readonly KeyWindow[] | null;
  /** How many timestamping authorities must have stamped a checkpoint before it is final. */
  readonly minTimestamps: number;
}

export interface PublicEvent {
  readonly leafIndex: number;
  readonly height: number;
  /** J(event). */
  readonly body: Buffer;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly more: boolean;
}

/** The part of a list that is asked for. `below`, a tree size, bounds what is published. */
export interface Span {
  readonly from: number;
  readonly limit: number;
  readonly below: number;
}

interface EventRow {
  leaf_index: string;
  height: string;
  body: Buffer | null;
}

const LOG_STATES = `
  SELECT name, closed_at AS "closedAt", closing_at IS NOT NULL AS "isClosing", policy, min_timestamps AS "minTimestamps", (
    SELECT json_agg(json_strip_nulls(json_build_object('vkey', verifier_key, 'fromSize', from_size, 'toSize', to_size))
      ORDER BY from_size, verifier_key)
    FROM log_key WHERE log_key.log = log.id
  ) AS keys FROM log ORDER BY id`;

const EVENTS = `
  SELECT leaf_index, height, CASE WHEN n = 1 OR bytes <= $5 THEN body END AS body
  FROM (
    SELECT b.first_index + e.ord AS leaf_index, e.height, e.body,
      row_number() OVER in_order AS n, sum(octet_length(e.body)) OVER in_order AS bytes
    FROM log_event e JOIN block b ON b.log = e.log AND b.height = e.height
    WHERE e.log = (SELECT id FROM log WHERE name = $1) AND (e.height, e.ord) >= ($2, $3)
      AND b.first_index + b.count < $4
    WINDOW in_order AS (ORDER BY e.height, e.ord)
    ORDER BY e.height, e.ord LIMIT $6
  ) AS page ORDER BY leaf_index`;

const CHECKPOINT_SIZES = `
  SELECT tree_size FROM checkpoint
  WHERE log = (SELECT id FROM log WHERE name = $1) AND tree_size BETWEEN $2 AND $3
  ORDER BY tree_size LIMIT $4`;

const CHECKPOINT = `
  SELECT coalesce(a.note, c.note) AS note FROM checkpoint c LEFT JOIN attestation a USING (log, tree_size)
  WHERE c.log = (SELECT id FROM log WHERE name = $1) AND c.tree_size = $2`;

/** A token over a checkpoint, as the attester verified it. */
export interface PublicTimestamp {
  readonly authority: string;
  readonly genTime: Date;
  /** DER. */
  readonly token: Buffer;
}

const TIMESTAMPS = `
  SELECT authority, gen_time AS "genTime", token FROM checkpoint_timestamp
  WHERE log = (SELECT id FROM log WHERE name = $1) AND tree_size = $2 ORDER BY id LIMIT 64`;

export class LogRecords {
  constructor(private readonly database: Database) {}

  async listStates(): Promise<LogState[]> {
    return await this.database.query<LogState>(LOG_STATES);
  }

  /** The signed note of a checkpoint, or undefined if none was signed at that size. */
  async readCheckpoint(logName: string, treeSize: number): Promise<Buffer | undefined> {
    const [row] = await this.database.query<{ note: Buffer }>(CHECKPOINT, [logName, treeSize]);
    return row?.note;
  }

  /** Timestamps over the checkpoint of a tree size, in the order they came. */
  async listTimestamps(logName: string, treeSize: number): Promise<PublicTimestamp[]> {
    return await this.database.query<PublicTimestamp>(TIMESTAMPS, [logName, treeSize]);
  }

  /** Tree sizes of signed checkpoints from `from` to `below`, which is itself published. */
  async listCheckpointSizes(logName: string, { from, limit, below }: Span): Promise<Page<number>> {
    const values = [logName, from, below, limit + 1];
    const rows = await this.database.query<{ tree_size: string }>(CHECKPOINT_SIZES, values);
    const sizes = rows.map(({ tree_size: size }) => Number(size));
    return { items: sizes.slice(0, limit), more: sizes.length > limit };
  }

  /** Events of blocks that end below `below`, from the one at `ordinal` in block `height` on. */
  async listEvents(
    logName: string,
    start: { readonly height: number; readonly ordinal: number },
    { limit, below }: Pick<Span, 'limit' | 'below'>,
  ): Promise<Page<PublicEvent>> {
    const values = [logName, start.height, start.ordinal, below, MAX_PAGE_BYTES, limit + 1];
    const rows = await this.database.query<EventRow>(EVENTS, values);
    const tooLarge = rows.findIndex(({ body }) => body === null);
    const items = rows.slice(0, tooLarge < 0 ? limit : Math.min(limit, tooLarge)).map(toEvent);
    return { items, more: rows.length > items.length };
  }
}

function toEvent({ leaf_index: leafIndex, height, body }: EventRow): PublicEvent {
  return { leafIndex: Number(leafIndex), height: Number(height), body: body ?? Buffer.alloc(0) };
}
