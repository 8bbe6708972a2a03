/** `cunzheng admin migrate`: brings the database to the schema of this version. Safe to repeat. */
import { type Command } from 'commander';
import { openTerminal } from '../terminal.js';

export function addMigrateCommand(parent: Command): void {
  parent
    .command('migrate')
    .description('bring the database to the current schema; safe to repeat')
    .action(runMigrate);
}

async function runMigrate(_options: unknown, command: Command): Promise<void> {
  const terminal = openTerminal(command);
  const { migrate, withOwnerUrl } = await import('./owner-database.js');
  await withOwnerUrl(migrate);
  terminal.result(['the database has the current schema'], { migrated: true });
}
