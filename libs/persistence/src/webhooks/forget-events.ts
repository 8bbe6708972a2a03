/** Events and deliveries that have had their time, some thousand in a statement, so that no transaction gets long. */
import { type ClientBase } from 'pg';

const FORGOTTEN_TOGETHER = 5_000;

/** Oldest first, so that what is left of the list of events has no holes. */
const EVENTS = `
  WITH gone AS (
    DELETE FROM webhook_event
    WHERE id IN (SELECT id FROM webhook_event WHERE created_at < $1 ORDER BY created_at LIMIT $2)
    RETURNING organization, position
  ), marked AS (
    INSERT INTO webhook_feed (organization, forgotten)
    SELECT organization, max(position) FROM gone WHERE position IS NOT NULL GROUP BY organization
    ON CONFLICT (organization) DO UPDATE SET forgotten = greatest(webhook_feed.forgotten, excluded.forgotten)
  )
  SELECT FROM gone`;

/** The first UUIDv7 of a millisecond: the ids are in the order of time, so their index serves as one of ages. */
const FIRST_ID =
  "(lpad(to_hex((extract(epoch FROM $1::timestamptz) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid";

const DELIVERIES = `
  DELETE FROM webhook_delivery
  WHERE id IN (SELECT id FROM webhook_delivery WHERE id < ${FIRST_ID} ORDER BY id LIMIT $2)`;

/**
 * Removes what happened before `before`, and remembers up to where the list of events has a beginning. True when more is
 * left.
 */
export async function forgetOldEvents(client: ClientBase, before: Date): Promise<boolean> {
  const events = await client.query(EVENTS, [before, FORGOTTEN_TOGETHER]);
  const deliveries = await client.query(DELIVERIES, [before, FORGOTTEN_TOGETHER]);
  await client.query('DELETE FROM webhook_secret WHERE expires_at < $1', [before]);
  return events.rowCount === FORGOTTEN_TOGETHER || deliveries.rowCount === FORGOTTEN_TOGETHER;
}
