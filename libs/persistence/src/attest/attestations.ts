/** What the attester reads and writes: the newest checkpoint, its cosigned form, and how far each witness has come. */
import { type Pool } from 'pg';
import { NOTE_ATTESTED } from '../webhooks/outbox.js';

export interface CheckpointToAttest {
  readonly treeSize: number;
  /** The log's note, with the cosignatures collected so far. */
  readonly note: string;
  readonly attested: boolean;
  /** Of the span that made its block, if that was traced. */
  readonly traceparent: string | null;
}

interface CheckpointRow {
  tree_size: string;
  note: Buffer;
  attested: boolean;
  traceparent: string | null;
}

/** The newest signed checkpoint of a log, or undefined before the first. */
export async function readNewestCheckpoint(pool: Pool, log: number): Promise<CheckpointToAttest | undefined> {
  const { rows } = await pool.query<CheckpointRow>(
    `SELECT c.tree_size, coalesce(a.note, c.note) AS note, a.attested_at IS NOT NULL AS attested, b.traceparent
     FROM checkpoint c JOIN block b USING (log, height) LEFT JOIN attestation a USING (log, tree_size)
     WHERE c.log = $1 ORDER BY c.tree_size DESC LIMIT 1`,
    [log],
  );
  const row = rows[0];
  if (!row) return undefined;
  const { tree_size, note, attested, traceparent } = row;
  return { treeSize: Number(tree_size), note: note.toString('utf8'), attested, traceparent };
}

/**
 * Keeps a cosigned note. One for which the policy held is never replaced, and none is attested below one that is:
 * receipts lead to the first attested checkpoint above them, and that must not change.
 */
export async function storeAttestation(
  pool: Pool,
  { log, treeSize, note, attested }: { log: number; treeSize: number; note: string; attested: boolean },
): Promise<void> {
  await pool.query(
    `WITH stored AS (
       INSERT INTO attestation (log, tree_size, note, attested_at) VALUES ($1, $2, $3, CASE WHEN $4 AND NOT EXISTS (
         SELECT FROM attestation later WHERE later.log = $1 AND later.tree_size > $2 AND later.attested_at IS NOT NULL
       ) THEN now() END)
       ON CONFLICT (log, tree_size) DO UPDATE SET note = excluded.note, attested_at = excluded.attested_at
       WHERE attestation.attested_at IS NULL
       RETURNING log, tree_size, attested_at
     ), attested AS (SELECT log, tree_size FROM stored WHERE attested_at IS NOT NULL)
     ${NOTE_ATTESTED}`,
    [log, treeSize, Buffer.from(note), attested],
  );
}

/** The tree size each witness, by its verifier key, is known to have cosigned last. */
export async function readWitnessSizes(pool: Pool, log: number): Promise<ReadonlyMap<string, number>> {
  const { rows } = await pool.query<{ verifier_key: string; tree_size: string }>(
    'SELECT verifier_key, tree_size FROM witness_state WHERE log = $1',
    [log],
  );
  return new Map(rows.map((row) => [row.verifier_key, Number(row.tree_size)]));
}

export async function storeWitnessSize(
  pool: Pool,
  log: number,
  verifierKey: string,
  treeSize: number,
): Promise<void> {
  await pool.query(
    `INSERT INTO witness_state (log, verifier_key, tree_size) VALUES ($1, $2, $3)
     ON CONFLICT (log, verifier_key) DO UPDATE SET tree_size = excluded.tree_size`,
    [log, verifierKey, treeSize],
  );
}

/** What checkpoints of a log need before they count as attested. */
export interface StoredPolicy {
  /** C2SP tlog-policy. */
  readonly policy: string;
  readonly minTimestamps: number;
}

/** Says which policy the log is under; undefined for none. */
export async function storePolicy(pool: Pool, log: number, stored: StoredPolicy | undefined): Promise<void> {
  await pool.query(
    `UPDATE log SET policy = $2, min_timestamps = $3,
       policy_since = CASE WHEN $2::text IS NULL THEN policy_since ELSE coalesce(policy_since, now()) END
     WHERE id = $1 AND (policy IS DISTINCT FROM $2 OR min_timestamps <> $3)`,
    [log, stored?.policy ?? null, stored?.minTimestamps ?? 0],
  );
}
