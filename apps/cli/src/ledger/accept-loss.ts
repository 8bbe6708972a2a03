/**
 * `cunzheng ledger accept-loss`: after an older database was restored under a newer ledger, the operator says that what
 * the database has lost is lost. The log itself records it, and the worker goes on.
 */
import { type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { openTerminal, type Terminal } from '../terminal.js';

interface AcceptLossOptions {
  readonly confirm?: string;
}

interface Loss {
  readonly count: number;
  readonly fromHeight: number;
  readonly toHeight: number;
  readonly ranges: readonly { readonly firstIndex: number; readonly lastIndex: number }[];
}

const AFTER_HELP = `
Without --confirm the command shows what is lost and changes nothing. The worker must not run; it finds the loss when it
starts, stops with a message, and goes on at the next start after this command. It needs the database as its owner
(DATABASE_URL or DATA_DIR).

Restore a newer database if there is one: then nothing is lost. Entries of the ledger stay in it either way, and receipts
that were handed out stay valid; what is lost is the operator's copy of their records.

Exit code 0: shown, or accepted; 2: usage, or nothing to accept; 3: a worker runs, or the database cannot be used.`;

export function addAcceptLossCommand(ledger: Command): void {
  ledger
    .command('accept-loss')
    .description('accept that an older database has lost records that the ledger has')
    .argument('<origin>', 'the log, HOST/logs/NAME')
    .option('--confirm <count>', 'accept it; the number of lost entries, as shown without this option')
    .addHelpText('after', AFTER_HELP)
    .action(acceptLossCommand);
}

async function acceptLossCommand(
  origin: string,
  options: AcceptLossOptions,
  command: Command,
): Promise<void> {
  const terminal = openTerminal(command);
  const { acceptLoss, readOpenLoss, trySequencerLock, withOwnerTransaction } =
    await import('../admin/owner-database.js');
  const { loss, isAccepted } = await withOwnerTransaction(async (client) => {
    const { rows } = await client.query<{ id: number }>('SELECT id FROM log WHERE origin = $1', [origin]);
    const log = rows[0]?.id;
    if (log === undefined) throw new CliError('usage', `the database knows no log ${origin}`);
    if (!(await trySequencerLock(client, origin, 'transaction')))
      throw new CliError('ledger-locked', `a worker sequences ${origin}: stop it first`);
    const loss = await readOpenLoss(client, log);
    if (loss === undefined)
      throw new CliError(
        'usage',
        `there is no loss to accept in ${origin}: the worker finds one when it starts`,
      );
    if (options.confirm === undefined) return { loss, isAccepted: false };
    assertConfirmed(options.confirm, loss);
    await acceptLoss(client, { log, origin, loss, nowMs: Date.now() });
    return { loss, isAccepted: true };
  });
  show(terminal, origin, loss, isAccepted);
}

/** The number has to come from the list that was looked at. */
function assertConfirmed(confirm: string, { count }: Loss): void {
  if (confirm !== String(count))
    throw new CliError(
      'usage',
      `--confirm is ${confirm}, but ${count} entries are lost: look at the list again`,
    );
}

function show(terminal: Terminal, origin: string, loss: Loss, isAccepted: boolean): void {
  const { count, fromHeight, toHeight, ranges } = loss;
  const places = ranges.map(({ firstIndex, lastIndex }) => `  ${firstIndex} – ${lastIndex}`);
  terminal.result(
    [
      `${origin}: ${count} entries of blocks ${fromHeight} to ${toHeight} have no record in this database`,
      'leaf indices (headers of blocks among them do not count):',
      ...places,
      isAccepted
        ? 'accepted: the log will say so in its next block; start the worker'
        : `nothing was changed; to accept it: cunzheng ledger accept-loss ${origin} --confirm ${count}`,
    ],
    { origin, accepted: isAccepted, ...loss },
  );
}
