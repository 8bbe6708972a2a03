/** The batch route: rows accepted a second, rows anchored a second, memory and bytes on disk along the way. */
import { readdirSync, statSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { unsignedBody, signedBody, type BenchSigner } from '../bodies.js';
import { type Figure } from '../report.js';
import { type BenchOrganization, type BenchProgram, type BenchStack } from '../stack.js';

const ROWS = 1_000;
const CONCURRENCY = 6;
const VARIANTS = 24;

export interface BulkResult {
  readonly rows: number;
  readonly acceptedPerSecond: number;
  readonly anchoredPerSecond: number;
}

/** Sends `rows` records in batches of 1,000, then waits until every one is anchored. */
export async function sendBulk(
  stack: BenchStack,
  api: BenchProgram,
  rows: number,
  item: () => string = unsignedBody,
  { organization = stack.organization, connections = CONCURRENCY } = {},
): Promise<BulkResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const bodies = Array.from({ length: VARIANTS }, () =>
    Buffer.from(`{"items":[${Array.from({ length: ROWS }, item).join(',')}]}`),
  );
  const database = new pg.Client({ connectionString: stack.ownerUrl });
  await database.connect();
  const before = await countEvidence(database, organization);
  const startedMs = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (next < rows / ROWS)
        await postBatch({ agent, organization }, api, bodies[next++ % VARIANTS] ?? Buffer.alloc(0));
    }),
  );
  const acceptedSeconds = (performance.now() - startedMs) / 1_000;
  while (await hasPending(database, organization)) await delay(10);
  const anchoredSeconds = (performance.now() - startedMs) / 1_000;
  const stored = (await countEvidence(database, organization)) - before;
  await database.end();
  agent.destroy();
  if (stored !== rows) throw new Error(`sent ${rows} records, ${stored} were stored`);
  return { rows, acceptedPerSecond: rows / acceptedSeconds, anchoredPerSecond: rows / anchoredSeconds };
}

interface Sender {
  readonly agent: Agent;
  readonly organization: BenchOrganization;
}

/** Sends one batch; a busy service is asked again. The answer is read and thrown away: the load must cost little itself. */
async function postBatch(sender: Sender, api: BenchProgram, body: Buffer): Promise<void> {
  for (;;) {
    const status = await post(sender, `${api.url}/v1/evidence/batch`, body);
    if (status === 200) return;
    if (status !== 503) throw new Error(`batch: status ${status}`);
    await delay(100);
  }
}

function post({ agent, organization }: Sender, url: string, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${organization.apiKey}`,
      'content-type': 'application/json',
      'content-length': body.length,
    };
    const sent = request(url, { method: 'POST', agent, headers }, (answer) => {
      answer.resume().once('end', () => {
        resolve(answer.statusCode ?? 0);
      });
    });
    sent.once('error', reject).end(body);
  });
}

async function countEvidence(database: pg.Client, { key }: BenchOrganization): Promise<number> {
  const { rows } = await database.query<{ n: string }>(
    'SELECT count(*) AS n FROM evidence WHERE organization = $1',
    [key],
  );
  return Number(rows[0]?.n);
}

async function hasPending(database: pg.Client, { key }: BenchOrganization): Promise<boolean> {
  const { rows } = await database.query<{ waiting: boolean }>(
    `SELECT EXISTS (SELECT FROM parcel WHERE height IS NULL AND organization = $1)
       OR EXISTS (SELECT FROM block WHERE anchored_at IS NULL) AS waiting`,
    [key],
  );
  return rows[0]?.waiting === true;
}

const TABLES = ['evidence', 'further_fingerprint', 'parcel', 'block', 'log_event', 'checkpoint'];

/** Bytes of all tables and indexes a record touches. */
export async function readDatabaseBytes(stack: BenchStack): Promise<number> {
  const database = new pg.Client({ connectionString: stack.ownerUrl });
  await database.connect();
  const { rows } = await database.query<{ bytes: string }>(
    'SELECT sum(pg_total_relation_size(name::regclass)) AS bytes FROM unnest($1::text[]) AS name',
    [TABLES],
  );
  await database.end();
  return Number(rows[0]?.bytes);
}

/** Bytes of all files under a folder. */
export function readFolderBytes(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + readFolderBytes(join(path, name)), 0);
}

/** PostgreSQL and ledger bytes a record takes, for records that `item` makes. */
export async function measureBytes(
  stack: BenchStack,
  api: BenchProgram,
  kind: 'unsigned' | 'signed',
  item: () => string,
): Promise<Figure[]> {
  const rows = 50_000;
  const databaseBefore = await readDatabaseBytes(stack);
  const ledgerBefore = readFolderBytes(join(stack.directory, 'ledger'));
  await sendBulk(stack, api, rows, item);
  const database = (await readDatabaseBytes(stack)) - databaseBefore;
  const ledger = readFolderBytes(join(stack.directory, 'ledger')) - ledgerBefore;
  const target = kind === 'unsigned' ? 1_100 : 1_300;
  return [
    {
      name: `PostgreSQL bytes per ${kind} record`,
      value: database / rows,
      unit: 'bytes',
      target: { at: 'most', value: target },
    },
    {
      name: `ledger bytes per ${kind} record`,
      value: ledger / rows,
      unit: 'bytes',
      target: { at: 'most', value: 115 },
    },
  ];
}

/** Bodies of signed records, made once and repeated: what is stored does not depend on their being new. */
export function createSignedItems(signer: BenchSigner, organization: string, service: string): () => string {
  const bodies = Array.from({ length: 2_000 }, () => signedBody(signer, organization, service));
  let next = 0;
  return () => bodies[next++ % bodies.length] ?? '';
}
