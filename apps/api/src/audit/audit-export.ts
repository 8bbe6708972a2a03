/** The organization's audit log as lines: what `cunzheng audit-log verify` takes. */
import { type PoolClient } from 'pg';
import { formatAuditHead, type AuditHeadRow } from '@cunzheng/persistence';
import { type Principal } from '../auth/principal.js';
import { type Database } from '../database/database.js';

/** Lines of one answer. */
const MAX_LINES = 1_000;

export class AuditExport {
  constructor(private readonly database: Database) {}

  /** Entries after `after`, and the heads that bind what lies in between into the ledger. */
  async read({ organizationKey }: Principal, after: number): Promise<string[]> {
    return await this.database.forOrganization(organizationKey, async (client) => {
      const rows = await readRows(client, organizationKey, after);
      const last = Number(rows.at(-1)?.sequence ?? after);
      const heads = await client.query<AuditHeadRow>(
        'SELECT * FROM audit_heads() WHERE sequence > $1 AND sequence <= $2 AND leaf_index IS NOT NULL',
        [after, last],
      );
      return [...rows.map(({ line }) => line.toString('utf8')), ...heads.rows.map(formatAuditHead)];
    });
  }

  /** Entries after `after`, as many as the transaction of `client` may see. */
  async readLines(client: PoolClient, organizationKey: number, after: number): Promise<string[]> {
    return (await readRows(client, organizationKey, after)).map(({ line }) => line.toString('utf8'));
  }
}

interface LineRow {
  sequence: string;
  line: Buffer;
}

async function readRows(client: PoolClient, organizationKey: number, after: number): Promise<LineRow[]> {
  const { rows } = await client.query<LineRow>(
    'SELECT sequence, line FROM audit_log WHERE organization = $1 AND sequence > $2 ORDER BY sequence LIMIT $3',
    [organizationKey, after, MAX_LINES],
  );
  return rows;
}
