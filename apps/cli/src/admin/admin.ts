/** `cunzheng admin`: what the operator does on the database, one file per subcommand. */
import { type Command } from 'commander';
import { addBackupCommand } from '../backup/backup.js';
import { addRestoreCheckCommand } from '../backup/restore-check.js';
import { addCreateApiKeyCommand } from './create-api-key.js';
import { addAuditLogExport } from './audit-log.js';
import { addGrantCommands } from './grant.js';
import { addMemberCommands } from './member.js';
import { addOrganizationCommands } from './organization.js';
import { addMigrateCommand } from './migrate.js';
import { addReencryptCommand } from './reencrypt.js';
import { addRevokeApiKeyCommand } from './revoke-api-key.js';
import { addUsageCommand } from './usage.js';
import { addValueKeyCommands } from './value-key.js';

const AFTER_HELP = `
These commands work on the database itself: on DATABASE_URL (as its owner), else on the embedded PostgreSQL under
DATA_DIR, which is started if need be and then stopped again.`;

export function addAdminCommands(program: Command): void {
  const admin = program
    .command('admin')
    .description('operate a service: organizations, API keys, the database, its value keys, backups')
    .addHelpText('after', AFTER_HELP);
  addOrganizationCommands(
    admin.command('organization').description('organizations: their admission, state and limits'),
  );
  addMemberCommands(admin.command('member').description('people of organizations, and their roles'));
  addGrantCommands(admin.command('grant').description('what supervisors may read of other organizations'));
  addAuditLogExport(admin.command('audit-log').description('who did what, organization by organization'));
  const apiKey = admin.command('api-key').description('API keys of organizations');
  addCreateApiKeyCommand(apiKey);
  addRevokeApiKeyCommand(apiKey);
  addMigrateCommand(admin);
  addValueKeyCommands(admin);
  addReencryptCommand(admin);
  addUsageCommand(admin);
  addBackupCommand(admin);
  addRestoreCheckCommand(admin);
}
