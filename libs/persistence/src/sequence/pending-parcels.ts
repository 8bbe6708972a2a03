/** What waits for a block: parcels and log entries without a height, and which of the parcels are next. */
import { type ClientBase } from 'pg';

export interface PendingSummary {
  /** No less than there are, up to the number that was asked for. */
  readonly records: number;
  readonly logEntries: number;
  /** Age of what has waited longest, by the database's clock; 0 when nothing waits. */
  readonly oldestAgeMs: number;
}

export interface Parcel {
  readonly id: string;
  /** Whose records they are; 0 for what is nobody's. */
  readonly organization: number;
  readonly n: number;
  /** `n` entries of 68 bytes. */
  readonly entries: Buffer;
  /** W3C traceparents of requests that it came from, separated by spaces. */
  readonly traces: string | null;
}

/** Looks at the oldest `maxRecords` parcels at most: how many wait behind them makes no difference to anybody. */
export async function summarizePending(
  client: ClientBase,
  log: number,
  maxRecords: number,
): Promise<PendingSummary> {
  const { rows } = await client.query<{ records: string; entries: string; age: string }>({
    name: 'summarize-pending',
    text: `SELECT p.records, e.entries,
             coalesce(extract(epoch FROM clock_timestamp() - least(p.oldest, e.oldest)) * 1000, 0) AS age
           FROM (SELECT coalesce(sum(n), 0) AS records, min(created_at) AS oldest
                 FROM (SELECT n, created_at FROM parcel WHERE height IS NULL AND log = $1 ORDER BY id LIMIT $2) oldest) p,
                (SELECT count(*) AS entries, min(created_at) AS oldest
                 FROM log_entry WHERE height IS NULL AND log = $1) e`,
    values: [log, maxRecords],
  });
  const [row] = rows;
  return {
    records: Number(row?.records ?? 0),
    logEntries: Number(row?.entries ?? 0),
    oldestAgeMs: Number(row?.age ?? 0),
  };
}

/** By how many records an organization is ahead of whoever is next, having had its turn already. */
export interface Lead {
  readonly organization: number;
  readonly records: number;
}

/**
 * Whole parcels, as many as fit into `maxRecords`, each organization's in order of id, the organizations in turn: a
 * parcel's place is its organization's lead and the records of its parcels before it. So of organizations that wait, each
 * gets as many records as the others, however much one of them sends. Only as much is read of each as could fit.
 */
export async function readPendingParcels(
  client: ClientBase,
  log: number,
  maxRecords: number,
  leads: readonly Lead[] = [],
): Promise<Parcel[]> {
  const { rows } = await client.query<Parcel>({
    name: 'read-pending-parcels',
    text: `WITH RECURSIVE waiting (organization) AS (
             (SELECT organization FROM parcel WHERE log = $1 AND height IS NULL ORDER BY organization LIMIT 1)
             UNION ALL
             SELECT (SELECT p.organization FROM parcel p
                     WHERE p.log = $1 AND p.height IS NULL AND p.organization > w.organization
                     ORDER BY p.organization LIMIT 1)
             FROM waiting w WHERE w.organization IS NOT NULL
           ), candidate AS (
             SELECT c.id, c.n, coalesce(l.records, 0) + c.before AS place
             FROM waiting w LEFT JOIN unnest($3::int[], $4::bigint[]) AS l (organization, records) USING (organization)
             CROSS JOIN LATERAL (
               SELECT id, n, sum(n) OVER (ORDER BY id) - n AS before FROM (
                 SELECT id, n FROM parcel WHERE log = $1 AND height IS NULL AND organization = w.organization
                 ORDER BY id LIMIT $2
               ) oldest
             ) c
             WHERE c.before < $2
           ), next AS (
             SELECT id, place, sum(n) OVER (ORDER BY place, id) AS total FROM candidate
           )
           SELECT p.id, p.organization, p.n, p.entries, p.traces FROM next JOIN parcel p USING (id)
           WHERE next.total <= $2 ORDER BY next.place, next.id`,
    values: [
      log,
      maxRecords,
      leads.map(({ organization }) => organization),
      leads.map(({ records }) => records),
    ],
  });
  return rows;
}
