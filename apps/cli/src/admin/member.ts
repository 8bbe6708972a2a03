/** `cunzheng admin member`: people of an organization by their handles. Organizations do the same by `/v1/members`. */
import { type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { collect } from '../repeatable.js';
import { openTerminal } from '../terminal.js';
import { noteOperation } from './audit-log.js';
import { parseNames } from './parse-names.js';

const HANDLE = /^[a-z0-9][a-z0-9._-]{0,62}$/;

interface MemberOptions {
  readonly role?: readonly string[];
  readonly suspend?: true;
}

export function addMemberCommands(parent: Command): void {
  parent
    .command('set')
    .description('add a member, or change roles and suspension of one; holds at once')
    .argument('<organization>', 'id of the organization')
    .argument('<member>', 'a handle such as zhang.wei')
    .option('--role <role>', 'a role it has, repeatable', collect)
    .option('--suspend', 'refuse its keys from now on')
    .action(setMember);
}

async function setMember(
  organization: string,
  id: string,
  options: MemberOptions,
  command: Command,
): Promise<void> {
  if (!HANDLE.test(id)) throw new CliError('usage', `${id} is no handle: want one such as zhang.wei`);
  const terminal = openTerminal(command);
  const { ROLE_NAMES, withOwnerTransaction } = await import('./owner-database.js');
  const roles = parseNames(options.role ?? [], ROLE_NAMES, 'role');
  const suspended = options.suspend === true;
  await withOwnerTransaction(async (client) => {
    const { rowCount } = await client.query(
      `INSERT INTO member AS m (organization, id, roles, suspended_at)
       SELECT key, $2, $3::text[], CASE WHEN $4::boolean THEN now() END FROM organization WHERE id = $1
       ON CONFLICT (organization, id) DO UPDATE SET roles = excluded.roles,
         suspended_at = CASE WHEN $4::boolean THEN coalesce(m.suspended_at, now()) END`,
      [organization, id, roles, suspended],
    );
    if (rowCount === 0) throw new CliError('usage', `there is no organization ${organization}`);
    await noteOperation(client, 'admin member set', organization, [id]);
  });
  terminal.result([`${id}\t${suspended ? 'suspended' : roles.join(' ')}`], {
    organization,
    id,
    roles,
    suspended,
  });
}
