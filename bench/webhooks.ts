/**
 * `npm run bench:webhooks`: how long an event waits for its first attempt at 90 healthy endpoints, while the other ten of
 * a hundred are well, and while they take requests and never answer; and what endpoints cost anchoring. All in one run
 * on temporary data. Takes about four minutes.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { unsignedBody } from './bodies.js';
import { sendBulk } from './figures/bulk.js';
import { printFigure, saveFigures, type Figure } from './report.js';
import { startStack, type BenchProgram, type BenchStack } from './stack.js';

const ENDPOINTS = 100;
const DEAD = 10;
const EVENTS = 20;
/** A hundred deliveries for each: slow enough that what is measured is waiting for others, not for the processor. */
const INTERVAL_MS = 2_000;
/** Attempts at the dead begin to time out, and their breakers to open, within this. */
const WARM_UP_EVENTS = 6;
const BULK_ROWS = 50_000;

interface Delays {
  readonly p50: number;
  readonly p99: number;
}

let deadAnswer = true;

async function startReceiver(answers: () => boolean): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      if (answers()) response.writeHead(204).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function call(stack: BenchStack, url: string, method: string, body: unknown): Promise<{ id: string }> {
  const answer = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${stack.organization.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as { id: string };
}

/** Sends evidence at a steady pace and gives the delays of first attempts at the healthy, from event to request. */
async function measureDelays(
  stack: BenchStack,
  api: BenchProgram,
  database: pg.Client,
  dead: readonly string[],
): Promise<Delays> {
  const send = (): Promise<unknown> =>
    call(stack, `${api.url}/v1/evidence`, 'POST', JSON.parse(unsignedBody()));
  for (let sent = 0; sent < WARM_UP_EVENTS; sent += 1) await Promise.all([send(), delay(INTERVAL_MS)]);
  const { rows: start } = await database.query<{ position: string }>(
    'SELECT coalesce(max(position), 0) AS position FROM webhook_event',
  );
  for (let sent = 0; sent < EVENTS; sent += 1) await Promise.all([send(), delay(INTERVAL_MS)]);
  await delay(5_000);
  const { rows } = await database.query<Delays & { n: string }>(
    `SELECT count(*) AS n,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY waited) AS p50, percentile_cont(0.99) WITHIN GROUP (ORDER BY waited) AS p99
     FROM (
       SELECT extract(epoch FROM coalesce(a.started_at, now()) - e.created_at)::float8 * 1000 AS waited
       FROM webhook_event e JOIN webhook_delivery d ON d.event = e.id
       LEFT JOIN webhook_attempt a ON a.delivery = d.id AND a.n = 1
       WHERE e.position > $1 AND NOT d.endpoint = ANY ($2::uuid[])
     ) first_attempts`,
    [start[0]?.position, dead],
  );
  const [delays] = rows;
  // Two pieces of evidence may share a block, and its event.
  if (!delays || Number(delays.n) < (EVENTS / 2) * (ENDPOINTS - DEAD))
    throw new Error(`only ${delays?.n ?? 0} deliveries: did every block give an event?`);
  return delays;
}

async function measureAnchoring(stack: BenchStack, api: BenchProgram): Promise<Figure[]> {
  const endpoint = { url: 'https://example.com', enabled: false };
  await sendBulk(stack, api, BULK_ROWS);
  const none = (await sendBulk(stack, api, BULK_ROWS)).anchoredPerSecond;
  const baseline = { name: 'rows/s with no endpoint', value: none };
  const figures: Figure[] = [];
  for (const type of ['batch.anchored', 'evidence.anchored']) {
    const { id } = await call(stack, `${api.url}/v1/webhook-endpoints`, 'POST', {
      ...endpoint,
      types: [type],
    });
    const value = (await sendBulk(stack, api, BULK_ROWS)).anchoredPerSecond;
    figures.push({ name: `anchored with an endpoint for ${type}`, value, unit: 'rows/s', baseline });
    await fetch(`${api.url}/v1/webhook-endpoints/${id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${stack.organization.apiKey}` },
    });
  }
  return figures;
}

async function measureDeadEndpoints(
  stack: BenchStack,
  api: BenchProgram,
  receivers: Server[],
): Promise<Figure[]> {
  const database = new pg.Client({ connectionString: stack.ownerUrl });
  database.on('error', () => undefined);
  await database.connect();
  const dead: string[] = [];
  const healthy = await startReceiver(() => true);
  receivers.push(healthy);
  for (let index = 0; index < ENDPOINTS; index += 1) {
    const receiver = index < DEAD ? await startReceiver(() => deadAnswer) : healthy;
    if (index < DEAD) receivers.push(receiver);
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/${index}`;
    const { id } = await call(stack, `${api.url}/v1/webhook-endpoints`, 'POST', {
      url,
      types: ['batch.anchored'],
    });
    if (index < DEAD) dead.push(id);
  }
  const well = await measureDelays(stack, api, database, dead);
  deadAnswer = false;
  const failing = await measureDelays(stack, api, database, dead);
  await database.end();
  const figure = (percentile: keyof Delays, name: string): Figure => ({
    name: `first attempt at the healthy, ${name}`,
    value: failing[percentile],
    unit: 'ms',
    baseline: { name: 'ms with all well', value: well[percentile] },
    ...(percentile === 'p99' && { target: { at: 'most', value: 2 } as const }),
  });
  return [figure('p50', 'median'), figure('p99', '99th percentile')];
}

async function main(): Promise<void> {
  const stack = await startStack();
  const receivers: Server[] = [];
  const figures: Figure[] = [];
  try {
    await stack.startWorker();
    const api = await stack.startApi();
    while (!(await fetch(`${api.url}/health/ready`)).ok) await delay(100);
    figures.push(...(await measureDeadEndpoints(stack, api, receivers)));
    figures.forEach(printFigure);
    const bulk = await measureAnchoringAlone();
    figures.push(...bulk);
    bulk.forEach(printFigure);
  } catch (error) {
    // Said before the stack is torn down, which breaks whatever is still connected.
    console.error(error);
    process.exitCode = 1;
  } finally {
    for (const receiver of receivers) receiver.close().closeAllConnections();
    await stack.close();
  }
  saveFigures(figures);
}

/** On data of its own, where nobody else has an endpoint. */
async function measureAnchoringAlone(): Promise<Figure[]> {
  const stack = await startStack();
  try {
    await stack.startWorker();
    const api = await stack.startApi();
    while (!(await fetch(`${api.url}/health/ready`)).ok) await delay(100);
    return await measureAnchoring(stack, api);
  } finally {
    await stack.close();
  }
}

await main();
