/**
 * Who is tried next. Under `WEBHOOK_LOCK` one worker at a time leases deliveries that are due; the lease's number goes
 * into the job and makes a job that comes twice do nothing the second time. What one endpoint may take at once is
 * bounded by its row: tokens for its rate, leases for its concurrency, one at a time while it fails, none while it is
 * paused. So a dead endpoint holds one place of many.
 */
import { type ClientBase } from 'pg';

export interface LeasedDelivery {
  readonly delivery: string;
  readonly lease: number;
}

export interface ScheduleLimits {
  readonly now: Date;
  /** How long a lease holds unless the attempt ends before. */
  readonly leaseMs: number;
  /** Deliveries of one endpoint at the same time. */
  readonly perEndpoint: number;
  /** Deliveries under way at the same time, over all endpoints. */
  readonly inFlight: number;
}

/** From so many failed attempts in a row on, an endpoint gets pauses between attempts. */
export const BREAKER_FAILURES = 5;

const DUE = "d.state = 'pending' AND d.next_attempt_at <= $1 AND d.leased_until <= $1";
const LEASED = "f.state = 'pending' AND f.leased_until > '-infinity' AND f.leased_until > $1";

const LEASE = `
  WITH ready AS MATERIALIZED (
    SELECT w.id, CASE WHEN w.failures > 0 THEN 1 ELSE $3::int END AS at_once,
      least(w.max_per_second, w.tokens + greatest(0, extract(epoch FROM $1::timestamptz - w.tokens_at)) * w.max_per_second)
        AS tokens
    FROM webhook_endpoint w
    WHERE w.enabled AND w.paused_until <= $1
      AND EXISTS (SELECT FROM webhook_delivery d WHERE d.endpoint = w.id AND ${DUE})
  ), chosen AS MATERIALIZED (
    SELECT d.id, r.id AS endpoint, d.next_attempt_at FROM ready r
    CROSS JOIN LATERAL (
      SELECT count(*) AS n FROM webhook_delivery f
      WHERE f.endpoint = r.id AND ${LEASED}
    ) open
    CROSS JOIN LATERAL (
      SELECT d.id, d.next_attempt_at FROM webhook_delivery d WHERE d.endpoint = r.id AND ${DUE}
      ORDER BY d.next_attempt_at LIMIT greatest(0, least(r.at_once - open.n, floor(r.tokens)))::int
    ) d
    ORDER BY d.next_attempt_at
    LIMIT greatest(0, $4::int - (SELECT count(*) FROM webhook_delivery f WHERE ${LEASED}))
  ), spent AS (
    UPDATE webhook_endpoint w SET tokens = r.tokens - c.n, tokens_at = $1
    FROM ready r JOIN (SELECT endpoint, count(*) AS n FROM chosen GROUP BY endpoint) c ON c.endpoint = r.id
    WHERE w.id = r.id
  )
  UPDATE webhook_delivery d
  SET lease = d.lease + 1, leased_until = $1::timestamptz + $2::int * interval '1 millisecond'
  FROM chosen c WHERE d.id = c.id RETURNING d.id AS delivery, d.lease`;

/** Leases what is due. Inside a transaction that holds the lock. */
export async function leaseDueDeliveries(
  client: ClientBase,
  limits: ScheduleLimits,
): Promise<LeasedDelivery[]> {
  const { rows } = await client.query<LeasedDelivery>({
    name: 'lease-due-deliveries',
    text: LEASE,
    values: [limits.now, limits.leaseMs, limits.perEndpoint, limits.inFlight],
  });
  return rows;
}

/** Gives up what was tried for three days; how many that were. */
export async function giveUpOldDeliveries(client: ClientBase, now: Date): Promise<number> {
  const { rowCount } = await client.query(
    `UPDATE webhook_delivery SET state = 'failed', finished_at = $1
     WHERE state = 'pending' AND give_up_at <= $1 AND leased_until <= $1`,
    [now],
  );
  return rowCount ?? 0;
}
