/**
 * Looks up API keys. A key that was found is remembered for a few seconds; a change of any key (the table's trigger
 * notifies) forgets all of them, so a revocation takes effect at once. Unknown, mistyped, expired and revoked keys get
 * the same answer in the same words.
 */
import { hash } from 'node:crypto';
import { computeScopes, parseApiKeyToken, secretMatches, type ApiKeyToken } from '@cunzheng/persistence';
import { type Database } from '../database/database.js';
import { ProblemError } from '../problems/problem-error.js';
import { type Principal } from './principal.js';

const REMEMBER_MS = 5_000;
/** A look-up that takes longer may be on a connection that nobody answers any more: the next request makes its own. */
const SHARE_MS = 1_000;
const MAX_REMEMBERED = 10_000;

interface KeyRow {
  organization: number;
  organization_id: string;
  secret_sha256: Buffer;
  scopes: string[];
  expires_at: Date | null;
  revoked_at: Date | null;
  organization_type: string;
  organization_state: string;
  roles: string[];
  member: string | null;
  member_roles: string[] | null;
  member_suspended_at: Date | null;
  records_per_minute: number | null;
  records_per_month: string | null;
}

interface Remembered {
  readonly row: KeyRow;
  readonly principal: Principal;
  readonly untilMs: number;
}

interface Loading {
  readonly principal: Promise<Principal>;
  readonly untilMs: number;
}

/** Stands in for the stored secret of a key that does not exist, so that its absence takes no less time. */
const NO_SECRET = Buffer.alloc(32);

export class ApiKeys {
  /** By the SHA-256 of the whole header: a look-up tells nothing about a key that is not presented in full. */
  private readonly remembered = new Map<string, Remembered>();
  /** Look-ups under way, by the same: whoever brings the key meanwhile waits for the one that has begun. */
  private readonly loading = new Map<string, Loading>();
  /** Counts changes of keys: what was read before one is not remembered after it. */
  private changes = 0;

  constructor(
    private readonly database: Database,
    private readonly now: () => number,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** @throws ProblemError `unauthorized` unless the header carries a key that is valid now. */
  authenticate(authorization: string | undefined): Principal | Promise<Principal> {
    const digest = hash('sha256', authorization ?? '');
    const known = this.remembered.get(digest);
    if (known && known.untilMs > this.now()) return this.admit(known.row, known.principal);
    const token = parseApiKeyToken(/^Bearer ([!-~]{1,128})$/i.exec(authorization ?? '')?.[1] ?? '');
    if (!token) throw unauthorized();
    const loading = this.loading.get(digest);
    return loading && loading.untilMs > this.now() ? loading.principal : this.loadForAll(token, digest);
  }

  /** Forgets every key, and what is being read: something about keys has changed. */
  forget(): void {
    this.changes += 1;
    this.remembered.clear();
    this.loading.clear();
  }

  private admit(row: KeyRow, principal: Principal): Principal {
    if (row.revoked_at || row.member_suspended_at) throw unauthorized();
    if (row.expires_at && row.expires_at.getTime() <= this.now()) throw unauthorized();
    if (row.organization_state !== 'approved') throw notAdmitted(row.organization_state);
    return principal;
  }

  private loadForAll(token: ApiKeyToken, digest: string): Promise<Principal> {
    const principal = this.load(token, digest).finally(() => {
      if (this.loading.get(digest) === loading) this.loading.delete(digest);
    });
    const loading = { principal, untilMs: this.now() + SHARE_MS };
    this.loading.set(digest, loading);
    return principal;
  }

  private async load(token: ApiKeyToken, digest: string): Promise<Principal> {
    const { changes } = this;
    const [row] = await this.database.query<KeyRow>('SELECT * FROM find_api_key($1)', [token.id]);
    const matches = secretMatches(token.secretSha256, row?.secret_sha256 ?? NO_SECRET);
    if (!row || !matches) throw unauthorized();
    const principal = {
      organizationKey: row.organization,
      organizationId: row.organization_id,
      keyId: token.id,
      scopes: computeScopes({
        organizationType: row.organization_type,
        scopes: row.scopes,
        roles: row.roles,
        memberRoles: row.member === null ? null : (row.member_roles ?? []),
      }),
      limits: {
        recordsPerMinute: row.records_per_minute,
        recordsPerMonth: row.records_per_month === null ? null : Number(row.records_per_month),
      },
    };
    if (this.remembered.size >= MAX_REMEMBERED) this.remembered.clear();
    if (changes === this.changes)
      this.remembered.set(digest, { row, principal, untilMs: this.now() + REMEMBER_MS });
    const admitted = this.admit(row, principal);
    this.recordUse(token.id);
    return admitted;
  }

  /** Once for each look-up, so that last use is true to a few seconds and costs nothing on the way. */
  private recordUse(id: string): void {
    void this.database
      .query('SELECT record_key_use($1, $2)', [[id], [new Date(this.now())]])
      .catch(this.onError);
  }
}

/** Said only to whoever holds a valid key of the organization. */
function notAdmitted(state: string): ProblemError {
  const why = {
    applied: 'your organization has applied and is not approved yet',
    suspended: 'your organization is suspended: nothing is accepted or read with its keys',
    left: 'your organization has left the service: its keys are of no use any more',
  }[state];
  return new ProblemError('organization-not-admitted', `${why ?? 'not admitted'}; ask the operator`);
}

function unauthorized(): ProblemError {
  return new ProblemError(
    'unauthorized',
    'send "Authorization: Bearer <API key>" with a key that is neither expired nor revoked',
  );
}
