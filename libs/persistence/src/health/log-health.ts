/**
 * How a log is doing, as the database shows it: whether its sequencer works, whether records wait too long, and whether
 * checkpoints get the cosignatures and timestamps that its policy wants. API and worker judge by the same rules.
 */
import { type ClientBase, type Pool } from 'pg';

/** A sequencer that works says so this often. */
export const HEARTBEAT_INTERVAL_MS = 5_000;
const HEARTBEAT_LATE_MS = 30_000;
const WAITING_LATE_MS = 60_000;

export interface LogHealth {
  /** Since the sequencer last said that it works; null if it never did. */
  readonly heartbeatAgeMs: number | null;
  readonly waitingParcels: number;
  readonly waitingRecords: number;
  /** Of the oldest record that waits for a block; 0 when none does. */
  readonly oldestWaitingMs: number;
  readonly treeSize: number;
  readonly checkpointAgeMs: number | null;
  readonly attestedTreeSize: number;
  /** How long the oldest checkpoint has lacked what the policy wants; 0 without a policy, and when none lacks it. */
  readonly unattestedMs: number;
}

export type DegradedCode = 'worker-silent' | 'records-wait' | 'not-attested' | 'disk-nearly-full';

/** Why a service is degraded: it answers, but something needs an operator. */
export interface DegradedReason {
  readonly code: DegradedCode;
  readonly detail: string;
}

const HEALTH = `
  SELECT extract(epoch FROM clock_timestamp() - (SELECT beat_at FROM worker_heartbeat WHERE log = l.id)) * 1000 AS heartbeat,
    waiting.parcels, waiting.records,
    coalesce(extract(epoch FROM clock_timestamp() - waiting.oldest) * 1000, 0) AS oldest,
    coalesce(newest.tree_size, 0) AS tree_size,
    extract(epoch FROM clock_timestamp() - newest.signed_at) * 1000 AS checkpoint_age,
    coalesce(attested.tree_size, 0) AS attested_tree_size,
    CASE WHEN l.policy IS NULL THEN 0 ELSE coalesce(extract(epoch FROM clock_timestamp() - (
      SELECT greatest(c.signed_at, l.policy_since) FROM checkpoint c
      WHERE c.log = l.id AND c.tree_size > coalesce(attested.tree_size, 0) ORDER BY c.tree_size LIMIT 1)) * 1000, 0)
    END AS unattested
  FROM log l
  CROSS JOIN LATERAL (SELECT count(*) AS parcels, coalesce(sum(n), 0) AS records, min(created_at) AS oldest
    FROM parcel WHERE height IS NULL AND log = l.id) waiting
  LEFT JOIN LATERAL (SELECT tree_size, signed_at FROM checkpoint WHERE log = l.id ORDER BY tree_size DESC LIMIT 1) newest ON true
  LEFT JOIN LATERAL (SELECT tree_size FROM attestation WHERE log = l.id AND attested_at IS NOT NULL
    ORDER BY tree_size DESC LIMIT 1) attested ON true
  WHERE l.id = $1`;

export async function readLogHealth(client: ClientBase | Pool, log: number): Promise<LogHealth> {
  const { rows } = await client.query<Record<string, string | null>>(HEALTH, [log]);
  const [row] = rows;
  if (!row) throw new Error(`the database has no log ${log}`);
  const orNull = (name: string): number | null => (row[name] == null ? null : Number(row[name]));
  const orZero = (name: string): number => Number(row[name] ?? 0);
  return {
    heartbeatAgeMs: orNull('heartbeat'),
    waitingParcels: orZero('parcels'),
    waitingRecords: orZero('records'),
    oldestWaitingMs: orZero('oldest'),
    treeSize: orZero('tree_size'),
    checkpointAgeMs: orNull('checkpoint_age'),
    attestedTreeSize: orZero('attested_tree_size'),
    unattestedMs: orZero('unattested'),
  };
}

/** `attestLateMs`: how long a checkpoint may lack what the policy wants. */
export function findReasons(health: LogHealth, attestLateMs: number): DegradedReason[] {
  const reasons: DegradedReason[] = [];
  const seconds = (milliseconds: number): string => `${Math.round(milliseconds / 1000)} s`;
  const { heartbeatAgeMs, oldestWaitingMs, unattestedMs } = health;
  if (heartbeatAgeMs === null || heartbeatAgeMs > HEARTBEAT_LATE_MS) {
    const since = heartbeatAgeMs === null ? 'yet' : `for ${seconds(heartbeatAgeMs)}`;
    reasons.push({ code: 'worker-silent', detail: `no worker has sequenced ${since}` });
  }
  if (oldestWaitingMs > WAITING_LATE_MS)
    reasons.push({
      code: 'records-wait',
      detail: `accepted evidence has waited ${seconds(oldestWaitingMs)} for its block`,
    });
  if (unattestedMs > attestLateMs)
    reasons.push({
      code: 'not-attested',
      detail: `cosignatures or timestamps that the policy wants are missing for ${seconds(unattestedMs)}`,
    });
  return reasons;
}

/** Says that the sequencer of the log works. */
export async function storeHeartbeat(client: ClientBase, log: number): Promise<void> {
  await client.query(
    `INSERT INTO worker_heartbeat (log, beat_at) VALUES ($1, clock_timestamp())
     ON CONFLICT (log) DO UPDATE SET beat_at = excluded.beat_at`,
    [log],
  );
}
