/**
 * One attempt at a delivery: begun if the lease of its job still holds, and recorded in one statement with what it means
 * for the delivery and for its endpoint.
 */
import { type Pool } from 'pg';
import { BREAKER_FAILURES, type LeasedDelivery } from './schedule-deliveries.js';

export interface BegunAttempt {
  readonly delivery: string;
  readonly lease: number;
  /** Number of this attempt, from 1. */
  readonly n: number;
  /** Attempts that failed before in this round of retries. */
  readonly round: number;
  readonly organization: number;
  readonly endpoint: string;
  readonly url: string;
  /** When the delivery was noted. */
  readonly createdAt: Date;
  readonly event: {
    readonly id: string;
    readonly type: string;
    readonly createdAt: Date;
    readonly data: unknown;
  };
  /** Sealed, newest first. */
  readonly secrets: readonly Buffer[];
}

export interface AttemptRecord {
  readonly startedAt: Date;
  readonly latencyMs: number;
  readonly status: number | undefined;
  readonly error: string | undefined;
  /** At most 2,048 bytes. */
  readonly answer: Buffer | undefined;
}

interface BegunRow {
  lease: number;
  n: number;
  round: number;
  organization: number;
  endpoint: string;
  url: string;
  event: string;
  type: string;
  noted_at: Date;
  created_at: Date;
  data: unknown;
  secrets: Buffer[] | null;
}

/** Takes the delivery over from its job; undefined when another job has it, or it is done, or its endpoint disabled. */
export async function beginAttempt(
  pool: Pool,
  { delivery, lease }: LeasedDelivery,
  { now, leaseMs }: { now: Date; leaseMs: number },
): Promise<BegunAttempt | undefined> {
  const { rows } = await pool.query<BegunRow>({
    name: 'begin-attempt',
    text: `UPDATE webhook_delivery d
           SET lease = d.lease + 1, attempts = d.attempts + 1, leased_until = $3::timestamptz + $4::int * interval '1 millisecond'
           FROM webhook_endpoint w, webhook_event e
           WHERE d.id = $1 AND d.lease = $2 AND d.state = 'pending' AND w.id = d.endpoint AND w.enabled AND e.id = d.event
           RETURNING d.lease, d.attempts AS n, d.round, d.organization, d.endpoint, w.url,
             d.created_at AS noted_at, e.id AS event, e.type, e.created_at, e.data,
             (SELECT array_agg(s.sealed ORDER BY s.id DESC) FROM webhook_secret s
              WHERE s.endpoint = d.endpoint AND (s.expires_at IS NULL OR s.expires_at > $3)) AS secrets`,
    values: [delivery, lease, now, leaseMs],
  });
  const row = rows[0];
  return (
    row && {
      delivery,
      lease: row.lease,
      n: row.n,
      round: row.round,
      organization: row.organization,
      endpoint: row.endpoint,
      url: row.url,
      createdAt: row.noted_at,
      event: { id: row.event, type: row.type, createdAt: row.created_at, data: row.data },
      secrets: row.secrets ?? [],
    }
  );
}

const RECORDED = `recorded AS (
    INSERT INTO webhook_attempt (organization, delivery, n, started_at, latency_ms, status, error, answer)
    SELECT organization, id, $3, $4, $5, $6, $7, $8 FROM webhook_delivery WHERE id = $1
    ON CONFLICT DO NOTHING
  )`;

const attemptValues = ({ delivery, lease, n }: BegunAttempt, record: AttemptRecord): unknown[] => [
  delivery,
  lease,
  n,
  record.startedAt,
  record.latencyMs,
  record.status ?? null,
  record.error ?? null,
  record.answer ?? null,
];

/** A receiver that answered is well again. */
export async function recordSuccess(pool: Pool, begun: BegunAttempt, record: AttemptRecord): Promise<void> {
  await pool.query({
    name: 'record-success',
    text: `WITH ${RECORDED}, well AS (
             UPDATE webhook_endpoint SET failures = 0, failing_since = NULL, paused_until = '-infinity'
             WHERE id = $9 AND (failures > 0 OR paused_until <> '-infinity')
           )
           UPDATE webhook_delivery SET state = 'succeeded', finished_at = $10, leased_until = '-infinity'
           WHERE id = $1 AND state = 'pending' AND lease >= $2`,
    values: [
      ...attemptValues(begun, record),
      begun.endpoint,
      new Date(record.startedAt.getTime() + record.latencyMs),
    ],
  });
}

export interface Failure {
  readonly now: Date;
  /** Undefined when this was the last attempt. */
  readonly nextAttemptAt: Date | undefined;
  /** Until when the receiver asks to be left alone. */
  readonly pauseUntil: Date | undefined;
  /** A number in 0…1 that spreads the pauses of the breaker. */
  readonly jitter: number;
}

/** How the endpoint stands after a failure. */
export interface FailingEndpoint {
  readonly failures: number;
  readonly failingSince: Date;
}

/** The breaker pauses 5 s after the fifth failure in a row, then twice as long each time, up to five minutes. */
const PAUSE = `CASE WHEN failures + 1 >= ${BREAKER_FAILURES} THEN $9::timestamptz + (0.75 + $10::float8 / 2)
    * least(300, 5 * 2 ^ least(failures + 1 - ${BREAKER_FAILURES}, 10)) * interval '1 second' END`;

export async function recordFailure(
  pool: Pool,
  begun: BegunAttempt,
  record: AttemptRecord,
  { now, nextAttemptAt, pauseUntil, jitter }: Failure,
): Promise<FailingEndpoint | undefined> {
  const { rows } = await pool.query<{ failures: number; failing_since: Date }>({
    name: 'record-failure',
    text: `WITH ${RECORDED}, tried AS (
             UPDATE webhook_delivery SET round = round + 1, leased_until = '-infinity',
               state = CASE WHEN $11::timestamptz IS NULL THEN 'failed' ELSE 'pending' END,
               finished_at = CASE WHEN $11::timestamptz IS NULL THEN $9::timestamptz END,
               next_attempt_at = coalesce($11::timestamptz, next_attempt_at)
             WHERE id = $1 AND state = 'pending' AND lease = $2
           )
           UPDATE webhook_endpoint SET failures = failures + 1, failing_since = coalesce(failing_since, $9),
             paused_until = greatest(paused_until, ${PAUSE}, $12::timestamptz)
           WHERE id = $13 RETURNING failures, failing_since`,
    values: [
      ...attemptValues(begun, record),
      now,
      jitter,
      nextAttemptAt ?? null,
      pauseUntil ?? null,
      begun.endpoint,
    ],
  });
  const row = rows[0];
  return row && { failures: row.failures, failingSince: row.failing_since };
}

/** The traceparent of the block that an event tells of, if it tells of one that was traced. */
export async function readBlockTraces(pool: Pool, data: unknown): Promise<string[]> {
  const { log, blockHeight } = data as { readonly log?: string; readonly blockHeight?: number };
  const { rows } = await pool.query<{ traceparent: string }>(
    `SELECT b.traceparent FROM block b JOIN log l ON l.id = b.log
     WHERE l.origin = $1 AND b.height = $2 AND b.traceparent IS NOT NULL`,
    [log ?? null, blockHeight ?? null],
  );
  return rows.map(({ traceparent }) => traceparent);
}
