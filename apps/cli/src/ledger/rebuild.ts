/**
 * `cunzheng ledger rebuild`: makes derived files anew from the segments. It opens the ledger as a worker does, so it takes
 * the same lock and first puts right what a crash left at the very end.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import { LedgerError, parseBlockHeader } from '@cunzheng/ledger';
import { openLedgerReader, openLedgerWriter, type LedgerWriter } from '@cunzheng/ledger/node';
import { type Command } from 'commander';
import { findLedger } from '../audit/directory-source.js';
import { CliError } from '../cli-error.js';
import { openTerminal } from '../terminal.js';

interface RebuildOptions {
  readonly tiles?: true;
  readonly indexes?: true;
}

const AFTER_HELP = `
Stop the worker first: the ledger has one writer. Run it as the user that the worker runs as, who must be able to write the
files afterwards. Like a worker that starts, it first cuts off a block that a crash left unfinished at the very end.

Exit code 0: done; 1: the ledger itself is damaged, which no rebuilding repairs; 2: usage; 3: a worker holds the ledger.`;

export function addRebuildCommand(ledger: Command): void {
  ledger
    .command('rebuild')
    .description('make tiles or indexes anew from the segments')
    .argument('<dir>', "the log's own directory, LEDGER_DIR/NAME")
    .option('--tiles', 'replay all blocks and write every hash tile that is missing or wrong')
    .option('--indexes', 'read all segments and write every index that is missing or wrong')
    .addHelpText('after', AFTER_HELP)
    .action(rebuild);
}

async function rebuild(path: string, options: RebuildOptions, command: Command): Promise<void> {
  if (options.tiles === undefined && options.indexes === undefined) {
    throw new CliError('usage', 'say what to rebuild: --tiles, --indexes or both');
  }
  const terminal = openTerminal(command);
  const dir = await findLedger(path);
  const notices: string[] = [];
  const onNotice = ({ message }: { readonly message: string }): void => {
    notices.push(message);
    terminal.hint(message);
  };
  try {
    const origin = await readOrigin(dir);
    const writer = await openLedgerWriter({ dir, origin, crypto: nativeCrypto, onNotice });
    await rebuildWith(writer, options);
    const done = [
      ...(options.indexes === undefined ? [] : ['indexes: all as the segments give them']),
      ...(options.tiles === undefined ? [] : ['tiles: all as the blocks give them']),
    ];
    terminal.result(done, {
      dir,
      origin,
      notices,
      indexes: options.indexes === true,
      tiles: options.tiles === true,
    });
  } catch (error) {
    throw toCliError(error, dir);
  }
}

async function rebuildWith(writer: LedgerWriter, { tiles, indexes }: RebuildOptions): Promise<void> {
  try {
    if (indexes !== undefined) await writer.rebuildIndexes();
    if (tiles !== undefined) await writer.rebuildTiles();
  } finally {
    await writer.close();
  }
}

/** A ledger says in its first block whose it is. */
async function readOrigin(dir: string): Promise<string> {
  const reader = await openLedgerReader({ dir });
  try {
    return parseBlockHeader(await reader.readBlockHeader(0)).log;
  } finally {
    await reader.close();
  }
}

function toCliError(error: unknown, dir: string): unknown {
  if (!(error instanceof LedgerError)) return error;
  if (error.code === 'ledger-locked' || error.code === 'lock-lost') {
    const message = `${error.message}: stop the worker of ${dir} and try again; fsck and audit may run beside it`;
    return new CliError('ledger-locked', message, { cause: error });
  }
  if (error.code === 'io-fatal') return new CliError('file', error.message, { cause: error });
  const advice = `cunzheng ledger fsck ${dir} shows all that is wrong`;
  return new CliError('ledger-damaged', `${error.message}; ${advice}`, { cause: error });
}
