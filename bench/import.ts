/**
 * `npm run bench:import [-- LINES]`: an import of a million lines, interrupted three times, beside the batch route in the same
 * run. The batch route sends records without client references, which is less work; the import's rate includes its
 * interruptions. Nothing may be doubled, and the API's memory must not grow with the stream.
 */
import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { unsignedBody } from './bodies.js';
import { sendBulk } from './figures/bulk.js';
import { printFigure } from './report.js';
import { startStack, type BenchProgram, type BenchStack } from './stack.js';

const LINES = Number(process.argv[2] ?? 1_000_000);
const BATCH_ROWS = Math.min(LINES, 200_000);
const BREAKS = [0.25, 0.5, 0.75];

interface Progress {
  readonly offsetBytes: number;
  readonly lines: number;
  readonly accepted: number;
  readonly existing: number;
}

function* lines(): Generator<string> {
  for (let n = 0; n < LINES; n += 1) yield `${unsignedBody().slice(0, -1)},"clientRef":"work-${n}"}\n`;
}

async function call(
  stack: BenchStack,
  url: string,
  method = 'GET',
): Promise<Progress & { readonly id: string }> {
  const answer = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${stack.organization.apiKey}` },
  });
  return (await answer.json()) as Progress & { id: string };
}

/** Sends the file from `offset` on; when `untilBytes` are taken in the connection is torn down. */
async function send(
  stack: BenchStack,
  url: string,
  file: string,
  offset: number,
  untilBytes: number,
  onLook: () => void,
): Promise<void> {
  const sent = request(`${url}?offset=${offset}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${stack.organization.apiKey}`, 'content-type': 'application/x-ndjson' },
  });
  const state = { isOver: false };
  const answered = new Promise<void>((resolve) => {
    sent.once('response', (answer) => answer.resume().once('end', resolve)).once('close', resolve);
  }).then(() => {
    state.isOver = true;
  });
  sent.on('error', () => undefined);
  createReadStream(file, { start: offset }).pipe(sent);
  for (let taken = 0; !state.isOver && taken < untilBytes;) {
    await Promise.race([delay(250), answered]);
    taken = (await call(stack, url)).offsetBytes;
    onLook();
  }
  sent.destroy();
  await answered;
}

async function countEvidence(stack: BenchStack): Promise<{ all: number; distinct: number }> {
  const database = new pg.Client({ connectionString: stack.ownerUrl });
  await database.connect();
  const { rows } = await database.query<{ all: number; distinct: number }>(
    'SELECT count(*)::int AS all, count(DISTINCT client_ref_mac)::int AS distinct FROM evidence WHERE client_ref_mac IS NOT NULL',
  );
  await database.end();
  return rows[0] ?? { all: 0, distinct: 0 };
}

async function measureImport(stack: BenchStack, api: BenchProgram, batchRate: number): Promise<void> {
  const file = join(stack.directory, 'works.ndjson');
  await pipeline(Readable.from(lines()), createWriteStream(file));
  const size = statSync(file).size;
  const { id } = await call(stack, `${api.url}/v1/imports`, 'POST');
  const url = `${api.url}/v1/imports/${id}`;
  const memory: number[] = [];
  const startedMs = performance.now();
  for (const until of [...BREAKS.map((part) => part * size), size]) {
    // The request before may still add what it had read: then the offset is refused, and asked for again.
    for (
      let { offsetBytes } = await call(stack, url);
      offsetBytes < until;
      { offsetBytes } = await call(stack, url)
    )
      await send(stack, url, file, offsetBytes, until, () => memory.push(api.rssBytes()));
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  const done = await call(stack, url);
  const { all, distinct } = await countEvidence(stack);
  console.log(
    `${done.lines} lines after ${BREAKS.length} interruptions: ${done.accepted} stored, ${done.existing} found again; ${all} rows, ${distinct} client references`,
  );
  if (done.lines !== LINES || all !== LINES || distinct !== LINES)
    throw new Error('lines were lost or doubled');
  printFigure({
    name: 'import, lines taken in',
    value: LINES / seconds,
    unit: 'lines/s',
    baseline: { name: 'batch route, rows/s', value: batchRate },
    target: { at: 'least', value: 0.8 },
  });
  const tenth = memory[Math.floor(memory.length / 10)] ?? 0;
  printFigure({
    name: 'API memory at the end',
    value: (memory.at(-1) ?? 0) / 1e6,
    unit: 'MB',
    baseline: { name: 'after a tenth, MB', value: tenth / 1e6 },
    target: { at: 'most', value: 1.2 },
  });
}

const stack = await startStack();
try {
  await stack.startWorker();
  const api = await stack.startApi();
  while (!(await fetch(`${api.url}/health/ready`)).ok) await delay(100);
  await sendBulk(stack, api, 20_000);
  const { acceptedPerSecond } = await sendBulk(stack, api, BATCH_ROWS);
  await measureImport(stack, api, acceptedPerSecond);
} finally {
  await stack.close();
}
