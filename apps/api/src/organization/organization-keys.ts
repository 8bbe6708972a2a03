/** The API keys of an organization. Their secrets are never read here: the role of the API cannot read them at all. */
import { createApiKeyToken } from '@cunzheng/persistence';
import { type PoolClient } from 'pg';
import { type Principal } from '../auth/principal.js';
import { type Database } from '../database/database.js';
import { invalidContent } from '../http/schema-pipe.js';
import { ProblemError } from '../problems/problem-error.js';
import {
  type CreatedOrganizationKey,
  type OrganizationKey,
  type OrganizationKeyRequest,
} from './organization.schemas.js';

/** One in use and its successor. */
const MAX_LIVE_KEYS = 2;
const MAX_LISTED = 1_000;

interface KeyRow {
  id: string;
  label: string;
  member: string | null;
  roles: string[];
  scopes: string[];
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
  used_at: Date | null;
}

const COLUMNS = 'id, label, member, roles, scopes, created_at, expires_at, revoked_at';

export class OrganizationKeys {
  constructor(
    private readonly database: Database,
    private readonly now: () => number,
  ) {}

  /** @throws ProblemError `not-found` for a member that does not exist, `limit-reached`, `invalid-content`. */
  async create(
    { organizationKey }: Principal,
    request: OrganizationKeyRequest,
  ): Promise<CreatedOrganizationKey> {
    const { label, member, roles, scopes, expiresAt } = request;
    if (expiresAt !== undefined && Date.parse(expiresAt) <= this.now())
      throw invalidContent([{ pointer: '/expiresAt', detail: 'must lie in the future' }]);
    if (member === undefined && roles.length + scopes.length === 0)
      throw invalidContent([{ pointer: '/roles', detail: 'a key without a member needs roles or scopes' }]);
    const { id, secretSha256, token } = createApiKeyToken();
    const [key] = await this.database.forOrganization(organizationKey, async (client) => {
      if (member !== undefined) await assertRoom(client, member);
      const { rows } = await client.query<KeyRow>(
        `INSERT INTO api_key (id, organization, secret_sha256, label, member, roles, scopes, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING ${COLUMNS}, NULL AS used_at`,
        [id, organizationKey, secretSha256, label, member, roles, scopes, expiresAt],
      );
      return rows.map(toKey);
    });
    if (!key) throw new Error('the key was not stored');
    return { ...key, apiKey: token };
  }

  async list({ organizationKey }: Principal): Promise<OrganizationKey[]> {
    return await this.database.forOrganization(organizationKey, async (client) => {
      const { rows } = await client.query<KeyRow>(
        `SELECT ${COLUMNS}, u.used_at FROM api_key k LEFT JOIN api_key_use u ON u.key = k.id
         ORDER BY created_at DESC, id LIMIT ${MAX_LISTED}`,
      );
      return rows.map(toKey);
    });
  }

  /** @throws ProblemError `not-found`. */
  async revoke({ organizationKey }: Principal, id: string): Promise<void> {
    await this.database.forOrganization(organizationKey, async (client) => {
      const { rowCount } = await client.query(
        'UPDATE api_key SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1',
        [id],
      );
      if (rowCount === 0) throw new ProblemError('not-found', 'no API key with this id in your organization');
    });
  }
}

/** Locks the member, so that two requests do not both find room for one key. */
async function assertRoom(client: PoolClient, member: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM member WHERE id = $1 FOR UPDATE', [member]);
  if (rowCount === 0) throw new ProblemError('not-found', 'no member with this id in your organization');
  const { rows } = await client.query<{ live: number }>(
    `SELECT count(*)::int AS live FROM api_key
     WHERE member = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`,
    [member],
  );
  if ((rows[0]?.live ?? 0) >= MAX_LIVE_KEYS)
    throw new ProblemError('limit-reached', `the member has ${MAX_LIVE_KEYS} live keys: revoke one first`);
}

function toKey(row: KeyRow): OrganizationKey {
  const { id, label, roles, scopes, member } = row;
  const times = { expiresAt: row.expires_at, revokedAt: row.revoked_at, lastUsedAt: row.used_at };
  const given = Object.entries(times).flatMap(([name, time]) => (time ? [[name, time.toISOString()]] : []));
  return {
    id,
    label,
    roles,
    scopes,
    ...(member !== null && { member }),
    createdAt: row.created_at.toISOString(),
    ...(Object.fromEntries(given) as Record<string, string>),
  };
}
