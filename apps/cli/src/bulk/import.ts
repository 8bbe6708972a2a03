/**
 * `cunzheng import`: sends a file of evidence requests, one on each line, and keeps what became of them beside it. Its
 * state is the id of the import; how far it is, the service says. So it goes on wherever it was interrupted.
 */
import { createReadStream, statSync, writeSync, openSync, closeSync, type Stats } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { type Command } from 'commander';
import { CliError } from '../cli-error.js';
import { describeFileError } from '../file-error.js';
import { progressMode, startProgress, type Progress } from '../fingerprint/progress.js';
import { addServiceOptions, openService, type ServiceOptions } from '../service/open-service.js';
import { jsonOf, textMember, type ServiceClient } from '../service/service-client.js';
import { ServiceRefusal } from '../service/service-refusal.js';
import { unexpectedAnswer } from '../service/service-fetch.js';
import { openTerminal } from '../terminal.js';
import { interruptible } from './interrupt.js';
import { asLines, readResults } from './service-lines.js';
import { readState, removeState, saveState } from './state-file.js';

const BROKEN_ATTEMPTS = 5;
const PAUSE_MS = 1_000;

interface ImportOptions extends ServiceOptions {
  readonly results?: string;
  readonly progress?: true;
}

interface Counts {
  readonly id: string;
  readonly offsetBytes: number;
  readonly lines: number;
  readonly accepted: number;
  readonly existing: number;
  readonly refused: number;
}

export function addImportCommand(program: Command): void {
  const command = program
    .command('import')
    .description('notarize a file of requests, one line of JSON each (see docs/api/imports.md)')
    .argument('<file>', 'the lines: what POST /v1/evidence takes, each with its clientRef')
    .option('--results <file>', 'what became of each line (default: FILE.results.ndjson)')
    .option('--progress', 'show progress at once, without a terminal too');
  addServiceOptions(command).action(importFile);
}

async function importFile(file: string, options: ImportOptions, command: Command): Promise<void> {
  const terminal = openTerminal(command);
  const service = openService(options, terminal);
  const results = options.results ?? `${file}.results.ndjson`;
  const counts = await interruptible(async (signal) => {
    const stats = readStats(file);
    const id = await beginOrGoOn(service, file, stats);
    const progress = startProgress(file, stats.size, progressMode({ ...options, json: terminal.json }));
    try {
      await sendAll({ service, id, file, sizeBytes: stats.size, progress, signal });
    } finally {
      progress.stop();
    }
    await saveResults(service, id, results, signal);
    return await readCounts(service, id);
  });
  removeState(statePath(file));
  const { lines, accepted, existing, refused } = counts;
  terminal.result(
    [
      `${lines} lines: ${accepted} stored, ${existing} stored before, ${refused} refused`,
      `  import   ${counts.id}`,
      `  results  ${results}`,
    ],
    { ...counts, results },
  );
  if (refused > 0)
    throw new CliError('service-refused', `${refused} lines were refused: ${results} says which and why`);
}

const statePath = (file: string): string => `${file}.import.json`;

function readStats(file: string): Stats {
  try {
    const stats = statSync(file);
    if (stats.isFile()) return stats;
  } catch (error) {
    throw new CliError('file', describeFileError(file, error), { cause: error });
  }
  throw new CliError('file', `${file} is no regular file: give a file of lines`);
}

/** The id of the import: of the one that was begun with this very file, or of a new one. */
async function beginOrGoOn(service: ServiceClient, file: string, stats: Stats): Promise<string> {
  const version = `${stats.size} ${stats.mtimeMs}`;
  const state = readState(statePath(file), service.url);
  if (state && state['version'] !== version) {
    throw new CliError(
      'file',
      `${file} has changed since its import began: remove ${statePath(file)} to begin anew, nothing is stored twice`,
    );
  }
  if (state?.['id'] !== undefined) return state['id'];
  const id = textMember(await jsonOf(service.streams.POST('/v1/imports')), 'id');
  await saveState(statePath(file), service.url, { id, version });
  return id;
}

interface Sending {
  readonly service: ServiceClient;
  readonly id: string;
  readonly file: string;
  readonly sizeBytes: number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Sends what is not taken in yet, again and again while that helps. */
async function sendAll(sending: Sending): Promise<void> {
  let broken = 0;
  for (let before = -1; ;) {
    const { offsetBytes } = await readCounts(sending.service, sending.id);
    if (offsetBytes >= sending.sizeBytes) return;
    broken = offsetBytes > before ? 0 : broken + 1;
    before = offsetBytes;
    sending.progress.advance(offsetBytes);
    try {
      await sendFrom(sending, offsetBytes);
    } catch (error) {
      sending.signal.throwIfAborted();
      if (!(error instanceof CliError) || error.code === 'file' || broken >= BROKEN_ATTEMPTS) throw error;
      if (error instanceof ServiceRefusal && error.problemCode === 'quota-exceeded') throw error;
      await delay(PAUSE_MS * 2 ** broken, undefined, { signal: sending.signal });
    }
  }
}

async function sendFrom({ service, id, file, progress, signal }: Sending, offset: number): Promise<void> {
  const stream = Readable.from(countBytes(createReadStream(file, { start: offset }), offset, progress));
  const params = { path: { id }, query: { offset: String(offset) } };
  await service.streams.PATCH('/v1/imports/{id}', { params, ...asLines(Readable.toWeb(stream)), signal });
}

async function* countBytes(
  chunks: AsyncIterable<Buffer>,
  offset: number,
  progress: Progress,
): AsyncGenerator<Buffer> {
  let done = offset;
  for await (const chunk of chunks) {
    yield chunk;
    done += chunk.length;
    progress.advance(done);
  }
}

async function readCounts(service: ServiceClient, id: string): Promise<Counts> {
  const json = await jsonOf(service.api().GET('/v1/imports/{id}', { params: { path: { id } } }));
  const count = (name: keyof Counts): number => {
    const value: unknown = json[name];
    if (Number.isSafeInteger(value)) return value as number;
    throw unexpectedAnswer(`the number ${name}`);
  };
  return {
    id,
    offsetBytes: count('offsetBytes'),
    lines: count('lines'),
    accepted: count('accepted'),
    existing: count('existing'),
    refused: count('refused'),
  };
}

async function saveResults(
  service: ServiceClient,
  id: string,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const file = openFile(path);
  try {
    for await (const line of readResults(service, id, signal)) writeSync(file, `${JSON.stringify(line)}\n`);
  } finally {
    closeSync(file);
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    throw new CliError('file', describeFileError(path, error), { cause: error });
  }
}
