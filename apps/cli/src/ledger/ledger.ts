/** `cunzheng ledger`: what the operator does on the files of a ledger and on the log itself, one file per subcommand. */
import { type Command } from 'commander';
import { addAcceptLossCommand } from './accept-loss.js';
import { addCloseCommand } from './close.js';
import { addFsckCommand } from './fsck.js';
import { addRebuildCommand } from './rebuild.js';
import { addRotateKeyCommand } from './rotate-key.js';

export function addLedgerCommands(program: Command): void {
  const ledger = program.command('ledger').description('check and repair a ledger');
  addFsckCommand(ledger);
  addRebuildCommand(ledger);
  addAcceptLossCommand(ledger);
  addRotateKeyCommand(ledger);
  addCloseCommand(ledger);
}
