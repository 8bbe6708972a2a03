/** Blocks read back from the database, byte for byte as they were prepared: what recovery completes a ledger from. */
import { type ClientBase } from 'pg';
import { PersistenceError } from '../persistence-error.js';

const ENTRY_SIZE = 68;
/** Entries of this type have public bodies, which the block's own events hold. */
const EVENT_TYPE = 2;

export interface StoredBlock {
  readonly height: number;
  readonly firstIndex: number;
  readonly count: number;
  readonly header: string;
  readonly anchored: boolean;
  readonly note: Buffer | null;
  readonly parcels: readonly {
    readonly id: string;
    readonly firstLeaf: number;
    readonly n: number;
    readonly entries: Buffer;
  }[];
  readonly events: readonly { readonly ordinal: number; readonly body: Buffer }[];
  /** Entries of the outbox whose bodies are private: the block has the entry and not the body. */
  readonly privateEntries: readonly {
    readonly ordinal: number;
    readonly type: number;
    readonly body: Buffer;
  }[];
  /** Entries that an older database has lost the rows of. */
  readonly orphans: readonly { readonly ordinal: number; readonly entries: Buffer }[];
}

interface BlockRow {
  height: string;
  first_index: string;
  count: number;
  header: Buffer;
  anchored: boolean;
  note: Buffer | null;
}

/** The highest block the database knows, or undefined. */
export async function readHighestBlock(client: ClientBase, log: number): Promise<StoredBlock | undefined> {
  const { rows } = await client.query<{ height: string | null }>(
    'SELECT max(height) AS height FROM block WHERE log = $1',
    [log],
  );
  const height = rows[0]?.height;
  return height == null ? undefined : await readStoredBlock(client, log, Number(height));
}

export async function readStoredBlock(
  client: ClientBase,
  log: number,
  height: number,
): Promise<StoredBlock | undefined> {
  const { rows } = await client.query<BlockRow>(
    `SELECT b.height, b.first_index, b.count, b.header, b.anchored_at IS NOT NULL AS anchored, c.note
     FROM block b LEFT JOIN checkpoint c USING (log, height) WHERE b.log = $1 AND b.height = $2`,
    [log, height],
  );
  const row = rows[0];
  return row && (await withMembers(client, log, row));
}

async function withMembers(client: ClientBase, log: number, row: BlockRow): Promise<StoredBlock> {
  const events = await client.query<{ ordinal: number; body: Buffer }>(
    'SELECT ord AS ordinal, body FROM log_event WHERE log = $1 AND height = $2 ORDER BY ord',
    [log, row.height],
  );
  const parcels = await client.query<{ id: string; first_leaf: string; n: number; entries: Buffer }>(
    'SELECT id, first_leaf, n, entries FROM parcel WHERE log = $1 AND height = $2 ORDER BY first_leaf',
    [log, row.height],
  );
  const privateEntries = await client.query<{ ordinal: number; type: number; body: Buffer }>(
    `SELECT (leaf_index - $3::bigint)::int AS ordinal, type, body FROM log_entry
     WHERE log = $1 AND height = $2 AND type <> $4 ORDER BY leaf_index`,
    [log, row.height, row.first_index, EVENT_TYPE],
  );
  const orphans = await client.query<{ ordinal: number; entries: Buffer }>(
    `SELECT (first_leaf - $3::bigint)::int AS ordinal, entries FROM orphan
     WHERE log = $1 AND height = $2 ORDER BY first_leaf`,
    [log, row.height, row.first_index],
  );
  return {
    height: Number(row.height),
    firstIndex: Number(row.first_index),
    count: row.count,
    header: row.header.toString('utf8'),
    anchored: row.anchored,
    note: row.note,
    events: events.rows,
    privateEntries: privateEntries.rows,
    orphans: orphans.rows,
    parcels: parcels.rows.map(({ id, first_leaf, n, entries }) => ({
      id,
      n,
      entries,
      firstLeaf: Number(first_leaf),
    })),
  };
}

/**
 * The block's entries in order: events, private entries and orphans at their ordinals, parcels at their first leaf.
 * `entryOf` gives the 68 bytes for a body.
 *
 * @throws PersistenceError `row-damaged` when they do not fill the block exactly.
 */
export function assembleEntries(
  block: StoredBlock,
  entryOf: (type: number, body: Uint8Array) => Uint8Array,
): Buffer {
  const entries = Buffer.alloc(block.count * ENTRY_SIZE);
  let filled = 0;
  const place = (ordinal: number, bytes: Uint8Array): void => {
    if (ordinal !== filled) throw damaged(block.height, `entry ${filled} is missing`);
    if (ordinal + bytes.length / ENTRY_SIZE > block.count)
      throw damaged(block.height, 'more entries than its count');
    entries.set(bytes, ordinal * ENTRY_SIZE);
    filled += bytes.length / ENTRY_SIZE;
  };
  const members = [
    ...block.events.map(({ ordinal, body }) => ({ ordinal, bytes: entryOf(EVENT_TYPE, body) })),
    ...block.privateEntries.map(({ ordinal, type, body }) => ({ ordinal, bytes: entryOf(type, body) })),
    ...block.orphans.map(({ ordinal, entries: bytes }) => ({ ordinal, bytes })),
    ...block.parcels.map((parcel) => ({
      ordinal: parcel.firstLeaf - block.firstIndex,
      bytes: parcel.entries,
    })),
  ].sort((left, right) => left.ordinal - right.ordinal);
  for (const { ordinal, bytes } of members) place(ordinal, bytes);
  if (filled !== block.count) throw damaged(block.height, `holds ${filled} of ${block.count} entries`);
  return entries;
}

function damaged(height: number, what: string): PersistenceError {
  return new PersistenceError(
    'row-damaged',
    `block ${height} in the database: ${what}; restore the database from a backup`,
  );
}
