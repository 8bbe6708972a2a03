/** `cunzheng admin audit-log export`, and the entry that every other command of the operator leaves. */
import { hostname, userInfo } from 'node:os';
import { type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { openTerminal } from '../terminal.js';

const PAGE = 1_000;

/** What a client of the database can do here: `pg`'s and TypeORM's are both of this kind. */
interface Queryable {
  query(text: string, values: unknown[]): Promise<unknown>;
}

/**
 * Notes what the operator did, in the transaction that does it.
 * @param organization its id; without one, or of none that exists, it goes into the operator's own chain.
 */
export async function noteOperation(
  client: Queryable,
  action: string,
  organization: string | undefined,
  subject: readonly string[] = [],
): Promise<void> {
  const { formatAuditEntry } = await import('./owner-database.js');
  const entry = formatAuditEntry({
    organizationKey: 0,
    action,
    actor: `operator:${userInfo().username}`,
    atMs: Date.now(),
    from: `host:${hostname()}`,
    outcome: 'done',
    subject,
  });
  await client.query(
    'SELECT append_audit(ARRAY[coalesce((SELECT key FROM organization WHERE id = $1), 0)], ARRAY[$2::bytea])',
    [organization ?? '', Buffer.from(entry)],
  );
}

export function addAuditLogExport(parent: Command): void {
  parent
    .command('export')
    .description('print the audit log of an organization, or of the operator, for audit-log verify')
    .argument('[organization]', 'its id; none: what the operator did to the service as a whole')
    .action(exportLog);
}

async function exportLog(
  organization: string | undefined,
  _options: unknown,
  command: Command,
): Promise<void> {
  const terminal = openTerminal(command);
  const { formatAuditHead, withOwnerTransaction } = await import('./owner-database.js');
  const lines: string[] = [];
  await withOwnerTransaction(async (client) => {
    const { rows: found } = await client.query<{ key: number }>(
      'SELECT key FROM organization WHERE id = $1',
      [organization ?? ''],
    );
    if (organization !== undefined && !found[0])
      throw new CliError('usage', `there is no organization ${organization}`);
    const key = found[0]?.key ?? 0;
    await noteOperation(client, 'admin audit-log export', organization);
    for (let after = 0; ; after += PAGE) {
      const { rows } = await client.query<{ line: Buffer }>(
        'SELECT line FROM audit_log WHERE organization = $1 AND sequence > $2 ORDER BY sequence LIMIT $3',
        [key, after, PAGE],
      );
      lines.push(...rows.map(({ line }) => line.toString('utf8')));
      if (rows.length < PAGE) break;
    }
    await client.query("SELECT set_config('app.organizations', $1, true)", [String(key)]);
    const heads = await client.query<{ body: Buffer; height: string; leaf_index: string }>(
      'SELECT * FROM audit_heads() WHERE leaf_index IS NOT NULL',
    );
    lines.push(...heads.rows.map(formatAuditHead));
  });
  terminal.result(lines, { lines });
}
