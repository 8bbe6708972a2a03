/**
 * Looks up API keys. A key that was found is remembered for a few seconds; a change of any key (the table's trigger
 * notifies) forgets all of them, so a revocation takes effect at once. Unknown, mistyped, expired and revoked keys get
 * the same answer in the same words.
 */
import { parseApiKeyToken, secretMatches, type ApiKeyToken } from '@cunzheng/persistence';
import { type Database } from '../database/database.js';
import { ProblemError } from '../problems/problem-error.js';
import { type Principal } from './principal.js';

const REMEMBER_MS = 5_000;
const MAX_REMEMBERED = 10_000;

interface KeyRow {
  organization: number;
  organization_id: string;
  secret_sha256: Buffer;
  scopes: string[];
  expires_at: Date | null;
  revoked_at: Date | null;
}

interface Remembered {
  readonly row: KeyRow;
  readonly principal: Principal;
  readonly untilMs: number;
}

/** Stands in for the stored secret of a key that does not exist, so that its absence takes no less time. */
const NO_SECRET = Buffer.alloc(32);

export class ApiKeys {
  private readonly remembered = new Map<string, Remembered>();

  constructor(
    private readonly database: Database,
    private readonly now: () => number,
  ) {}

  /** @throws ProblemError `unauthorized` unless the header carries a key that is valid now. */
  authenticate(authorization: string | undefined): Principal | Promise<Principal> {
    const token = parseApiKeyToken(/^Bearer ([!-~]{1,128})$/i.exec(authorization ?? '')?.[1] ?? '');
    if (!token) throw unauthorized();
    const known = this.remembered.get(token.id);
    if (known && known.untilMs > this.now()) return this.check(token, known);
    return this.load(token).then((found) => this.check(token, found));
  }

  /** Forgets every key: something about keys has changed. */
  forget(): void {
    this.remembered.clear();
  }

  private check(token: ApiKeyToken, found: Remembered | undefined): Principal {
    const matches = secretMatches(token.secretSha256, found?.row.secret_sha256 ?? NO_SECRET);
    if (!found || !matches) throw unauthorized();
    const { revoked_at: revokedAt, expires_at: expiresAt } = found.row;
    if (revokedAt || (expiresAt && expiresAt.getTime() <= this.now())) throw unauthorized();
    return found.principal;
  }

  private async load(token: ApiKeyToken): Promise<Remembered | undefined> {
    const [row] = await this.database.query<KeyRow>('SELECT * FROM find_api_key($1)', [token.id]);
    if (!row) return undefined;
    const principal = { organizationKey: row.organization, organizationId: row.organization_id, scopes: row.scopes };
    const found = { row, principal, untilMs: this.now() + REMEMBER_MS };
    if (this.remembered.size >= MAX_REMEMBERED) this.remembered.clear();
    this.remembered.set(token.id, found);
    return found;
  }
}

function unauthorized(): ProblemError {
  return new ProblemError('unauthorized', 'send "Authorization: Bearer <API key>" with a key that is neither expired nor revoked');
}
