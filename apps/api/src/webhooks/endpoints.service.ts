/**
 * Webhook endpoints of an organization. Their secrets are sealed as they are made and opened only to be shown to a key
 * that may change endpoints, or to sign.
 */
import { type PoolClient } from 'pg';
import {
  createSecretBytes,
  formatPublicKey,
  formatSymmetricSecret,
  parseEndpointSecret,
  parseEndpointUrl,
  secretPlace,
  WebhookError,
  type UrlPolicy,
} from '@cunzheng/webhooks';
import { type ValueCipher } from '@cunzheng/persistence';
import { type Principal } from '../auth/principal.js';
import { type Database } from '../database/database.js';
import { storeAnswer, type Claim, type StoredAnswer } from '../idempotency/idempotency.js';
import { ProblemError } from '../problems/problem-error.js';
import { type EndpointChange, type EndpointRequest } from './endpoints.schemas.js';

const MAX_ENDPOINTS = 100;
const MAX_LIVE_SECRETS = 4;
/** How long the secret before signs beside the new one. */
const ROTATION_HOURS = 24;

interface EndpointRow {
  id: string;
  url: string;
  description: string;
  types: string[];
  tags: string[];
  max_per_second: number;
  enabled: boolean;
  disabled_at: Date | null;
  disabled_reason: string | null;
  created_at: Date;
  failures: number;
  failing_since: Date | null;
  public_keys: Buffer[];
}

interface SecretRow {
  sealed: Buffer;
  public_key: Buffer;
  created_at: Date;
  expires_at: Date | null;
}

const LIVE = '(s.expires_at IS NULL OR s.expires_at > now())';

const SELECT = `
  SELECT w.*, ARRAY(
    SELECT s.public_key FROM webhook_secret s WHERE s.endpoint = w.id AND ${LIVE} ORDER BY s.id DESC
  ) AS public_keys
  FROM webhook_endpoint w`;

/** Columns by the names that clients use. */
const COLUMNS = {
  url: 'url',
  description: 'description',
  types: 'types',
  tags: 'tags',
  maxPerSecond: 'max_per_second',
  enabled: 'enabled',
} as const;

export class WebhookEndpoints {
  constructor(
    private readonly database: Database,
    private readonly values: ValueCipher,
    private readonly policy: UrlPolicy,
  ) {}

