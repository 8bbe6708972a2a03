/**
 * `cunzheng admin grant`: what a supervisor (court, regulator) may read of other organizations, on which legal basis and
 * until when. Row-level security reads the grant itself, so nothing beyond it is shown.
 */
import { type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { collect } from '../repeatable.js';
import { requireId } from '../require-id.js';
import { openTerminal } from '../terminal.js';
import { noteOperation } from './audit-log.js';
import { parseNames } from './parse-names.js';
import { parseTime } from './parse-time.js';

const KINDS = ['evidence', 'audit-log'];

interface GrantOptions {
  readonly organization: readonly string[];
  readonly kind?: readonly string[];
  readonly from: Date;
  readonly before: Date;
  readonly expires: Date;
  readonly basis: string;
}

export function addGrantCommands(parent: Command): void {
  parent
    .command('create')
    .description('let a supervisor read what this names, and nothing else')
    .argument('<supervisor>', 'id of the organization that reads')
    .requiredOption('--organization <id>', 'whose evidence, repeatable', collect)
    .option('--kind <kind>', `what, repeatable: ${KINDS.join(', ')} (default: evidence)`, collect)
    .requiredOption('--from <time>', 'accepted from then on, UTC', parseTime)
    .requiredOption('--before <time>', 'and before then, UTC', parseTime)
    .requiredOption('--expires <time>', 'when the grant ends, UTC', parseTime)
    .requiredOption('--basis <text>', 'its legal basis, such as the number of an order')
    .action(createGrant);
  parent
    .command('revoke')
    .description('end a grant at once')
    .argument('<grant>', 'its id')
    .action(revokeGrant);
}

async function createGrant(supervisor: string, options: GrantOptions, command: Command): Promise<void> {
  const kinds = parseNames(options.kind ?? ['evidence'], KINDS, 'kind');
  if (options.before <= options.from) throw new CliError('usage', '--before must lie after --from');
  const terminal = openTerminal(command);
  const { withOwnerTransaction } = await import('./owner-database.js');
  const organizations = [...new Set(options.organization)];
  const id = await withOwnerTransaction(async (client) => {
    const { rows } = await client.query<{ id: string; key: number }>(
      'SELECT id, key FROM organization WHERE id = ANY($1)',
      [[supervisor, ...organizations]],
    );
    const keys = new Map(rows.map((row) => [row.id, row.key]));
    const missing = [supervisor, ...organizations].find((name) => !keys.has(name));
    if (missing !== undefined) throw new CliError('usage', `there is no organization ${missing}`);
    const { rows: created } = await client.query<{ id: string }>(
      `INSERT INTO supervision_grant (supervisor, organizations, kinds, accepted_from, accepted_before, expires_at, basis)
       VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`,
      [
        keys.get(supervisor),
        organizations.map((name) => keys.get(name)),
        kinds,
        options.from,
        options.before,
        options.expires,
        options.basis,
      ],
    );
    const grant = created[0]?.id ?? '';
    for (const name of [undefined, supervisor])
      await noteOperation(client, 'admin grant create', name, [grant, ...organizations]);
    return grant;
  });
  terminal.result([id], { id, supervisor, organizations, kinds });
  terminal.hint(
    `${supervisor} reads it with a key of the role supervisor. To end it: cunzheng admin grant revoke ${id}`,
  );
}

async function revokeGrant(id: string, _options: unknown, command: Command): Promise<void> {
  requireId(id, 'grant', 'admin grant create');
  const terminal = openTerminal(command);
  const { withOwnerTransaction } = await import('./owner-database.js');
  await withOwnerTransaction(async (client) => {
    const { rowCount } = await client.query(
      'UPDATE supervision_grant SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1',
      [id],
    );
    if (rowCount === 0) throw new CliError('usage', `there is no grant ${id}`);
    await noteOperation(client, 'admin grant revoke', undefined, [id]);
  });
  terminal.result([`${id} revoked`], { id, revoked: true });
}
