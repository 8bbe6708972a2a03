/**
 * `cunzheng ledger close`: asks for a log to be closed and names the one that follows. The worker, which alone has keys,
 * opens that one and turns the intake to it in one transaction; the old log takes what was accepted for it, and ends.
 */
import { LedgerError, parseOrigin } from '@cunzheng/ledger';
import { type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { openTerminal } from '../terminal.js';

interface CloseOptions {
  readonly next: string;
  readonly confirm?: true;
}

const AFTER_HELP = `
Without --confirm the command says what would happen and changes nothing. There is no way back: a closed log takes no entry
ever again. It stays served, and its receipts stay valid.

The next origin must have the same host, because signed statements name the host as their service, and a name that no log
of this database has. The worker makes its key in KEYS_DIR/NAME at its next sweep, or when it starts; until then records
go to the old log, from then on to the new one. Afterwards: back up KEYS_DIR, publish the new trust folder, give witnesses
the new vkey, set LOG_ORIGIN. It needs the database as its owner (DATABASE_URL or DATA_DIR).

Exit code 0: shown, or asked for; 2: usage, or it cannot be closed; 3: the database cannot be used.`;

export function addCloseCommand(ledger: Command): void {
  ledger
    .command('close')
    .description('have the worker close a log and open the next one')
    .argument('<origin>', 'the log that takes records now, HOST/logs/NAME')
    .requiredOption('--next <origin>', 'the log that is to take them, HOST/logs/NAME')
    .option('--confirm', 'do it')
    .addHelpText('after', AFTER_HELP)
    .action(closeLog);
}

interface LogRow {
  id: number;
  origin: string;
  name: string;
  next_origin: string | null;
  is_done: boolean;
  blocks: string;
}

async function closeLog(origin: string, { next, confirm }: CloseOptions, command: Command): Promise<void> {
  const terminal = openTerminal(command);
  const nextName = checkNext(origin, next);
  const { readOpenLoss, withOwnerTransaction } = await import('../admin/owner-database.js');
  await withOwnerTransaction(async (client) => {
    const { rows } = await client.query<LogRow>(
      `SELECT id, origin, name, next_origin, closing_at IS NOT NULL OR closed_at IS NOT NULL AS is_done,
         (SELECT count(*) FROM block WHERE block.log = log.id) AS blocks
       FROM log ORDER BY id FOR UPDATE`,
    );
    const log = checkLog(rows, origin, { origin: next, name: nextName });
    if (await readOpenLoss(client, log.id))
      throw new CliError(
        'usage',
        `${origin} has lost entries that nobody accepted: cunzheng ledger accept-loss`,
      );
    if (confirm !== true) return;
    const sql = 'UPDATE log SET close_requested_at = now(), next_origin = $2 WHERE id = $1';
    await client.query(sql, [log.id, next]);
  });
  const isRequested = confirm === true;
  const asked = `${origin}: asked for; the worker opens ${next} at its next sweep and closes this log when it is drained`;
  const shown = `${origin} would be closed for good, and ${next} take the records; nothing was changed: add --confirm`;
  terminal.result([isRequested ? asked : shown], { origin, next, requested: isRequested });
}

/** The name of the next log. */
function checkNext(origin: string, next: string): string {
  try {
    const [from, to] = [parseOrigin(origin), parseOrigin(next)];
    if (from.host === to.host) return to.name;
    const why = 'signed statements name the host as their service';
    throw new CliError('usage', `--next is at ${to.host}, want ${from.host}: ${why}`);
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    throw new CliError('usage', error.message, { cause: error });
  }
}

function checkLog(logs: readonly LogRow[], origin: string, next: { origin: string; name: string }): LogRow {
  const log = logs.find((row) => row.origin === origin);
  if (!log) throw new CliError('usage', `the database knows no log ${origin}`);
  if (log.next_origin !== null)
    throw new CliError('usage', `${origin} is to be closed already, ${log.next_origin} follows it`);
  if (log.is_done) throw new CliError('usage', `${origin} is closed already`);
  if (logs.some(({ name }) => name === next.name))
    throw new CliError('usage', `a log is called ${next.name} already: a name is used once`);
  if (log.blocks === '0') throw new CliError('usage', `${origin} has no block yet: start the worker first`);
  return log;
}
