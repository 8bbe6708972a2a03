/** Share links of one piece of evidence: made, listed and revoked by its owner. */
import { randomUUID } from 'node:crypto';
import { type Principal } from '../auth/principal.js';
import { type Database } from '../database/database.js';
import { ProblemError } from '../problems/problem-error.js';
import { createShareToken, hashShareToken } from './share-token.js';
import { type CreatedShare, type Share, type ShareRequest } from './sharing.schemas.js';

/** Live links of one piece of evidence; more are a mistake of a program. */
const MAX_SHARES = 100;

const LIVE = 'revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())';

interface ShareRow {
  id: string;
  disclose: string[];
  label: string;
  created_at: Date;
  expires_at: Date | null;
  revoked_at: Date | null;
}

export class Shares {
  constructor(private readonly database: Database) {}

  async create(caller: Principal, evidence: string, request: ShareRequest): Promise<CreatedShare> {
    const token = createShareToken();
    const row = await this.database.forOrganization(caller.organizationKey, async (client) => {
      const { rows } = await client.query<ShareRow>(
        `INSERT INTO share (id, organization, evidence, token_sha256, disclose, label, expires_at)
         SELECT $1, $2, $3, $4, $5, $6, $7
         WHERE (SELECT count(*) FROM share WHERE organization = $2 AND evidence = $3 AND ${LIVE}) < $8
         RETURNING *`,
        [
          randomUUID(),
          caller.organizationKey,
          evidence,
          hashShareToken(token),
          request.disclose,
          request.label ?? '',
          request.expiresAt ?? null,
          MAX_SHARES,
        ],
      );
      return rows[0];
    });
    if (!row) throw tooMany();
    return { ...describe(row), token, path: `/v/${token}` };
  }

  /** All links, revoked ones included, oldest first. */
  async list(caller: Principal, evidence: string): Promise<Share[]> {
    return await this.database.forOrganization(caller.organizationKey, async (client) => {
      const { rows } = await client.query<ShareRow>(
        'SELECT * FROM share WHERE organization = $1 AND evidence = $2 ORDER BY created_at, id',
        [caller.organizationKey, evidence],
      );
      return rows.map(describe);
    });
  }

  /** Whether `token` opens this evidence now. */
  async isLive(caller: Principal, evidence: string, token: string): Promise<boolean> {
    return await this.database.forOrganization(caller.organizationKey, async (client) => {
      const { rowCount } = await client.query(
        `SELECT FROM share WHERE organization = $1 AND evidence = $2 AND token_sha256 = $3
           AND ${LIVE}`,
        [caller.organizationKey, evidence, hashShareToken(token)],
      );
      return rowCount === 1;
    });
  }

  /** Whether there was such a link. From now on it shows nothing; revoking again changes nothing. */
  async revoke(caller: Principal, evidence: string, id: string): Promise<boolean> {
    return await this.database.forOrganization(caller.organizationKey, async (client) => {
      const { rowCount } = await client.query(
        `UPDATE share SET revoked_at = coalesce(revoked_at, now())
         WHERE organization = $1 AND evidence = $2 AND id = $3`,
        [caller.organizationKey, evidence, id],
      );
      return rowCount === 1;
    });
  }
}

function describe(row: ShareRow): Share {
  return {
    id: row.id,
    disclose: row.disclose,
    ...(row.label !== '' && { label: row.label }),
    createdAt: row.created_at.toISOString(),
    ...(row.expires_at && { expiresAt: row.expires_at.toISOString() }),
    ...(row.revoked_at && { revokedAt: row.revoked_at.toISOString() }),
  };
}

function tooMany(): ProblemError {
  return new ProblemError(
    'invalid-content',
    `this evidence has ${MAX_SHARES} live share links: revoke one first`,
    {
      errors: [{ pointer: '', detail: `at most ${MAX_SHARES} live share links` }],
    },
  );
}
