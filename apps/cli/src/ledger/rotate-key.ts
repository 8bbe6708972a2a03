/**
 * `cunzheng ledger rotate-key`: asks for a new key for a log. The worker, which alone opens keys, makes it, announces it in
 * the log under the old one, and signs with it from the next checkpoint on.
 */
import { type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { openTerminal } from '../terminal.js';

const AFTER_HELP = `
The worker makes the key at its next sweep, or when it starts. The event key-change is signed by the old key and names the
new one; receipts from before stay valid within the old key's window. Back up KEYS_DIR afterwards, and publish the new
trust folder: verifiers who have the old one alone refuse newer checkpoints. It needs the database as its owner
(DATABASE_URL or DATA_DIR).

Exit code 0: asked for; 2: usage; 3: the database cannot be used.`;

export function addRotateKeyCommand(ledger: Command): void {
  ledger
    .command('rotate-key')
    .description('have the worker change the key of a log')
    .argument('<origin>', 'the log, HOST/logs/NAME')
    .addHelpText('after', AFTER_HELP)
    .action(rotateKey);
}

async function rotateKey(origin: string, _options: unknown, command: Command): Promise<void> {
  const terminal = openTerminal(command);
  const { withOwnerTransaction } = await import('../admin/owner-database.js');
  const rowCount = await withOwnerTransaction(async (client) => {
    const result = await client.query(
      'UPDATE log SET rotate_requested_at = now() WHERE origin = $1 AND closed_at IS NULL AND next_origin IS NULL',
      [origin],
    );
    return result.rowCount;
  });
  if (rowCount !== 1) throw new CliError('usage', `the database knows no open log ${origin}`);
  terminal.result([`${origin}: asked for; the worker changes the key at its next sweep`], {
    origin,
    requested: true,
  });
}
