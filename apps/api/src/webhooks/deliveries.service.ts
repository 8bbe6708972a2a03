/**
 * Deliveries as their organization sees them, and what it can do about them: send one again, have what was missed since
 * a time delivered, send a test event. All of it only changes the schedule; the worker delivers.
 */
import { type PoolClient } from 'pg';
import { GIVE_UP_AFTER, WEBHOOKS_CHANNEL } from '@cunzheng/persistence';
import { TEST_EVENT_TYPE } from '@cunzheng/webhooks';
import { type Principal } from '../auth/principal.js';
import { type Database } from '../database/database.js';
import { ProblemError } from '../problems/problem-error.js';
import { type DeliveriesQuery } from './deliveries.schemas.js';
import { findEndpoint } from './endpoints.service.js';

interface DeliveryRow {
  id: string;
  endpoint: string;
  event: string;
  type: string | null;
  state: 'pending' | 'succeeded' | 'failed';
  attempts: number;
  next_attempt_at: Date;
  created_at: Date;
  finished_at: Date | null;
}

interface AttemptRow {
  n: number;
  started_at: Date;
  latency_ms: number;
  status: number | null;
  error: string | null;
  answer: Buffer | null;
}

export interface Delivery {
  readonly id: string;
}

const SELECT = `
  SELECT d.id, d.endpoint, d.event, e.type, d.state, d.attempts, d.next_attempt_at, d.created_at, d.finished_at
  FROM webhook_delivery d LEFT JOIN webhook_event e ON e.id = d.event`;

/** A fresh round of retries, beginning now. */
const AFRESH = `state = 'pending', round = 0, next_attempt_at = now(), give_up_at = now() + ${GIVE_UP_AFTER}, finished_at = NULL`;

export class WebhookDeliveries {
  constructor(private readonly database: Database) {}

  /** A page, newest first. */
  async list(
    { organizationKey }: Principal,
    { endpoint, event, state, cursor, limit }: DeliveriesQuery,
  ): Promise<{ items: Delivery[]; nextCursor?: string }> {
    const conditions = { 'd.endpoint =': endpoint, 'd.event =': event, 'd.state =': state, 'd.id <': cursor };
    const values: unknown[] = [organizationKey];
    const where = Object.entries(conditions)
      .filter(([, value]) => value !== undefined)
      .map(([condition, value]) => ` AND ${condition} $${values.push(value)}`);
    const text = `${SELECT} WHERE d.organization = $1${where.join('')} ORDER BY d.id DESC LIMIT $${values.push(limit + 1)}`;
    return await this.database.forOrganization(organizationKey, async (client) => {
      const { rows } = await client.query<DeliveryRow>(text, values);
      const items = rows.slice(0, limit).map(describeDelivery);
      const last = items.at(-1);
      return { items, ...(rows.length > limit && last && { nextCursor: last.id }) };
    });
  }

  /** One delivery with its attempts. */
  async read({ organizationKey }: Principal, id: string): Promise<unknown> {
    return await this.database.forOrganization(organizationKey, async (client) => {
      // Attempts first: what the delivery says is then never older than they are.
      const { rows } = await client.query<AttemptRow>(
        'SELECT * FROM webhook_attempt WHERE delivery = $1 ORDER BY n DESC LIMIT 100',
        [id],
      );
      const delivery = await findDelivery(client, id);
      return { ...describeDelivery(delivery), attemptLog: rows.reverse().map(describeAttempt) };
    });
  }

  /** Delivers again, whatever came of it before. */
  async resend({ organizationKey }: Principal, id: string): Promise<Delivery> {
    return await this.database.forOrganization(organizationKey, async (client) => {
      const { endpoint, type } = await findDelivery(client, id);
      if (type === null) throw new ProblemError('not-found', 'the event of this delivery is no longer kept');
      await assertEnabled(client, endpoint);
      await client.query(`UPDATE webhook_delivery SET ${AFRESH} WHERE id = $1`, [id]);
      await wakeWorkers(client);
      return describeDelivery(await findDelivery(client, id));
    });
  }

