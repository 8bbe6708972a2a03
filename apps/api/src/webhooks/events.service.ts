/**
 * The list of events, in the order of their positions, which is the order in which they became visible: whoever goes on
 * from the cursor of the last answer misses nothing, however many write at the same time. A cursor before the oldest
 * event that is kept is refused, because what lies between is lost to the reader.
 */
import { type PoolClient } from 'pg';
import { describeEvent, type EventJson } from '@cunzheng/webhooks';
import { type Principal } from '../auth/principal.js';
import { type Database } from '../database/database.js';
import { ProblemError } from '../problems/problem-error.js';
import { type EventsQuery } from './events.schemas.js';

interface EventRow {
  id: string;
  position: string;
  type: string;
  data: unknown;
  created_at: Date;
}

export interface EventPage {
  readonly items: readonly EventJson[];
  /** Where to go on, now or later. */
  readonly nextCursor: string;
  readonly hasMore: boolean;
}

export class WebhookEvents {
  constructor(private readonly database: Database) {}

  /** A page of events after the cursor, oldest first; from the oldest that is kept without one. */
  async list({ organizationKey }: Principal, { cursor, type, limit }: EventsQuery): Promise<EventPage> {
    return await this.database.forOrganization(organizationKey, async (client) => {
      if (cursor !== undefined) await assertKept(client, organizationKey, cursor);
      const { rows } = await client.query<EventRow>(
        `SELECT id, position, type, data, created_at FROM webhook_event
         WHERE organization = $1 AND position > $2::bigint AND ($3::text IS NULL OR type = $3)
         ORDER BY position LIMIT $4`,
        [organizationKey, cursor ?? '0', type ?? null, limit + 1],
      );
      const page = rows.slice(0, limit);
      return {
        items: page.map((row) => describeEvent({ ...row, createdAt: row.created_at })),
        nextCursor: page.at(-1)?.position ?? cursor ?? '0',
        hasMore: rows.length > limit,
      };
    });
  }
}

async function assertKept(client: PoolClient, organization: number, cursor: string): Promise<void> {
  const { rowCount } = await client.query(
    'SELECT FROM webhook_feed WHERE organization = $1 AND forgotten > $2::bigint',
    [organization, cursor],
  );
  if (rowCount === 0) return;
  throw new ProblemError(
    'cursor-expired',
    'events after this cursor are no longer kept: compare your records with GET /v1/evidence, then begin without a cursor',
  );
}
