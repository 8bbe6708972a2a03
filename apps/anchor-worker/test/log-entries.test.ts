/** Log entries that others queue: in the next block, before its records, once, and public or private as their type says. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { computeEntry, formatErasureEvent, formatTime } from '@cunzheng/ledger';
import { queueLogEntry } from '@cunzheng/persistence';
import { checkLedger, verifyAllReceipts, type LedgerBlock } from '@test/check-ledger.js';
import { anchorAndCrash, CRASH_POINTS } from '@test/crash.js';
import { eventually } from '@test/eventually.js';
import { evidenceOf, type Evidence } from '@test/evidence.js';
import { type HttpClient } from '@test/http-client.js';
import { accept, receiptOf } from '@test/receipts.js';
import { TestStack, type TestApi, type TestWorker } from '@test/stack.js';
import { runCli } from '../../cli/test/run-cli.js';

const hexEntry = (type: 2 | 3, body: Uint8Array): string =>
  Buffer.from(computeEntry(nativeCrypto, type, body)).toString('hex');

describe('queued log entries', () => {
  let stack: TestStack;
  let api: TestApi;
  let http: HttpClient;
  let client: pg.Client;
  let log: { id: number; origin: string; name: string };
  const queued: string[] = [];
  const accepted: Evidence[] = [];

  beforeAll(async () => {
    stack = await TestStack.create();
    api = await stack.startApi();
    http = api.http.as((await stack.createTenant()).token);
    const worker = await stack.startWorker();
    accepted.push(await accept(http, evidenceOf()));
    await receiptOf(http, accepted[0]!.id);
    await worker.stop();
    [log] = (await stack.query('SELECT id, origin, name FROM log')) as [typeof log];
    client = new pg.Client({ connectionString: stack.database.workerUrl });
    await client.connect();
  });

  afterAll(async () => {
    await client.end();
    await stack.close();
  });

  const queueErasure = async (count: number): Promise<string> => {
    const body = formatErasureEvent({ createdAt: formatTime(Date.now()), log: log.origin, count });
    await queueLogEntry(client, { log: log.id, type: 2, body });
    queued.push(hexEntry(2, body));
    return Buffer.from(body).toString();
  };
  const queueAuditHead = async (head: string): Promise<void> => {
    const body = Buffer.from(head);
    await queueLogEntry(client, { log: log.id, type: 3, body });
    queued.push(hexEntry(3, body));
  };
  /** A worker that has recovered and goes on from there. */
  const startSequencing = async (): Promise<TestWorker> => {
    const starts = (): number => stack.logs.filter((line) => line.includes('"sequencing"')).length;
    const before = starts();
    const worker = await stack.startWorker();
    await eventually('it sequences', () => starts() > before);
    return worker;
  };
  const pending = (): Promise<unknown[]> => stack.query('SELECT FROM log_entry WHERE height IS NULL');
  const entriesOf = (ledger: readonly LedgerBlock[]): string[] => ledger.flatMap(({ entries }) => entries);

  test('stand before the records of their block, in the order of queueing', async () => {
    await queueErasure(1);
    accepted.push(await accept(http, evidenceOf()));
    await queueAuditHead('head 1');
    await queueErasure(2);
    const worker = await stack.startWorker();
    await receiptOf(http, accepted.at(-1)!.id);
    await worker.stop();
    const last = (await checkLedger(stack)).at(-1)!;
    expect(last.entries).toEqual([...queued, Buffer.from(accepted.at(-1)!.entry, 'base64').toString('hex')]);
    const places = await stack.query<{ height: number; leaf: number }>(
      'SELECT height::int, leaf_index::int AS leaf FROM log_entry ORDER BY id',
    );
    const { firstIndex, height } = JSON.parse(last.header) as { firstIndex: number; height: number };
    expect(places).toEqual([0, 1, 2].map((ordinal) => ({ height, leaf: firstIndex + ordinal })));
  });

  test('make a block of their own where no record comes, without any signal', async () => {
    const worker = await startSequencing();
    const body = await queueErasure(3);
    await eventually('taken by the sweep', async () => (await pending()).length === 0);
    await worker.stop();
    expect((await checkLedger(stack)).at(-1)!.entries).toEqual([queued.at(-1)]);
    const answer = await api.http.get(`/logs/${log.name}/events`);
    const { events } = answer.json<{ events: { body: string }[] }>();
    expect(events.at(-1)!.body).toBe(body);
    // The private one is not among them.
    expect(events).toHaveLength(4);
    expect(answer.text).not.toContain('head 1');
  });

  test.each(CRASH_POINTS)('after a crash %s they are in the ledger once', async (point) => {
    await queueErasure(10);
    await queueAuditHead(`head at ${point}`);
    accepted.push(await accept(http, evidenceOf()));
    await anchorAndCrash(stack, point);
    const worker = await startSequencing();
    await receiptOf(http, accepted.at(-1)!.id);
    await worker.stop();
    const all = entriesOf(await checkLedger(stack));
    for (const entry of queued) expect(all.filter((other) => other === entry)).toEqual([entry]);
    expect(await pending()).toEqual([]);
  });

  test('a lost ledger is completed with the private ones, byte for byte', async () => {
    const before = await checkLedger(stack);
    const directory = await stack.logDirectory();
    rmSync(directory, { recursive: true });
    const worker = await startSequencing();
    await verifyAllReceipts(stack, http, accepted);
    await worker.stop();
    expect(await checkLedger(stack)).toEqual(before);
  });

  test('an audit of the files and of the service counts them and finds nothing', async () => {
    const trust = join(stack.directory, 'trust');
    for (const place of [await stack.logDirectory(), `${api.url}/logs/${log.name}`]) {
      const { exitCode, stdout } = await runCli(['audit', place, '--trust', trust], { cwd: stack.directory });
      expect(stdout).toContain(`${1 + CRASH_POINTS.length} audit heads`);
      expect(stdout).toContain('audit: clean');
      expect(exitCode).toBe(0);
    }
  });
});
