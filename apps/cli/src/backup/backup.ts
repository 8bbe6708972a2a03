/**
 * `cunzheng admin backup`: ledger and database into a folder, while the service runs. The ledger first, then the database
 * in one snapshot: so the database is never older than the ledger, which is what a restore needs.
 */
import { type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { openTerminal } from '../terminal.js';

interface BackupOptions {
  readonly includeLogKey?: true;
  readonly includeValueKeys?: true;
  readonly includeTsaKey?: true;
}

const AFTER_HELP = `
Runs beside the service. The folder must not exist, or be empty. It holds fingerprints, times and sealed values, but no key: with
the value keys whoever has the backup can read everything, with the log key sign in the log's name. --include-value-keys and
--include-log-key put them in nevertheless; better keep each apart (docs/operations.md).

Check each backup, and let nobody but you read it: cunzheng admin restore-check DIR`;

const NOT_IN_IT: readonly { readonly key?: string; readonly what: string }[] = [
  { key: 'log-key', what: "the log's keys (KEYS_DIR)" },
  { key: 'value-keys', what: 'the value keys (VALUE_KEYS_DIR)' },
  { key: 'tsa-key', what: 'the timestamping key, if there is one (TSA_KEYS_DIR)' },
  { what: 'your settings and the files they name (TRUST_DIR, POLICY_FILE, TSA_LIST_FILE, roots)' },
];

export function addBackupCommand(admin: Command): void {
  admin
    .command('backup')
    .description('copy ledger and database into a folder, while the service runs')
    .argument('<dir>', 'a new folder')
    .option('--include-value-keys', 'put the keys that open private values in as well')
    .option('--include-tsa-key', 'put key and certificate of the timestamping authority in as well')
    .option('--include-log-key', "put the log's private key in as well")
    .addHelpText('after', AFTER_HELP)
    .action(backup);
}

async function backup(directory: string, options: BackupOptions, command: Command): Promise<void> {
  const terminal = openTerminal(command);
  const { makeBackup } = await import('./make-backup.js');
  const { logs, database, files, keys } = await makeBackup(directory, {
    logKey: options.includeLogKey === true,
    valueKeys: options.includeValueKeys === true,
    tsaKey: options.includeTsaKey === true,
  });
  if (logs.length === 0) throw new CliError('usage', 'the database knows no log: nothing to back up');
  const rows = database.tables.reduce((sum, table) => sum + table.rows, 0);
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  terminal.result(
    [`${directory}: ${logs.map(({ origin }) => origin).join(', ')}, ${rows} rows, ${sizeBytes} bytes`],
    { directory, logs, rows, sizeBytes },
  );
  const missing = NOT_IN_IT.filter(({ key }) => !keys.some((name) => name === key)).map(({ what }) => what);
  terminal.hint(`Not in it, keep each apart: ${missing.join('; ')}.`);
  terminal.hint(`Now prove that it restores: cunzheng admin restore-check ${directory}`);
}
