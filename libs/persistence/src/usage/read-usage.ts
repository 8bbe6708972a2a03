/**
 * What an organization has used, by days or months (UTC). Records are counted on the day in their record, anchoring and
 * deliveries on the day of the deed. `usage_day` has what is anchored; what is accepted and not anchored yet is counted
 * from its parcels, in the same statement and so of the same moment.
 */
import { type ClientBase } from 'pg';

export interface UsagePeriod {
  /** `2026-11-20`, or `2026-11` by months. */
  readonly period: string;
  readonly accepted: number;
  /** What the accepted records took when they were stored: nothing is taken off for an erasure. */
  readonly acceptedBytes: number;
  readonly anchored: number;
  /** Deliveries of webhooks that their receiver took. */
  readonly delivered: number;
}

export interface UsageQuery {
  /** Internal key. */
  readonly organization: number;
  /** First and last day, such as `2026-11-20`. */
  readonly from: string;
  readonly to: string;
  readonly by: 'day' | 'month';
}

/** Records of the organization in parcels that are in no anchored block. Parcels of older processes name nobody. */
const WAITING = `
  SELECT p.day, p.n AS records, p.bytes FROM waiting p WHERE p.organization = $1
  UNION ALL
  SELECT (time_of_id(e.id) AT TIME ZONE 'UTC')::date, 1, octet_length(e.fingerprints) + octet_length(e.content) + 68
  FROM waiting p JOIN evidence e ON e.parcel = p.id AND e.organization = $1 WHERE p.organization = 0`;

const USED = `
  WITH waiting AS (
    SELECT id, organization, day, n, bytes FROM parcel WHERE height IS NULL AND organization IN ($1, 0)
    UNION ALL
    SELECT p.id, p.organization, p.day, p.n, p.bytes FROM block b JOIN parcel p ON p.log = b.log AND p.height = b.height
    WHERE b.anchored_at IS NULL AND p.organization IN ($1, 0)
  ), used AS (
    SELECT day, accepted, accepted_bytes, anchored, 0::bigint AS delivered FROM usage_day WHERE organization = $1
    UNION ALL SELECT day, records, bytes, 0, 0 FROM (${WAITING}) w
    UNION ALL SELECT day, 0, 0, 0, delivered FROM delivery_day WHERE organization = $1
  )`;

interface Row {
  period: string;
  accepted: string;
  accepted_bytes: string;
  anchored: string;
  delivered: string;
}

/** The periods in which something was used, in order. The client must see the organization's rows. */
export async function readUsage(
  client: Pick<ClientBase, 'query'>,
  { organization, from, to, by }: UsageQuery,
): Promise<UsagePeriod[]> {
  const { rows } = await client.query<Row>(
    `${USED}
     SELECT to_char(day, $4) AS period, sum(accepted) AS accepted, sum(accepted_bytes) AS accepted_bytes,
       sum(anchored) AS anchored, sum(delivered) AS delivered
     FROM used WHERE day BETWEEN $2 AND $3 GROUP BY 1 ORDER BY 1`,
    [organization, from, to, by === 'day' ? 'YYYY-MM-DD' : 'YYYY-MM'],
  );
  return rows.map((row) => ({
    period: row.period,
    accepted: Number(row.accepted),
    acceptedBytes: Number(row.accepted_bytes),
    anchored: Number(row.anchored),
    delivered: Number(row.delivered),
  }));
}

/** All records ever accepted, and what they took. Records are never removed, so this is what is stored. */
export async function readStored(
  client: Pick<ClientBase, 'query'>,
  organization: number,
): Promise<{ records: number; bytes: number }> {
  const { rows } = await client.query<{ records: string; bytes: string }>(
    `${USED} SELECT coalesce(sum(accepted), 0) AS records, coalesce(sum(accepted_bytes), 0) AS bytes FROM used`,
    [organization],
  );
  return { records: Number(rows[0]?.records ?? 0), bytes: Number(rows[0]?.bytes ?? 0) };
}
