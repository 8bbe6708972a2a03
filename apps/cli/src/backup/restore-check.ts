/**
 * `cunzheng admin restore-check`: restores a backup into a PostgreSQL and a ledger of its own, and proves it: everything
 * the database knows is in the ledger, the ledger is clean and reaches the last published checkpoint, and receipts come
 * out of the restored service and verify offline.
 */
import { InvalidArgumentError, type Command } from 'commander';
import { CliError, EXIT } from '../cli-error.js';
import { openTerminal } from '../terminal.js';
import { type Check } from './check.js';

interface RestoreCheckOptions {
  readonly checkpoint?: string;
  readonly trust?: string;
  readonly valueKeys?: string;
  readonly receipts: number;
  readonly into?: string;
  readonly database?: string;
  readonly ledger?: string;
}

const MAX_RECEIPTS = 10_000;
const AFTER_HELP = `
Nothing of the running service is touched. The restored service runs on loopback for as long as the check takes, and has no log key.

--checkpoint is what the backup has to reach: the newest checkpoint that you keep elsewhere, or the service's own at
https://HOST/logs/NAME/checkpoint. A service that goes on grows beyond any backup: then the check says by how much the
backup is behind, and fails. Without the option it has to reach the checkpoint that was published when it was made.

Receipts need the value keys: those of --value-keys, else of the backup if it has them, else VALUE_KEYS_DIR.

With --database the database is read as it stands, in one snapshot, and a copy of --ledger is held against it: nothing is restored
and nothing is written to either. Receipts are not checked then, so the best it can end with is exit code 3.

With --into the restored folder is kept, to start the service from (DATA_DIR) once the log key is put into it. Never start it
beside the old one: two writers under one key fork the log.

Exit code 0: proven; 1: something is wrong or missing; 2: usage; 3: not everything could be checked.`;

export function addRestoreCheckCommand(admin: Command): void {
  admin
    .command('restore-check')
    .description('restore a backup into a scratch database and ledger, and prove it')
    .argument('[dir]', 'the folder of cunzheng admin backup')
    .option('--database <url>', 'instead of a folder: a database that other tools restored, as its owner')
    .option('--ledger <dir>', 'with --database: the ledgers that belong to it (default: LEDGER_DIR)')
    .option('--checkpoint <file or url>', 'the published checkpoint that it has to reach')
    .option('--trust <dir>', 'the trust folder (default: TRUST_DIR)')
    .option('--value-keys <dir>', 'the folder of value-keys.json')
    .option('--receipts <n>', 'how many receipts to draw by lot and verify', parseReceipts, 20)
    .option('--into <dir>', 'restore into this new folder, and keep it')
    .addHelpText('after', AFTER_HELP)
    .action(restoreCheck);
}

function parseReceipts(text: string): number {
  const count = Number(text);
  if (/^\d{1,5}$/.test(text) && count <= MAX_RECEIPTS) return count;
  throw new InvalidArgumentError(`want 0 to ${MAX_RECEIPTS}`);
}

async function restoreCheck(
  directory: string | undefined,
  options: RestoreCheckOptions,
  command: Command,
): Promise<void> {
  const terminal = openTerminal(command);
  const checks = await check(directory, options);
  const failed = checks.filter(({ status }) => status === 'failed');
  const isComplete = checks.every(({ status }) => status === 'passed');
  const verdict = failed.length > 0 ? 'NOT PROVEN' : isComplete ? 'proven' : 'not everything was checked';
  const marks = { passed: 'ok     ', failed: 'FAILED ', 'not checked': 'not checked' };
  terminal.result(
    [...checks.map(({ name, status, detail }) => `${marks[status]} ${name}: ${detail}`), verdict],
    { directory: directory ?? null, verdict, checks },
  );
  process.exitCode = failed.length > 0 ? EXIT.refused : isComplete ? EXIT.done : EXIT.incomplete;
}

async function check(directory: string | undefined, options: RestoreCheckOptions): Promise<readonly Check[]> {
  const { database } = options;
  if ((directory === undefined) === (database === undefined))
    throw new CliError('usage', 'name the folder of a backup, or a database with --database');
  if (database !== undefined) {
    const { checkDatabase } = await import('./check-database.js');
    return await checkDatabase(database, options);
  }
  const { checkBackup } = await import('./check-backup.js');
  return await checkBackup(directory ?? '', options);
}
