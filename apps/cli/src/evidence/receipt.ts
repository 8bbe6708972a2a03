/** `cunzheng receipt`: fetches a receipt that was not ready when its file was notarized, or once more. */
import { type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { requireId } from '../require-id.js';
import { addServiceOptions, openService, type ServiceOptions } from '../service/open-service.js';
import { openTerminal } from '../terminal.js';
import { assertNoFile, writeNewFile } from '../new-file.js';
import { fetchReceipt } from './submit-evidence.js';
import { DEFAULT_WAIT_SECONDS, parseWait } from './wait.js';

interface ReceiptOptions extends ServiceOptions {
  readonly out?: string;
  readonly wait: number;
  readonly disclose?: string;
}

export function addReceiptCommand(program: Command): void {
  const command = program
    .command('receipt')
    .description('fetch the receipt of a record')
    .argument('<id>', 'id of the record, from notarize')
    .option('--out <file>', 'where it goes (default: ID.receipt.json)')
    .option(
      '--disclose <names>',
      'show only these disclosures, such as signer.0.name,title; signer.0 means all of that signer (default: all)',
    )
    .option('--wait <seconds>', 'how long to wait for it, 0 to 3600', parseWait, DEFAULT_WAIT_SECONDS);
  addServiceOptions(command).action(saveReceipt);
}

async function saveReceipt(id: string, options: ReceiptOptions, command: Command): Promise<void> {
  requireId(id, 'record', 'notarize');
  const terminal = openTerminal(command);
  const path = options.out ?? `${id}.receipt.json`;
  assertNoFile(path);
  const service = openService(options, terminal);
  const deadlineMs = performance.now() + options.wait * 1_000;
  const receipt = await fetchReceipt(service, id, deadlineMs, options.disclose);
  if (receipt === undefined) {
    throw new CliError('receipt-pending', `the receipt of ${id} is not ready yet: ask again later`);
  }
  writeNewFile(path, receipt);
  terminal.result([path], { id, receipt: path });
}
