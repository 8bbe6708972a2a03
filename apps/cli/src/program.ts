/** The commands and what holds for all of them. */
import { Command } from 'commander';
import { addAdminCommands } from './admin/admin.js';
import { addAuditCommand } from './audit/audit.js';
import { addAuditLogCommands } from './audit-log/audit-log.js';
import { addImportCommand } from './bulk/import.js';
import { addReceiptsCommand } from './bulk/receipts.js';
import { addCertificateCommand } from './evidence/certificate.js';
import { addDiscloseCommand } from './evidence/disclose.js';
import { addNotarizeCommand } from './evidence/notarize.js';
import { addReceiptCommand } from './evidence/receipt.js';
import { addFollowCommand } from './follow/follow.js';
import { addKeygenCommand } from './keys/keygen.js';
import { addLedgerCommands } from './ledger/ledger.js';
import { addPackageCommand } from './package/package.js';
import { addSignerCommands } from './signers/signer.js';
import { addVerifyCommand } from './verify/verify.js';
import { addWitnessCommand } from './witness/run-witness.js';

const AFTER_HELP = `
Exit codes:
  0  done; for verify: the receipt holds; for audit and ledger: nothing wrong was found
  1  verify: the receipt was altered, or belongs to another document; audit, ledger: something wrong was found
  2  what was given cannot be used: arguments, files, keys, settings, or a request that the service refuses
  3  not completed: nothing can be verified (no trust, or something it requires is missing), the service does not
     answer, or the receipt is not ready yet
  10 to 13  follow alone: the log forked, rolled back, signed badly, or went stale

Environment:
  CUNZHENG_URL        the service, when --url is not given
  CUNZHENG_API_KEY    the API key, when --api-key-file is not given
  CUNZHENG_TRUST_DIR  the trust folder, when verify is given none
  DATABASE_URL, DATA_DIR  the database that the admin commands work on; .env in the current folder is read for them`;

/** The program. Errors are thrown as CommanderError or CliError; nothing exits the process. */
export function createProgram(): Command {
  const program = new Command('cunzheng')
    .description('Cunzheng (存证): notarize the fingerprint of a file, keep the receipt, verify it anywhere')
    .option('--json', 'print the result as JSON')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .addHelpText('after', AFTER_HELP)
    .exitOverride()
    // The one line that main prints is enough.
    .configureOutput({ outputError: () => undefined });
  addKeygenCommand(program);
  addSignerCommands(program);
  addNotarizeCommand(program);
  addReceiptCommand(program);
  addImportCommand(program);
  addReceiptsCommand(program);
  addDiscloseCommand(program);
  addCertificateCommand(program);
  addPackageCommand(program);
  addVerifyCommand(program);
  addAuditCommand(program);
  addAuditLogCommands(program);
  addLedgerCommands(program);
  addFollowCommand(program);
  addWitnessCommand(program);
  addAdminCommands(program);
  return program;
}
