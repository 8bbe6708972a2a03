/**
 * From the outbox to events and their deliveries, set by set. It runs under `WEBHOOK_LOCK`, which is held to the commit:
 * positions are given in the order of commits, so a reader who goes on from the last one it saw skips nothing.
 *
 * An event is stored when an endpoint of its organization wants its type, disabled ones included; a delivery when the
 * endpoint is enabled and its tags fit. Events that are not about evidence have no tags and fit every endpoint.
 */
import { type ClientBase } from 'pg';

/** "CZWH": held while events get positions and deliveries get leases. */
export const WEBHOOK_LOCK = 0x435a5748;

/** How long a delivery is tried at most. */
export const GIVE_UP_AFTER = "interval '3 days'";

const MAX_BLOCKS = 16;

/** Stores the events of a query that gives `organization, type, tags, data`, and their deliveries. `$1` is now. */
const publishing = (events: string): string => `
  WITH published AS (
    INSERT INTO webhook_event (organization, position, type, tags, data)
    SELECT e.organization, nextval('webhook_event_position'), e.type, e.tags, e.data FROM (${events}) e
    RETURNING id, organization, type, tags
  )
  INSERT INTO webhook_delivery (organization, endpoint, event, next_attempt_at, give_up_at)
  SELECT p.organization, w.id, p.id, $1::timestamptz, $1::timestamptz + ${GIVE_UP_AFTER}
  FROM published p JOIN webhook_endpoint w ON w.organization = p.organization
  WHERE ${FITS}`;

/** Whether event `p` goes to endpoint `w`. */
const FITS = `w.enabled AND p.type = ANY (w.types)
  AND (p.tags IS NULL OR w.tags = '{}' OR p.tags && w.tags)`;

/** `evidence.*`: one for each record of the block. */
const forEvidence = (type: 'evidence.anchored' | 'evidence.attested', final: string): string => `
  SELECT s.organization, '${type}' AS type, array_remove(ARRAY[s.tag], NULL) AS tags,
    json_build_object('evidence', s.id, 'log', l.origin, 'blockHeight', $3::bigint, 'leafIndex', s.leaf_index,
      'final', ${final}, 'receipt', '/v1/evidence/' || s.id || '/receipt') AS data
  FROM subscribed_evidence($2::smallint, $3::bigint, '${type}') s, log l WHERE l.id = $2::smallint
  ORDER BY s.leaf_index`;

const BATCH = `
  SELECT s.organization, 'batch.anchored' AS type,
    array_remove(array_agg(DISTINCT s.tag), NULL) AS tags,
    json_build_object('log', min(l.origin), 'blockHeight', $3::bigint, 'records', count(*), 'final', bool_and(l.policy IS NULL),
      'receipts', '/v1/receipts?log=' || min(l.name) || '&blockHeight=' || $3::bigint
        || CASE WHEN bool_and(l.policy IS NULL) THEN '' ELSE '&state=anchored' END) AS data
  FROM subscribed_evidence($2::smallint, $3::bigint, 'batch.anchored') s, log l WHERE l.id = $2::smallint
  GROUP BY s.organization`;

const CHECKPOINT = `
  SELECT DISTINCT ON (w.organization) w.organization, 'checkpoint.published' AS type, NULL::text[] AS tags,
    json_build_object('log', l.origin, 'blockHeight', c.height, 'treeSize', c.tree_size,
      'checkpoint', '/logs/' || l.name || '/checkpoint') AS data
  FROM webhook_endpoint w, log l JOIN checkpoint c ON c.log = l.id AND c.height = $3::bigint
  WHERE l.id = $2::smallint AND 'checkpoint.published' = ANY (w.types)`;

const STATEMENTS = {
  anchored: [forEvidence('evidence.anchored', 'l.policy IS NULL'), BATCH, CHECKPOINT].map(publishing),
  attested: [forEvidence('evidence.attested', 'true')].map(publishing),
} as const;

interface OutboxRow {
  id: string;
  kind: keyof typeof STATEMENTS;
  log: number;
  height: string;
}

/** Publishes what waits, some blocks at a time; true when more is left. Inside a transaction that holds the lock. */
export async function publishOutbox(client: ClientBase, now: Date): Promise<boolean> {
  const { rows } = await client.query<OutboxRow>(
    'SELECT id, kind, log, height FROM webhook_outbox ORDER BY id LIMIT $1',
    [MAX_BLOCKS],
  );
  for (const { kind, log, height } of rows) {
    for (const text of STATEMENTS[kind]) await client.query(text, [now, log, height]);
  }
  if (rows.length > 0)
    await client.query('DELETE FROM webhook_outbox WHERE id = ANY ($1::bigint[])', [
      rows.map(({ id }) => id),
    ]);
  return rows.length === MAX_BLOCKS;
}

/** Disables an endpoint, once, and tells the organization's others. Inside a transaction that holds the lock. */
export async function disableEndpoint(
  client: ClientBase,
  { endpoint, reason, now }: { endpoint: string; reason: string; now: Date },
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE webhook_endpoint SET enabled = false, disabled_at = $2, disabled_reason = $3 WHERE id = $1 AND enabled`,
    [endpoint, now, reason],
  );
  if (rowCount !== 1) return false;
  await client.query(
    publishing(`
      SELECT organization, 'endpoint.disabled' AS type, NULL::text[] AS tags,
        json_build_object('endpoint', id, 'reason', disabled_reason) AS data
      FROM webhook_endpoint WHERE id = $2::uuid`),
    [now, endpoint],
  );
  return true;
}
