/**
 * `cunzheng receipts`: keeps a folder of all receipts of the organization, one subfolder for each day of acceptance. The
 * state is the cursor of the last receipt that is on the disk, so the next run, or the next month's, goes on there.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseReceipt, parseRecord, ReceiptError } from '@cunzheng/receipt';
import { type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { writeNewFile } from '../new-file.js';
import { describeFileError } from '../file-error.js';
import { startCount } from '../fingerprint/progress.js';
import { progressMode } from '../fingerprint/progress.js';
import { addServiceOptions, openService, type ServiceOptions } from '../service/open-service.js';
import { textMember, type ServiceClient } from '../service/service-client.js';
import { unexpectedAnswer } from '../service/service-fetch.js';
import { openTerminal } from '../terminal.js';
import { interruptible } from './interrupt.js';
import { readLines } from './service-lines.js';
import { readState, saveState } from './state-file.js';

const SAVE_EVERY = 500;

interface ReceiptsOptions extends ServiceOptions {
  readonly out: string;
  readonly progress?: true;
}

export function addReceiptsCommand(program: Command): void {
  const command = program
    .command('receipts')
    .description('fetch all receipts that are final and not in the folder yet')
    .requiredOption('--out <dir>', 'the folder, which remembers how far it is')
    .option('--progress', 'show progress at once, without a terminal too');
  addServiceOptions(command).action(saveReceipts);
}

async function saveReceipts(options: ReceiptsOptions, command: Command): Promise<void> {
  const terminal = openTerminal(command);
  const service = openService(options, terminal);
  makeFolder(options.out);
  const progress = startCount('receipts', progressMode({ ...options, json: terminal.json }));
  const saved = await interruptible((signal) =>
    saveAll(service, options.out, signal, (count) => {
      progress.advance(count);
    }),
  ).finally(() => {
    progress.stop();
  });
  terminal.result([`${saved} receipts saved in ${options.out}`], { saved, out: options.out });
}

async function saveAll(
  service: ServiceClient,
  out: string,
  signal: AbortSignal,
  onSaved: (count: number) => void,
): Promise<number> {
  const statePath = join(out, '.cunzheng-receipts.json');
  let cursor = readState(statePath, service.url)?.['cursor'];
  const params = { query: cursor === undefined ? {} : { cursor } };
  const feed = service.streams.GET('/v1/receipts', { params, signal, parseAs: 'stream' });
  let saved = 0;
  try {
    for await (const line of readLines(service, feed)) {
      if (line['end'] !== true) saveOne(out, textMember(line, 'receipt'));
      cursor = textMember(line, 'cursor');
      if (line['end'] === true) break;
      saved += 1;
      onSaved(saved);
      if (saved % SAVE_EVERY === 0) await saveState(statePath, service.url, { cursor });
      signal.throwIfAborted();
    }
  } finally {
    if (cursor !== undefined) await saveState(statePath, service.url, { cursor });
  }
  return saved;
}

/** A receipt that is there already, because the last run ended before it could note it, must be this one. */
function saveOne(out: string, receipt: string): void {
  const { id, acceptedAt } = recordOf(receipt);
  const path = join(out, acceptedAt.slice(0, 10), `${id}.receipt.json`);
  if (existsSync(path) && readFileSync(path, 'utf8') === receipt) return;
  writeNewFile(path, Buffer.from(receipt));
}

function recordOf(receipt: string): { id: string; acceptedAt: string } {
  try {
    return parseRecord(parseReceipt(Buffer.from(receipt)).record);
  } catch (error) {
    if (!(error instanceof ReceiptError)) throw error;
    throw unexpectedAnswer('receipts');
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new CliError('file', describeFileError(path, error), { cause: error });
  }
}
