/** The people of an organization: handles with roles. A change holds at once, in every API process. */
import { type Principal } from '../auth/principal.js';
import { type Database } from '../database/database.js';
import { ProblemError } from '../problems/problem-error.js';
import { type Member, type MemberRequest } from './organization.schemas.js';

const MAX_MEMBERS = 10_000;

interface MemberRow {
  id: string;
  roles: Member['roles'];
  created_at: Date;
  suspended_at: Date | null;
}

export class Members {
  constructor(private readonly database: Database) {}

  /** Adds or changes a member. @throws ProblemError `limit-reached`. */
  async put(
    { organizationKey }: Principal,
    id: string,
    { roles, suspended }: MemberRequest,
  ): Promise<Member> {
    const [member] = await this.database.forOrganization(organizationKey, async (client) => {
      // Only new members count: at the limit one must still be able to suspend those there are.
      const { rows: others } = await client.query<{ n: number }>(
        'SELECT count(*)::int AS n FROM member WHERE NOT EXISTS (SELECT FROM member WHERE id = $1)',
        [id],
      );
      if ((others[0]?.n ?? 0) >= MAX_MEMBERS) throw new ProblemError('limit-reached', 'too many members');
      const { rows } = await client.query<MemberRow>(
        `INSERT INTO member AS m (organization, id, roles, suspended_at)
         VALUES ($1, $2, $3, CASE WHEN $4 THEN now() END)
         ON CONFLICT (organization, id) DO UPDATE SET roles = excluded.roles,
           suspended_at = CASE WHEN $4 THEN coalesce(m.suspended_at, now()) END
         RETURNING id, roles, created_at, suspended_at`,
        [organizationKey, id, [...new Set(roles)].sort(), suspended],
      );
      return rows.map(toMember);
    });
    if (!member) throw new Error('the member was not stored');
    return member;
  }

  async list({ organizationKey }: Principal): Promise<Member[]> {
    return await this.database.forOrganization(organizationKey, async (client) => {
      const { rows } = await client.query<MemberRow>(
        'SELECT id, roles, created_at, suspended_at FROM member ORDER BY id',
      );
      return rows.map(toMember);
    });
  }
}

const toMember = ({ id, roles, created_at: createdAt, suspended_at: suspendedAt }: MemberRow): Member => ({
  id,
  roles,
  suspended: suspendedAt !== null,
  createdAt: createdAt.toISOString(),
});
