/**
 * Evidence of others, as far as a grant names it: which organizations, accepted in which span of time. The grant is read
 * by row-level security on every row, so this code cannot show more than it names, whatever it asks for.
 */
import { type PoolClient } from 'pg';
import { type Principal, type Tenant } from '../auth/principal.js';
import { type Database } from '../database/database.js';
import { type EvidencePage, type EvidenceReader, type LoadedEvidence } from '../evidence/evidence-reader.js';
import { type EvidenceQuery } from '../evidence/evidence.schemas.js';
import { ProblemError } from '../problems/problem-error.js';

export class Supervision {
  constructor(
    private readonly database: Database,
    private readonly reader: EvidenceReader,
  ) {}

  /** @throws ProblemError `not-found` for an organization that no grant in force names. */
  async list(caller: Principal, organization: string, query: EvidenceQuery): Promise<EvidencePage> {
    return await this.database.forSupervisor(caller.organizationKey, async (client) =>
      this.reader.listWith(client, await findSubject(client, organization), query),
    );
  }

  /** @throws ProblemError `not-found` for what no grant in force names. */
  async read(caller: Principal, organization: string, id: string): Promise<LoadedEvidence> {
    const evidence = await this.database.forSupervisor(caller.organizationKey, async (client) => {
      const subject = await findSubject(client, organization);
      return (await this.reader.loadWith(client, subject, [id])).get(id);
    });
    if (!evidence) throw notGranted();
    return evidence;
  }
}

async function findSubject(client: PoolClient, id: string): Promise<Tenant> {
  const { rows } = await client.query<{ key: number }>('SELECT key FROM organization WHERE id = $1', [id]);
  const [found] = rows;
  if (!found) throw notGranted();
  return { organizationKey: found.key, organizationId: id };
}

/** The same for what does not exist and what is not granted. */
const notGranted = (): ProblemError =>
  new ProblemError('not-found', 'no grant of yours that is in force names this');
