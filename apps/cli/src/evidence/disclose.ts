/**
 * `cunzheng disclose`: a copy of a receipt that shows less, made without the service. Disclosures are a selection: the
 * copy has the same record, proofs and timestamps, and what was left out cannot be told from the digests that remain.
 */
import { listDisclosureNames, parseReceipt, ReceiptError, reduceReceipt } from '@cunzheng/receipt';
import { type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { openTerminal } from '../terminal.js';
import { assertNoFile, writeNewFile } from '../new-file.js';
import { readReceipt } from './receipt-file.js';

interface DiscloseOptions {
  readonly only?: string;
  readonly out?: string;
}

const AFTER_HELP = `
Without --only the names of what the receipt discloses are listed. --only '' shows nothing at all.
The receipt is not verified: run cunzheng verify on the copy.`;

export function addDiscloseCommand(program: Command): void {
  program
    .command('disclose')
    .description('copy a receipt so that it shows only some disclosures, offline')
    .argument('<receipt>', 'the receipt file; it stays as it is')
    .option('--only <names>', 'what to show, such as signer.0.name,title; signer.0 means all of that signer')
    .option('--out <file>', 'where the copy goes')
    .addHelpText('after', AFTER_HELP)
    .action(disclose);
}

function disclose(path: string, { only, out }: DiscloseOptions, command: Command): void {
  const terminal = openTerminal(command);
  if ((only === undefined) !== (out === undefined))
    throw new CliError('usage', '--only and --out go together: what to show, and where the copy goes');
  const bytes = readReceipt(path);
  if (only === undefined || out === undefined) {
    const names = readNames(bytes, path);
    terminal.result(names, { receipt: path, disclosures: names });
    return;
  }
  assertNoFile(out);
  const copy = reduce(bytes, path, only);
  writeNewFile(out, copy);
  terminal.result([out], { receipt: out, disclosures: readNames(copy, out) });
}

function readNames(bytes: Uint8Array, path: string): string[] {
  try {
    return listDisclosureNames(parseReceipt(bytes).disclosures);
  } catch (error) {
    throw explain(error, path);
  }
}

function reduce(bytes: Uint8Array, path: string, only: string): Uint8Array {
  const names = only === '' ? [] : only.split(',').map((name) => name.trim());
  try {
    return Buffer.from(reduceReceipt(bytes, names));
  } catch (error) {
    const wanted = error instanceof ReceiptError ? names[Number(error.path.slice(1))] : undefined;
    throw explain(error, path, wanted);
  }
}

function explain(error: unknown, path: string, wanted?: string): unknown {
  if (!(error instanceof ReceiptError)) return error;
  if (error.code === 'disclosure-absent')
    return new CliError(
      'usage',
      `${path} does not disclose ${wanted}: leave out --only to see what it does`,
      {
        cause: error,
      },
    );
  if (error.code === 'disclosure-name-unknown' && wanted !== undefined)
    return new CliError(
      'usage',
      `${wanted} is no name of a disclosure: leave out --only to see what there is`,
      {
        cause: error,
      },
    );
  return new CliError('file', `${path} is no receipt: ${error.message}`, { cause: error });
}
