/**
 * What the operator lets an organization send: records a minute (the service's setting unless told), and records a calendar
 * month in UTC (any number unless told). The database counts the month while it stores, see the migration `quotas`.
 */
import { DatabaseError, type ClientBase } from 'pg';
import { readUsage } from './read-usage.js';

export interface OrganizationLimits {
  /** null: as the service is set. */
  readonly recordsPerMinute: number | null;
  /** null: any number. */
  readonly recordsPerMonth: number | null;
}

/** An organization whose records did not fit into a month. */
export interface QuotaExceeded {
  /** Internal key. */
  readonly organization: number;
  /** Its first day, such as `2026-11-01`. */
  readonly month: string;
  readonly quota: number;
  /** So many records still fit. */
  readonly left: number;
}

const QUOTA_EXCEEDED = 'CZ002';

/** Of a statement that stores records: whose quotas it went beyond. Nothing was stored then. */
export function readQuotaExceeded(error: unknown): readonly QuotaExceeded[] {
  if (!(error instanceof DatabaseError) || error.code !== QUOTA_EXCEEDED) return [];
  return JSON.parse(error.detail ?? '[]') as QuotaExceeded[];
}

/** How many records a month (its first day) holds, of an organization with a quota. The client must see its rows. */
export async function readQuotaUsed(
  client: Pick<ClientBase, 'query'>,
  organization: number,
  month: string,
): Promise<number> {
  const { rows } = await client.query<{ records: string }>(
    'SELECT records FROM quota_month WHERE organization = $1 AND month = $2',
    [organization, month],
  );
  return Number(rows[0]?.records ?? 0);
}

/**
 * Sets the limits in the transaction of `client`, the owner's, and counts what was accepted since the first of the month:
 * until the end of the transaction nothing is stored then.
 */
export async function setOrganizationLimits(
  client: Pick<ClientBase, 'query'>,
  organization: number,
  { recordsPerMinute, recordsPerMonth }: OrganizationLimits,
): Promise<void> {
  if (recordsPerMonth !== null) await client.query('LOCK TABLE parcel IN SHARE ROW EXCLUSIVE MODE');
  await client.query(
    'UPDATE organization SET records_per_minute = $2, records_per_month = $3 WHERE key = $1',
    [organization, recordsPerMinute, recordsPerMonth],
  );
  if (recordsPerMonth === null) return;
  const from = `${new Date().toISOString().slice(0, 7)}-01`;
  const used = await readUsage(client, { organization, from, to: '9999-12-31', by: 'month' });
  await client.query(
    `INSERT INTO quota_month SELECT $1, (month || '-01')::date, records FROM unnest($2::text[], $3::bigint[]) AS u(month, records)
     ON CONFLICT (organization, month) DO UPDATE SET records = excluded.records`,
    [organization, used.map(({ period }) => period), used.map(({ accepted }) => accepted)],
  );
}
