/** What waits for a block: parcels and log entries without a height, oldest first. */
import { type ClientBase } from 'pg';

export interface PendingSummary {
  readonly records: number;
  readonly logEntries: number;
  /** Age of what has waited longest, by the database's clock; 0 when nothing waits. */
  readonly oldestAgeMs: number;
}

export interface Parcel {
  readonly id: string;
  readonly n: number;
  /** `n` entries of 68 bytes. */
  readonly entries: Buffer;
  /** W3C traceparents of requests that it came from, separated by spaces. */
  readonly traces: string | null;
}

export async function summarizePending(client: ClientBase, log: number): Promise<PendingSummary> {
  const { rows } = await client.query<{ records: string; entries: string; age: string }>({
    name: 'summarize-pending',
    text: `SELECT p.records, e.entries,
             coalesce(extract(epoch FROM clock_timestamp() - least(p.oldest, e.oldest)) * 1000, 0) AS age
           FROM (SELECT coalesce(sum(n), 0) AS records, min(created_at) AS oldest
                 FROM parcel WHERE height IS NULL AND log = $1) p,
                (SELECT count(*) AS entries, min(created_at) AS oldest
                 FROM log_entry WHERE height IS NULL AND log = $1) e`,
    values: [log],
  });
  const [row] = rows;
  return {
    records: Number(row?.records ?? 0),
    logEntries: Number(row?.entries ?? 0),
    oldestAgeMs: Number(row?.age ?? 0),
  };
}

/** Whole parcels in order of id, as many as fit into `maxRecords`. */
export async function readPendingParcels(
  client: ClientBase,
  log: number,
  maxRecords: number,
): Promise<Parcel[]> {
  const { rows } = await client.query<Parcel>({
    name: 'read-pending-parcels',
    text: `SELECT id, n, entries, traces FROM (
             SELECT id, n, entries, traces, sum(n) OVER (ORDER BY id) AS total FROM parcel WHERE height IS NULL AND log = $1
           ) waiting WHERE total <= $2 ORDER BY id`,
    values: [log, maxRecords],
  });
  return rows;
}
