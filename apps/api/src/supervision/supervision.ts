/**
 * Evidence and audit logs of others, as far as a grant names them: which organizations, in which span of time, of which
 * kind. The grant is read by row-level security on every row, so this code cannot show more than it names, whatever it asks
 * for. Everything comes with the organization it was shown of, whose audit log says so.
 */
import { type PoolClient } from 'pg';
import { type Principal, type Tenant } from '../auth/principal.js';
import { type AuditExport } from '../audit/audit-export.js';
import { type Database } from '../database/database.js';
import { type EvidencePage, type EvidenceReader, type LoadedEvidence } from '../evidence/evidence-reader.js';
import { type EvidenceQuery } from '../evidence/evidence.schemas.js';
import { ProblemError } from '../problems/problem-error.js';

/** What a grant is of. */
type GrantKind = 'evidence' | 'audit-log';

export interface Supervised<T> {
  /** Internal key of the organization whose it is. */
  readonly organizationKey: number;
  readonly shown: T;
}

export class Supervision {
  constructor(
    private readonly database: Database,
    private readonly reader: EvidenceReader,
    private readonly audit: AuditExport,
  ) {}

  /** @throws ProblemError `not-found` for an organization that no grant in force names. */
  async list(
    caller: Principal,
    organization: string,
    query: EvidenceQuery,
  ): Promise<Supervised<EvidencePage>> {
    return await this.reading(caller, organization, 'evidence', (client, subject) =>
      this.reader.listWith(client, subject, query),
    );
  }

  /** @throws ProblemError `not-found` for what no grant in force names. */
  async read(caller: Principal, organization: string, id: string): Promise<Supervised<LoadedEvidence>> {
    return await this.reading(caller, organization, 'evidence', async (client, subject) => {
      const evidence = (await this.reader.loadWith(client, subject, [id])).get(id);
      if (!evidence) throw notGranted();
      return evidence;
    });
  }

  /** Lines after `after` from the grant's span of time. @throws ProblemError `not-found` as {@link list}. */
  async auditLog(
    caller: Principal,
    organization: string,
    after: number,
  ): Promise<Supervised<readonly string[]>> {
    return await this.reading(caller, organization, 'audit-log', (client, { organizationKey }) =>
      this.audit.readLines(client, organizationKey, after),
    );
  }

  private async reading<T>(
    caller: Principal,
    organization: string,
    kind: GrantKind,
    read: (client: PoolClient, subject: Tenant) => Promise<T>,
  ): Promise<Supervised<T>> {
    return await this.database.forSupervisor(caller.organizationKey, async (client) => {
      const subject = await findSubject(client, organization, kind);
      return { organizationKey: subject.organizationKey, shown: await read(client, subject) };
    });
  }
}

async function findSubject(client: PoolClient, id: string, kind: GrantKind): Promise<Tenant> {
  const { rows } = await client.query<{ key: number }>(
    'SELECT key FROM organization WHERE id = $1 AND supervises($2, key, NULL)',
    [id, kind],
  );
  const [found] = rows;
  if (!found) throw notGranted();
  return { organizationKey: found.key, organizationId: id };
}

/** The same for what does not exist and what is not granted. */
const notGranted = (): ProblemError =>
  new ProblemError('not-found', 'no grant of yours that is in force names this');