  /** Delivers every event since a time that fits the endpoint and has not been delivered to it. */
  async recover(
    { organizationKey }: Principal,
    endpoint: string,
    since: string,
  ): Promise<{ deliveries: number }> {
    return await this.database.forOrganization(organizationKey, async (client) => {
      await assertEnabled(client, endpoint);
      const { rowCount } = await client.query(
        `INSERT INTO webhook_delivery (organization, endpoint, event, next_attempt_at, give_up_at)
         SELECT p.organization, w.id, p.id, now(), now() + ${GIVE_UP_AFTER}
         FROM webhook_event p JOIN webhook_endpoint w ON w.organization = p.organization
         WHERE w.id = $1 AND p.organization = $2 AND p.position IS NOT NULL AND p.created_at >= $3
           AND p.type = ANY (w.types) AND (p.tags IS NULL OR w.tags = '{}' OR p.tags && w.tags)
         ORDER BY p.position
         ON CONFLICT (endpoint, event) DO UPDATE SET ${AFRESH} WHERE webhook_delivery.state = 'failed'`,
        [endpoint, organizationKey, since],
      );
      await wakeWorkers(client);
      return { deliveries: rowCount ?? 0 };
    });
  }

  /** Sends an event that is no fact: it is delivered like any other, and not listed among events. */
  async test({ organizationKey }: Principal, endpoint: string): Promise<Delivery> {
    return await this.database.forOrganization(organizationKey, async (client) => {
      await assertEnabled(client, endpoint);
      const { rows } = await client.query<{ id: string }>(
        `WITH event AS (
           INSERT INTO webhook_event (organization, type, data) VALUES ($1, $2, json_build_object('endpoint', $3::uuid))
           RETURNING id
         )
         INSERT INTO webhook_delivery (organization, endpoint, event, next_attempt_at, give_up_at)
         SELECT $1, $3, event.id, now(), now() + ${GIVE_UP_AFTER} FROM event RETURNING id`,
        [organizationKey, TEST_EVENT_TYPE, endpoint],
      );
      await wakeWorkers(client);
      return describeDelivery(await findDelivery(client, rows[0]?.id ?? ''));
    });
  }
}

async function findDelivery(client: PoolClient, id: string): Promise<DeliveryRow> {
  const { rows } = await client.query<DeliveryRow>(`${SELECT} WHERE d.id = $1`, [id]);
  if (rows[0]) return rows[0];
  throw new ProblemError('not-found', 'no webhook delivery with this id in your organization');
}

async function assertEnabled(client: PoolClient, endpoint: string): Promise<void> {
  const { enabled } = await findEndpoint(client, endpoint);
  if (!enabled)
    throw new ProblemError('endpoint-disabled', 'enable the endpoint first: PATCH it with {"enabled": true}');
}

const wakeWorkers = (client: PoolClient): Promise<unknown> =>
  client.query('SELECT pg_notify($1, $2)', [WEBHOOKS_CHANNEL, '']);

function describeDelivery(row: DeliveryRow): Delivery & Record<string, unknown> {
  return {
    id: row.id,
    endpoint: row.endpoint,
    event: row.event,
    ...(row.type !== null && { type: row.type }),
    state: row.state,
    attempts: row.attempts,
    ...(row.state === 'pending' && { nextAttemptAt: row.next_attempt_at.toISOString() }),
    createdAt: row.created_at.toISOString(),
    ...(row.finished_at && { finishedAt: row.finished_at.toISOString() }),
  };
}

function describeAttempt(row: AttemptRow): unknown {
  return {
    n: row.n,
    startedAt: row.started_at.toISOString(),
    latencyMs: row.latency_ms,
    ...(row.status !== null && { status: row.status }),
    ...(row.error !== null && { error: row.error }),
    ...(row.answer && { answer: row.answer.toString('utf8') }),
  };
}
