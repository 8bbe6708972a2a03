/** `cunzheng admin organization create`: a new tenant. */
import { type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { openTerminal } from '../terminal.js';

/** As the database checks it; the id appears in statements and never changes. */
const ORGANIZATION_ID = /^[a-z0-9][a-z0-9-]{1,62}$/;
const MAX_NAME_LENGTH = 200;

export function addCreateOrganizationCommand(parent: Command): void {
  parent
    .command('create')
    .description('create an organization')
    .argument('<id>', 'its id: 2 to 63 lower-case letters, digits and hyphens; it never changes')
    .requiredOption('--name <name>', 'its name')
    .action(createOrganization);
}

async function createOrganization(
  id: string,
  { name }: { readonly name: string },
  command: Command,
): Promise<void> {
  if (!ORGANIZATION_ID.test(id)) {
    throw new CliError(
      'usage',
      `${id} is no organization id: want 2 to 63 lower-case letters, digits and hyphens`,
    );
  }
  if (name.trim() === '' || name.length > MAX_NAME_LENGTH) {
    throw new CliError('usage', `--name must have 1 to ${MAX_NAME_LENGTH} characters`);
  }
  const terminal = openTerminal(command);
  const { Organization, withOwnerDatabase } = await import('./owner-database.js');
  const created = await withOwnerDatabase((database) =>
    database
      .createQueryBuilder()
      .insert()
      .into(Organization)
      .values({ id, name })
      .orIgnore()
      .returning('key')
      .execute(),
  );
  if ((created.raw as unknown[]).length === 0) {
    throw new CliError(
      'usage',
      `organization ${id} exists already: choose another id, or make it an API key`,
    );
  }
  terminal.result([id], { id, name });
  terminal.hint(`${name} can submit evidence once it has a key: cunzheng admin api-key create ${id}`);
}
