/** When a batch closes, what goes into it, and that the worker finds what no queue told it. */
import { checkLedger, verifyAllReceipts } from '@test/check-ledger.js';
import { eventually } from '@test/eventually.js';
import { evidenceOf, type BatchResult, type Evidence } from '@test/evidence.js';
import { type HttpClient } from '@test/http-client.js';
import { accept, receiptOf } from '@test/receipts.js';
import { freePort } from '@test/redis.js';
import { TestStack } from '@test/stack.js';

interface BlockRow {
  readonly height: number;
  readonly count: number;
  readonly first_index: number;
}

describe('batches', () => {
  let stack: TestStack;
  let http: HttpClient;

  beforeEach(async () => {
    stack = await TestStack.create({ CLOCK_BOUND_MS: '86400000' });
    const api = await stack.startApi();
    const opener = await stack.startWorker();
    http = api.http.as((await stack.createTenant()).token);
    await eventually('the log is open', async () => (await api.http.get('/health/ready')).status === 200);
    await eventually(
      'block 0 is anchored',
      async () => (await stack.query('SELECT FROM checkpoint')).length === 1,
    );
    await opener.stop();
  });

  afterEach(() => stack.close());

  const sendBatch = async (count: number): Promise<Evidence[]> => {
    const answer = await http.post('/v1/evidence/batch', {
      items: Array.from({ length: count }, () => evidenceOf()),
    });
    return answer.json<{ results: BatchResult[] }>().results.map(({ evidence }) => evidence!);
  };
  const blocks = (): Promise<BlockRow[]> =>
    stack.query<BlockRow>(
      'SELECT height::int, count, first_index::int FROM block WHERE height > 0 ORDER BY height',
    );

  test('a batch closes when there is no room for another parcel, long before it is old', async () => {
    await stack.startWorker({ BATCH_MAX_SIZE: '2000', BATCH_MAX_AGE_MS: '60000' });
    const full = await sendBatch(1_000);
    const last = await accept(http, evidenceOf());
    await receiptOf(http, last.id);
    expect(await blocks()).toEqual([{ height: 1, count: 1_001, first_index: 2 }]);
    await verifyAllReceipts(stack, http, [full[0]!, full[999]!, last]);
    await checkLedger(stack);
  });

  test('a batch that is not full closes when its oldest parcel has waited long enough', async () => {
    await stack.startWorker({ BATCH_MAX_SIZE: '65536', BATCH_MAX_AGE_MS: '250' });
    const first = await accept(http, evidenceOf());
    const second = await accept(http, evidenceOf());
    await Promise.all([receiptOf(http, first.id), receiptOf(http, second.id)]);
    const ages = await stack.query<{ n: number; age: number }>(
      'SELECT sum(p.n)::int AS n, extract(epoch FROM b.prepared_at - min(p.created_at))::float8 * 1000 AS age FROM parcel p JOIN block b ON b.height = p.height GROUP BY b.prepared_at',
    );
    // The second may have come too late for the block of the first.
    expect(ages.reduce((sum, { n }) => sum + n, 0)).toBe(2);
    for (const { age } of ages) expect(age).toBeGreaterThanOrEqual(245);
    await checkLedger(stack);
  });

  test('what piled up goes into blocks of at most BATCH_MAX_SIZE, oldest first, and no parcel straddles two', async () => {
    const sizes = [1_000, 600, 700, 1_000, 1, 999, 300];
    const sent = [];
    for (const size of sizes) sent.push(await sendBatch(size));
    await stack.startWorker({ BATCH_MAX_SIZE: '2000' });
    await eventually(
      'everything is anchored',
      async () => (await stack.query('SELECT FROM parcel WHERE height IS NULL')).length === 0,
    );
    await receiptOf(http, sent.at(-1)![0]!.id);
    expect((await blocks()).map(({ count }) => count)).toEqual([1_600, 1_701, 1_299]);
    expect(
      await stack.query(
        'SELECT FROM parcel p JOIN block b ON b.height = p.height WHERE p.first_leaf < b.first_index OR p.first_leaf + p.n > b.first_index + b.count',
      ),
    ).toHaveLength(0);
    const order = await stack.query<{ id: string }>('SELECT id FROM parcel ORDER BY first_leaf');
    expect(order.map(({ id }) => Number(id))).toEqual(
      order.map(({ id }) => Number(id)).sort((a, b) => a - b),
    );
    await verifyAllReceipts(
      stack,
      http,
      sent.flatMap((batch) => [batch[0]!, batch.at(-1)!]),
    );
    await checkLedger(stack);
  });

  test('parcels of several organizations share a block; each organization gets its own receipts alone', async () => {
    const api = await stack.startApi();
    const tenants = await Promise.all(Array.from({ length: 5 }, () => stack.createTenant()));
    const clients = tenants.map(({ token }) => api.http.as(token));
    const accepted = await Promise.all(
      clients.flatMap((client) => [accept(client, evidenceOf()), accept(client, evidenceOf())]),
    );
    await stack.startWorker();
    for (const [index, client] of clients.entries()) {
      await verifyAllReceipts(stack, client, accepted.slice(index * 2, index * 2 + 2));
      expect((await client.get(`/v1/evidence/${accepted[(index * 2 + 2) % 10]!.id}/receipt`)).status).toBe(
        404,
      );
    }
    expect(await blocks()).toEqual([{ height: 1, count: 10, first_index: 2 }]);
    await checkLedger(stack);
  });

  test('the sweeper finds what no queue ever told of, and everything still stops', async () => {
    const nowhere = `redis://127.0.0.1:${await freePort()}`;
    const api = await stack.startApi({ REDIS_URL: nowhere });
    const worker = await stack.startWorker({ REDIS_URL: nowhere, SWEEP_INTERVAL_MS: '100' });
    const client = api.http.as((await stack.createTenant()).token);
    const accepted = [await accept(client, evidenceOf()), await accept(client, evidenceOf())];
    await verifyAllReceipts(stack, client, accepted);
    await Promise.all([api.stop(), worker.stop()]);
    await checkLedger(stack);
  });

  test('createdAt never decreases, also when the clock is put back', async () => {
    const ahead = await stack.startWorker({}, () => Date.now() + 3_600_000);
    await receiptOf(http, (await accept(http, evidenceOf())).id);
    await ahead.stop();
    await stack.startWorker();
    await receiptOf(http, (await accept(http, evidenceOf())).id);
    const created = (await checkLedger(stack)).map(
      ({ header }) => (JSON.parse(header) as { createdAt: string }).createdAt,
    );
    expect(created).toHaveLength(3);
    expect(created[2]).toBe(created[1]);
    expect(Date.parse(created[1]!) - Date.parse(created[0]!)).toBeGreaterThan(3_500_000);
  });

  test('stopping finishes the block under way; nothing is lost, nothing is half done', async () => {
    const worker = await stack.startWorker();
    const accepted = await sendBatch(1_000);
    await worker.stop();
    await expect(worker.finished).resolves.toBeUndefined();
    await stack.startWorker();
    await verifyAllReceipts(stack, http, [accepted[0]!, accepted[999]!]);
    await checkLedger(stack);
  });
});
