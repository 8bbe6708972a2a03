/**
 * `cunzheng admin value-key`: the keys that the API seals values with, in a file outside the database. `create` makes the
 * file for a new installation, `rotate` adds a key to it; API processes seal with it from their next start on.
 */
import { type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { openTerminal } from '../terminal.js';
import { noteOperation } from './audit-log.js';

export function addValueKeyCommands(admin: Command): void {
  const parent = admin.command('value-key').description('keys that values in the database are sealed with');
  parent
    .command('create')
    .description('make the key file of a new installation')
    .option('--if-missing', 'do nothing if there is one')
    .action(create);
  parent
    .command('rotate')
    .description('add a key, with which API processes seal once they are started again')
    .action(rotate);
}

async function create({ ifMissing }: { readonly ifMissing?: true }, command: Command): Promise<void> {
  const terminal = openTerminal(command);
  const { createValueKeys, hasValueKeys, withOwnerValues } = await import('./owner-values.js');
  const created = await withOwnerValues(async (client, directory) => {
    if (ifMissing !== true || !(await hasValueKeys(client))) return createValueKeys(directory);
    return false;
  });
  if (!created && ifMissing !== true)
    throw new CliError('usage', 'there is a key file already: use rotate to add a key');
  terminal.result([created ? 'key file made' : 'nothing to do'], { created });
  if (created) terminal.hint('Back it up apart from the database: without it what is stored cannot be read.');
}

async function rotate(_options: unknown, command: Command): Promise<void> {
  const terminal = openTerminal(command);
  const { addValueKey, loadValueKeys, registerValueKeys, withOwnerValues } =
    await import('./owner-values.js');
  const id = await withOwnerValues(async (client, directory) => {
    await registerValueKeys(client, loadValueKeys(directory));
    const added = addValueKey(directory);
    await registerValueKeys(client, loadValueKeys(directory));
    await noteOperation(client, 'admin value-key rotate', undefined, [String(added)]);
    return added;
  });
  terminal.result([`value key ${id} added`], { key: id });
  terminal.hint(
    'Back up the key file, give it to every API process and start them again: until then they seal with the old key.',
    'Then seal what is stored anew: cunzheng admin reencrypt',
  );
}