  async create(
    { organizationKey }: Principal,
    request: EndpointRequest,
    claim: Claim | undefined,
  ): Promise<StoredAnswer> {
    this.assertUrl(request.url);
    return await this.database.forOrganization(organizationKey, async (client) => {
      await assertRoom(client, organizationKey);
      const { url, description, types, tags, maxPerSecond, enabled } = request;
      const { rows } = await client.query<{ id: string }>(
        `INSERT INTO webhook_endpoint (organization, url, description, types, tags, max_per_second, enabled)
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
        [organizationKey, url, description, types, tags, maxPerSecond, enabled],
      );
      const id = rows[0]?.id ?? '';
      await insertSecret(client, this.values, organizationKey, id);
      const body = JSON.stringify(describeEndpoint(await findEndpoint(client, id)));
      const answer = { status: 201, location: `/v1/webhook-endpoints/${id}`, body };
      await storeAnswer(client, claim, answer);
      return answer;
    });
  }

  async list({ organizationKey }: Principal): Promise<{ items: unknown[] }> {
    return await this.database.forOrganization(organizationKey, async (client) => {
      const { rows } = await client.query<EndpointRow>(`${SELECT} WHERE w.organization = $1 ORDER BY w.id`, [
        organizationKey,
      ]);
      return { items: rows.map(describeEndpoint) };
    });
  }

  async read({ organizationKey }: Principal, id: string): Promise<unknown> {
    return await this.database.forOrganization(organizationKey, async (client) =>
      describeEndpoint(await findEndpoint(client, id)),
    );
  }

  /** Changes what is given. Enabling makes a fresh start: failures are forgotten and pauses end. */
  async change({ organizationKey }: Principal, id: string, change: EndpointChange): Promise<unknown> {
    if (change.url !== undefined) this.assertUrl(change.url);
    return await this.database.forOrganization(organizationKey, async (client) => {
      await findEndpoint(client, id);
      const values: unknown[] = [id];
      const assignments = Object.entries(change)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => `${COLUMNS[name as keyof typeof COLUMNS]} = $${values.push(value)}`);
      if (change.enabled !== undefined)
        assignments.push(
          "disabled_at = NULL, disabled_reason = NULL, failures = 0, failing_since = NULL, paused_until = '-infinity'",
        );
      if (assignments.length > 0)
        await client.query(`UPDATE webhook_endpoint SET ${assignments.join(', ')} WHERE id = $1`, values);
      return describeEndpoint(await findEndpoint(client, id));
    });
  }

  async remove({ organizationKey }: Principal, id: string): Promise<void> {
    await this.database.forOrganization(organizationKey, async (client) => {
      const { rowCount } = await client.query('DELETE FROM webhook_endpoint WHERE id = $1', [id]);
      if (rowCount !== 1) throw notFound();
    });
  }

  async readSecrets({ organizationKey }: Principal, id: string): Promise<unknown> {
    return await this.database.forOrganization(organizationKey, async (client) => {
      await findEndpoint(client, id);
      return await describeSecrets(client, this.values, organizationKey, id);
    });
  }

  /** Makes a new secret; those before it sign for 24 hours more. */
  async rotateSecret({ organizationKey }: Principal, id: string): Promise<unknown> {
    return await this.database.forOrganization(organizationKey, async (client) => {
      // Two rotations at once come one after the other.
      const { rowCount } = await client.query(
        'SELECT FROM webhook_endpoint WHERE id = $1 FOR NO KEY UPDATE',
        [id],
      );
      if (rowCount !== 1) throw notFound();
      const live = await client.query(`SELECT FROM webhook_secret s WHERE s.endpoint = $1 AND ${LIVE}`, [id]);
      if ((live.rowCount ?? 0) >= MAX_LIVE_SECRETS)
        throw new ProblemError(
          'limit-reached',
          `${MAX_LIVE_SECRETS} secrets sign already: wait until the oldest has ended`,
        );
      await client.query(
        'UPDATE webhook_secret SET expires_at = now() + make_interval(hours => $2) WHERE endpoint = $1 AND expires_at IS NULL',
        [id, ROTATION_HOURS],
      );
      await insertSecret(client, this.values, organizationKey, id);
      return await describeSecrets(client, this.values, organizationKey, id);
    });
  }

  private assertUrl(url: string): void {
    try {
      parseEndpointUrl(url, this.policy);
    } catch (cause) {
      if (!(cause instanceof WebhookError)) throw cause;
      throw new ProblemError('invalid-content', `/url: ${cause.message}`, {
        errors: [{ pointer: '/url', detail: cause.message }],
        cause,
      });
    }
  }
}

export async function findEndpoint(client: PoolClient, id: string): Promise<EndpointRow> {
  const { rows } = await client.query<EndpointRow>(`${SELECT} WHERE w.id = $1`, [id]);
  if (rows[0]) return rows[0];
  throw notFound();
}

const notFound = (): ProblemError =>
  new ProblemError('not-found', 'no webhook endpoint with this id in your organization');

async function assertRoom(client: PoolClient, organization: number): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM webhook_endpoint WHERE organization = $1', [
    organization,
  ]);
  if ((rowCount ?? 0) < MAX_ENDPOINTS) return;
  throw new ProblemError('limit-reached', `an organization may have ${MAX_ENDPOINTS} webhook endpoints`);
}

async function insertSecret(
  client: PoolClient,
  values: ValueCipher,
  organization: number,
  endpoint: string,
): Promise<void> {
  const bytes = createSecretBytes();
  await client.query(
    'INSERT INTO webhook_secret (organization, endpoint, sealed, public_key) VALUES ($1, $2, $3, $4)',
    [
      organization,
      endpoint,
      values.seal(secretPlace(organization, endpoint), bytes),
      parseEndpointSecret(bytes).publicKey,
    ],
  );
}

async function describeSecrets(
  client: PoolClient,
  values: ValueCipher,
  organization: number,
  endpoint: string,
): Promise<{ secrets: unknown[] }> {
  const { rows } = await client.query<SecretRow>(
    `SELECT s.* FROM webhook_secret s WHERE s.endpoint = $1 AND ${LIVE} ORDER BY s.id DESC`,
    [endpoint],
  );
  const place = secretPlace(organization, endpoint);
  return {
    secrets: rows.map(({ sealed, public_key: publicKey, created_at: createdAt, expires_at: expiresAt }) => ({
      secret: formatSymmetricSecret(parseEndpointSecret(values.open(place, sealed))),
      publicKey: formatPublicKey(publicKey),
      createdAt: createdAt.toISOString(),
      ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
    })),
  };
}

function describeEndpoint(row: EndpointRow): unknown {
  return {
    id: row.id,
    url: row.url,
    types: row.types,
    tags: row.tags,
    description: row.description,
    maxPerSecond: row.max_per_second,
    enabled: row.enabled,
    ...(row.disabled_at && { disabledAt: row.disabled_at.toISOString() }),
    ...(row.disabled_reason !== null && { disabledReason: row.disabled_reason }),
    publicKeys: row.public_keys.map(formatPublicKey),
    failures: row.failures,
    ...(row.failing_since && { failingSince: row.failing_since.toISOString() }),
    createdAt: row.created_at.toISOString(),
  };
}
