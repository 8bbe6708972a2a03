/** Publication: evidence is private unless its owner makes it findable by its fingerprints. */
import { type Principal } from '../auth/principal.js';
import { type Database } from '../database/database.js';
import { type LoadedEvidence } from '../evidence/evidence-reader.js';
import { type Publication } from './sharing.schemas.js';

interface PublicationRow {
  disclose: string[];
  published_at: Date;
}

export class Publications {
  constructor(private readonly database: Database) {}

  /** Makes the evidence public, or changes what a public one shows. */
  async publish(
    caller: Principal,
    { record, fingerprints: digests }: LoadedEvidence,
    disclose: readonly string[],
  ): Promise<Publication> {
    const fingerprints = digests.map(({ algorithm, digest }) => `${algorithm}:${digest}`);
    return await this.database.forOrganization(caller.organizationKey, async (client) => {
      const { rows } = await client.query<PublicationRow>(
        `INSERT INTO publication (organization, evidence, disclose) VALUES ($1, $2, $3)
         ON CONFLICT (organization, evidence) DO UPDATE SET disclose = excluded.disclose, published_at = now()
         RETURNING *`,
        [caller.organizationKey, record.id, disclose],
      );
      await client.query(
        `INSERT INTO published_fingerprint (fingerprint, organization, evidence)
         SELECT unnest($3::text[]), $1, $2 ON CONFLICT DO NOTHING`,
        [caller.organizationKey, record.id, fingerprints],
      );
      return describe(rows[0] as PublicationRow);
    });
  }

  async read(caller: Principal, evidence: string): Promise<Publication | undefined> {
    return await this.database.forOrganization(caller.organizationKey, async (client) => {
      const { rows } = await client.query<PublicationRow>(
        'SELECT * FROM publication WHERE organization = $1 AND evidence = $2',
        [caller.organizationKey, evidence],
      );
      return rows[0] && describe(rows[0]);
    });
  }

  /** Makes the evidence private again; what was seen before cannot be taken back. */
  async withdraw(caller: Principal, evidence: string): Promise<void> {
    await this.database.forOrganization(caller.organizationKey, (client) =>
      client.query('DELETE FROM publication WHERE organization = $1 AND evidence = $2', [
        caller.organizationKey,
        evidence,
      ]),
    );
  }
}

function describe({ disclose, published_at: publishedAt }: PublicationRow): Publication {
  return { disclose, publishedAt: publishedAt.toISOString() };
}
