/**
 * `cunzheng notarize --recursive`: every file below folders, a few hundred at a time: fingerprints, one import, receipts.
 * The receipts are the state: a file that has one is left out, so an interrupted run is gone on with by the same
 * command. What was sent but has no receipt yet is found again by its client reference, which is its digest.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { CliError } from '../cli-error.js';
import { type Run } from '../evidence/notarize-run.js';
import { writeNewFile } from '../new-file.js';
import { formatSignedRequest } from '../evidence/signed-statement.js';
import { fetchReceipt } from '../evidence/submit-evidence.js';
import { describeFileError } from '../file-error.js';
import { fingerprintFile } from '../fingerprint/fingerprint-file.js';
import { startCount } from '../fingerprint/progress.js';
import { jsonOf, textMember } from '../service/service-client.js';
import { unexpectedAnswer } from '../service/service-fetch.js';
import { type Terminal } from '../terminal.js';
import { interruptible } from './interrupt.js';
import { asLines, readResults, type Line } from './service-lines.js';

const FILES_AT_ONCE = 500;
const FETCHED_AT_ONCE = 8;
const RECEIPT = '.receipt.json';
const MAX_REFUSALS_SHOWN = 20;

interface Todo {
  readonly file: string;
  readonly receipt: string;
}

interface Summary {
  /** Receipts written. */
  receipts: number;
  /** Files that had one. */
  skipped: number;
  /** Files that were accepted and whose receipt was not ready in time. */
  pending: number;
  readonly refused: { file: string; reason: string }[];
}

export async function notarizeFolders(
  folders: readonly string[],
  run: Run,
  terminal: Terminal,
): Promise<void> {
  const summary: Summary = { receipts: 0, skipped: 0, pending: 0, refused: [] };
  const progress = startCount('receipts', run.progress);
  try {
    await interruptible(async (signal) => {
      for (const todo of chunksOf(folders, run, summary)) {
        await notarizeSome(todo, run, summary, signal);
        progress.advance(summary.receipts);
      }
    });
  } finally {
    progress.stop();
    terminal.result(describe(summary), summary);
  }
  if (summary.refused.length > 0)
    throw new CliError(
      'service-refused',
      `${summary.refused.length} files were refused; the others are done`,
    );
  if (summary.pending > 0 && run.options.wait > 0) {
    throw new CliError(
      'receipt-pending',
      `accepted, but ${summary.pending} receipts are not ready yet: give the same command again later`,
    );
  }
}

function describe({ receipts, skipped, pending, refused }: Summary): string[] {
  return [
    `${receipts} receipts written, ${skipped} files had theirs, ${pending} not ready yet, ${refused.length} refused`,
    ...refused.slice(0, MAX_REFUSALS_SHOWN).map(({ file, reason }) => `  ${file}: ${reason}`),
  ];
}

function* chunksOf(folders: readonly string[], { options }: Run, summary: Summary): Generator<Todo[]> {
  let chunk: Todo[] = [];
  for (const folder of folders) {
    for (const file of filesBelow(folder)) {
      const beside = options.out === undefined ? file : join(options.out, relative(dirname(folder), file));
      const receipt = `${beside}${RECEIPT}`;
      if (existsSync(receipt)) summary.skipped += 1;
      else if (chunk.push({ file, receipt }) === FILES_AT_ONCE) {
        yield chunk;
        chunk = [];
      }
    }
  }
  if (chunk.length > 0) yield chunk;
}

/** Regular files, in order; no symbolic links, no receipts, nothing whose name begins with a dot. */
function* filesBelow(path: string): Generator<string> {
  try {
    if (statSync(path).isFile()) {
      yield path;
      return;
    }
    const entries = readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory()) yield* filesBelow(join(path, entry.name));
      else if (entry.isFile() && !entry.name.endsWith(RECEIPT)) yield join(path, entry.name);
    }
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError('file', describeFileError(path, error), { cause: error });
  }
}

async function notarizeSome(
  todo: readonly Todo[],
  run: Run,
  summary: Summary,
  signal: AbortSignal,
): Promise<void> {
  const lines: string[] = [];
  for (const { file } of todo) {
    signal.throwIfAborted();
    lines.push(`${JSON.stringify(await describeFile(file, run))}\n`);
  }
  const { streams } = run.service;
  const imported = await jsonOf(streams.POST('/v1/imports', { ...asLines(lines.join('')), signal }));
  const accepted: (Todo & { id: string })[] = [];
  for await (const line of readResults(run.service, textMember(imported, 'id'), signal)) {
    const place = typeof line['line'] === 'number' ? todo[line['line'] - 1] : undefined;
    if (line['end'] === true) break;
    if (!place) throw unexpectedAnswer('results of the lines that were sent');
    if (typeof line['evidence'] === 'string') accepted.push({ ...place, id: line['evidence'] });
    else summary.refused.push({ file: place.file, reason: reasonOf(line) });
  }
  await saveReceipts(accepted, run, summary, signal);
}

async function describeFile(file: string, { algorithms, options, signing }: Run): Promise<unknown> {
  const { sizeBytes, fingerprints } = await fingerprintFile(file, algorithms, 'never');
  const [first] = fingerprints;
  const digest = `${first?.algorithm ?? ''}:${first?.digest ?? ''}`;
  const description = {
    fingerprints,
    sizeBytes,
    ...(options.title === undefined ? {} : { title: options.title }),
    clientRef: options.clientRef === undefined ? digest : `${options.clientRef}/${digest}`,
  };
  return signing ? formatSignedRequest(description, signing) : description;
}

function reasonOf(line: Line): string {
  const { detail } = (line['problem'] ?? {}) as { readonly detail?: unknown };
  return typeof detail === 'string' ? detail.slice(0, 500) : 'the service refused it';
}

async function saveReceipts(
  accepted: readonly (Todo & { id: string })[],
  { service, options }: Run,
  summary: Summary,
  signal: AbortSignal,
): Promise<void> {
  const deadlineMs = performance.now() + options.wait * 1_000;
  const rest = [...accepted];
  const fetchSome = async (): Promise<void> => {
    for (let next = rest.shift(); next; next = rest.shift()) {
      signal.throwIfAborted();
      const receipt = await fetchReceipt(service, next.id, deadlineMs);
      if (receipt === undefined) {
        summary.pending += 1;
      } else {
        writeNewFile(next.receipt, receipt);
        summary.receipts += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: FETCHED_AT_ONCE }, fetchSome));
}
