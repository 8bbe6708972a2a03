/** What waits for a block: parcels without a height, oldest first. */
import { type ClientBase } from 'pg';

export interface PendingSummary {
  readonly records: number;
  /** Age of the oldest waiting parcel by the database's clock; 0 when nothing waits. */
  readonly oldestAgeMs: number;
}

export interface Parcel {
  readonly id: string;
  readonly n: number;
  /** `n` entries of 68 bytes. */
  readonly entries: Buffer;
}

export async function summarizePending(client: ClientBase, log: number): Promise<PendingSummary> {
  const { rows } = await client.query<{ records: string; age: string }>({
    name: 'summarize-pending',
    text: `SELECT coalesce(sum(n), 0) AS records,
             coalesce(extract(epoch FROM clock_timestamp() - min(created_at)) * 1000, 0) AS age
           FROM parcel WHERE height IS NULL AND log = $1`,
    values: [log],
  });
  return { records: Number(rows[0]?.records ?? 0), oldestAgeMs: Number(rows[0]?.age ?? 0) };
}

/** Whole parcels in order of id, as many as fit into `maxRecords`. */
export async function readPendingParcels(
  client: ClientBase,
  log: number,
  maxRecords: number,
): Promise<Parcel[]> {
  const { rows } = await client.query<Parcel>({
    name: 'read-pending-parcels',
    text: `SELECT id, n, entries FROM (
             SELECT id, n, entries, sum(n) OVER (ORDER BY id) AS total FROM parcel WHERE height IS NULL AND log = $1
           ) waiting WHERE total <= $2 ORDER BY id`,
    values: [log, maxRecords],
  });
  return rows;
}
