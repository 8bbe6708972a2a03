/** Revocation lists that were fetched and verified, each kept once, and the timestamps that still lack some. */
import { type Pool, type PoolClient } from 'pg';
import { type TimestampRevocation } from './checkpoint-timestamps.js';

export interface StoredList {
  readonly id: number;
  /** Where it came from. */
  readonly url: string;
  readonly der: Uint8Array;
}

export interface PendingTimestamp {
  readonly id: number;
  readonly authority: string;
  readonly token: Uint8Array;
  readonly certificates: readonly Uint8Array[];
  /** Those it has already. */
  readonly lists: readonly StoredList[];
}

/** Keeps a list, the same one of the same address once, and gives its id. */
export async function storeRevocationList(
  pool: Pool | PoolClient,
  { url, der, nextUpdateMs }: Omit<StoredList, 'id'> & { readonly nextUpdateMs: number },
): Promise<number> {
  const bytes = Buffer.from(der);
  await pool.query(
    'INSERT INTO revocation_list (url, der, next_update) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [url, bytes, new Date(nextUpdateMs)],
  );
  // By a statement of its own: the first one does not see a row that another worker has stored meanwhile.
  const { rows } = await pool.query<{ id: string }>(
    'SELECT id FROM revocation_list WHERE url = $1 AND digest = sha256($2)',
    [url, bytes],
  );
  return Number(rows[0]?.id);
}

/** The newest list of each address that has not expired. */
export async function readCurrentLists(pool: Pool, nowMs: number): Promise<StoredList[]> {
  const { rows } = await pool.query<StoredList & { id: string }>(
    'SELECT DISTINCT ON (url) id, url, der FROM revocation_list WHERE next_update > $1 ORDER BY url, id DESC',
    [new Date(nowMs)],
  );
  return rows.map(({ id, ...list }) => ({ ...list, id: Number(id) }));
}

interface PendingRow extends Omit<PendingTimestamp, 'id' | 'lists'> {
  id: string;
  list_ids: string[];
  urls: string[];
  ders: Buffer[];
}

/** Timestamps that lack lists, by id, those after `afterId`. */
export async function readPendingTimestamps(
  pool: Pool,
  afterId: number,
  limit: number,
): Promise<PendingTimestamp[]> {
  const { rows } = await pool.query<PendingRow>(
    `SELECT t.id, t.authority, t.token, t.certificates, l.list_ids, l.urls, l.ders FROM checkpoint_timestamp t, LATERAL (
       SELECT coalesce(array_agg(r.id), '{}') AS list_ids, coalesce(array_agg(r.url), '{}') AS urls,
         coalesce(array_agg(r.der), '{}') AS ders
       FROM checkpoint_timestamp_list c JOIN revocation_list r ON r.id = c.list WHERE c.timestamp = t.id
     ) AS l
     WHERE t.revocation = 'pending' AND t.id > $1 ORDER BY t.id LIMIT $2`,
    [afterId, limit],
  );
  return rows.map(({ id, list_ids: ids, urls, ders, ...row }) => ({
    ...row,
    id: Number(id),
    lists: ders.map((der, index) => ({ id: Number(ids[index]), url: urls[index] ?? '', der })),
  }));
}

/** Gives a pending timestamp lists, those it has already among them, and says what is known by now. */
export async function addRevocationLists(
  pool: Pool,
  id: number,
  { lists, revocation }: { readonly lists: readonly number[]; readonly revocation: TimestampRevocation },
): Promise<void> {
  await pool.query(
    `WITH known AS (
       UPDATE checkpoint_timestamp SET revocation = $3 WHERE id = $1 AND revocation = 'pending' RETURNING id
     )
     INSERT INTO checkpoint_timestamp_list (timestamp, list) SELECT known.id, list FROM known, unnest($2::bigint[]) AS list
     ON CONFLICT DO NOTHING`,
    [id, lists, revocation],
  );
}
