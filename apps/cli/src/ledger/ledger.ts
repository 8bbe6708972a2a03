/** `cunzheng ledger`: what the operator does on the files of a ledger, one file per subcommand. */
import { type Command } from 'commander';
import { addFsckCommand } from './fsck.js';
import { addRebuildCommand } from './rebuild.js';

export function addLedgerCommands(program: Command): void {
  const ledger = program.command('ledger').description('check and repair the files of a ledger');
  addFsckCommand(ledger);
  addRebuildCommand(ledger);
}
