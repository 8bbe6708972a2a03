/**
 * The outbox: what happened to a block, written in the transaction in which it happened, by whoever makes it happen.
 * Nothing is written while nobody has an endpoint; which events follow is worked out later, away from the sequencer.
 */
import { type ClientBase } from 'pg';

/** Channel on which workers learn that there is something to deliver. */
export const WEBHOOKS_CHANNEL = 'cunzheng_webhooks';

/** Inside the transaction that anchors a block. */
export async function noteAnchored(client: ClientBase, log: number, height: number): Promise<void> {
  await client.query({
    name: 'note-anchored',
    text: `WITH noted AS (
             INSERT INTO webhook_outbox (kind, log, height)
             SELECT 'anchored', $1::smallint, $2::bigint WHERE EXISTS (SELECT FROM webhook_endpoint) RETURNING id
           )
           SELECT pg_notify($3, '') FROM noted`,
    values: [log, height, WEBHOOKS_CHANNEL],
  });
}

/**
 * The rest of a statement that attests a checkpoint, behind the common table expression `attested`, which gives its `log`
 * and `tree_size` if it became attested just now. Notes the blocks that no earlier attested checkpoint covers.
 */
export const NOTE_ATTESTED = `, noted AS (
  INSERT INTO webhook_outbox (kind, log, height)
  SELECT 'attested', b.log, b.height
  FROM attested a
  JOIN log l ON l.id = a.log
  JOIN block b ON b.log = a.log AND b.first_index + b.count < a.tree_size AND b.anchored_at >= l.policy_since
    AND b.first_index + b.count >= coalesce((
      SELECT max(earlier.tree_size) FROM attestation earlier
      WHERE earlier.log = a.log AND earlier.tree_size < a.tree_size AND earlier.attested_at IS NOT NULL), 0)
  WHERE EXISTS (SELECT FROM webhook_endpoint)
  ORDER BY b.height
  RETURNING id
) SELECT pg_notify('${WEBHOOKS_CHANNEL}', '') FROM (SELECT FROM noted LIMIT 1) any_noted`;
