/** The rows of imports. Whoever holds the claim of an import may move it on; a later claim ends an earlier one. */
import { type PoolClient } from 'pg';
import { type Principal } from '../auth/principal.js';
import { type Database } from '../database/database.js';
import { ProblemError } from '../problems/problem-error.js';
import { type PackedOutcomes } from './line-outcomes.js';

const PARTS_PER_PAGE = 20;

/** An import as clients see it. */
export interface ImportProgress {
  readonly id: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** How far the stream is durably taken in; always the end of a line. */
  readonly offsetBytes: number;
  readonly lines: number;
  readonly accepted: number;
  readonly existing: number;
  readonly refused: number;
  /** Path of the results. */
  readonly results: string;
}

export interface ClaimedImport {
  readonly id: string;
  readonly claim: string;
  /** Lines taken in so far. */
  lines: number;
}

interface Row {
  id: string;
  created_at: Date;
  updated_at: Date;
  offset_bytes: string;
  lines: string;
  accepted: string;
  existing: string;
  refused: string;
}

export interface PartRow {
  readonly firstLine: number;
  readonly n: number;
  readonly outcomes: Buffer;
  readonly problems: unknown;
}

type Part = PackedOutcomes & { readonly n: number; readonly sizeBytes: number };

export class ImportRows {
  constructor(private readonly database: Database) {}

  async create({ organizationKey }: Principal, claim: string): Promise<ClaimedImport> {
    return await this.database.forOrganization(organizationKey, async (client) => {
      const { rows } = await client.query<{ id: string }>(
        'INSERT INTO import (organization, claim) VALUES ($1, $2) RETURNING id',
        [organizationKey, claim],
      );
      return { id: rows[0]?.id ?? '', claim, lines: 0 };
    });
  }

  /** @throws ProblemError `not-found`, or `import-offset` when the import stands elsewhere than at `offsetBytes`. */
  async claim(
    { organizationKey }: Principal,
    id: string,
    offsetBytes: number,
    claim: string,
  ): Promise<ClaimedImport> {
    return await this.database.forOrganization(organizationKey, async (client) => {
      const { rows } = await client.query<{ lines: string }>(
        `UPDATE import SET claim = $4 WHERE organization = $1 AND id = $2 AND offset_bytes = $3 RETURNING lines`,
        [organizationKey, id, offsetBytes, claim],
      );
      if (rows[0]) return { id, claim, lines: Number(rows[0].lines) };
      const { offset_bytes: stands } = await find(client, organizationKey, id);
      throw new ProblemError('import-offset', `the import stands at byte ${stands}: go on from there`);
    });
  }

  async read({ organizationKey }: Principal, id: string): Promise<ImportProgress> {
    const row = await this.database.forOrganization(organizationKey, (client) =>
      find(client, organizationKey, id),
    );
    return {
      id,
      createdAt: row.created_at.toISOString(),
      updatedAt: row.updated_at.toISOString(),
      offsetBytes: Number(row.offset_bytes),
      lines: Number(row.lines),
      accepted: Number(row.accepted),
      existing: Number(row.existing),
      refused: Number(row.refused),
      results: `/v1/imports/${id}/results`,
    };
  }

  /** Notes a stored part. @throws ProblemError `import-offset` when another request has taken over. */
  async advance(
    { organizationKey }: Principal,
    { id, claim, lines }: ClaimedImport,
    part: Part,
  ): Promise<void> {
    const { accepted, existing, refused } = part.counts;
    await this.database.forOrganization(organizationKey, async (client) => {
      const { rowCount } = await client.query(
        `WITH moved AS (
           UPDATE import SET offset_bytes = offset_bytes + $4, lines = lines + $5, accepted = accepted + $6,
             existing = existing + $7, refused = refused + $8, updated_at = clock_timestamp()
           WHERE organization = $1 AND id = $2 AND claim = $3 RETURNING id)
         INSERT INTO import_part (organization, import, first_line, n, outcomes, problems)
         SELECT $1, id, $9, $5, $10, $11 FROM moved`,
        [
          organizationKey,
          id,
          claim,
          part.sizeBytes,
          part.n,
          accepted,
          existing,
          refused,
          lines + 1,
          part.outcomes,
          part.problems,
        ],
      );
      if (rowCount === 1) return;
      throw new ProblemError('import-offset', 'another request goes on with this import');
    });
  }

  /** The parts that have lines after `afterLine`, in order, a page of them. */
  async readParts({ organizationKey }: Principal, id: string, afterLine: number): Promise<PartRow[]> {
    return await this.database.forOrganization(organizationKey, async (client) => {
      const { rows } = await client.query<{
        first_line: string;
        n: number;
        outcomes: Buffer;
        problems: unknown;
      }>(
        `SELECT first_line, n, outcomes, problems FROM import_part
         WHERE organization = $1 AND import = $2 AND first_line > $3::bigint - 1000 AND first_line + n > $3::bigint + 1
         ORDER BY first_line LIMIT $4`,
        [organizationKey, id, afterLine, PARTS_PER_PAGE],
      );
      return rows.map(({ first_line: firstLine, ...part }) => ({ firstLine: Number(firstLine), ...part }));
    });
  }
}

async function find(client: PoolClient, organization: number, id: string): Promise<Row> {
  const { rows } = await client.query<Row>(
    `SELECT id, created_at, updated_at, offset_bytes, lines, accepted, existing, refused
     FROM import WHERE organization = $1 AND id = $2`,
    [organization, id],
  );
  if (rows[0]) return rows[0];
  throw new ProblemError('not-found', 'no import with this id in your organization');
}
