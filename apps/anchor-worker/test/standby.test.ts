/** One sequencer at a time: others stand by and take over, and one whose connection is cut starts afresh. */
import { checkLedger, verifyAllReceipts } from '@test/check-ledger.js';
import { eventually } from '@test/eventually.js';
import { evidenceOf, type Evidence } from '@test/evidence.js';
import { type HttpClient } from '@test/http-client.js';
import { startProcess } from '@test/processes.js';
import { accept, receiptOf } from '@test/receipts.js';
import { TestStack } from '@test/stack.js';

describe('several workers', () => {
  let stack: TestStack;
  let http: HttpClient;

  beforeEach(async () => {
    stack = await TestStack.create();
    const api = await stack.startApi();
    http = api.http.as((await stack.createTenant()).token);
  });

  afterEach(() => stack.close());

  const superuser = async (sql: string): Promise<number> => (await stack.asSuperuser(sql)).length;
  const sequencing = (): number => stack.logs.filter((line) => line.includes('"sequencing"')).length;
  const holdsLock = `FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND application_name = 'cunzheng-sequencer' AND datname = current_database()`;

  test('one sequences, the others stand by; when it stops, another takes over', async () => {
    const workers = [await stack.startWorker(), await stack.startWorker(), await stack.startWorker()];
    const accepted = [await accept(http, evidenceOf())];
    await receiptOf(http, accepted[0]!.id);
    expect([sequencing(), await superuser(`SELECT ${holdsLock}`)]).toEqual([1, 1]);
    // Standing by is waiting for the database's lock; the one on the directory is never even tried.
    expect(stack.logs.filter((line) => line.includes('interrupted'))).toEqual([]);
    for (const [index, worker] of workers.entries()) {
      await worker.stop();
      accepted.push(await accept(http, evidenceOf()));
      if (index < 2) await receiptOf(http, accepted.at(-1)!.id);
    }
    // The third has its turn only if the second, not it, took over from the first.
    expect([2, 3]).toContain(sequencing());
    await stack.startWorker();
    await verifyAllReceipts(stack, http, accepted);
    await checkLedger(stack);
  });

  test('a killed process gives way to the one that stands by', async () => {
    const first = await startProcess(stack, 'anchor-worker');
    const accepted = [await accept(http, evidenceOf())];
    await receiptOf(http, accepted[0]!.id);
    const second = await startProcess(stack, 'anchor-worker');
    expect(second.output()).not.toContain('"sequencing"');
    await first.end('SIGKILL');
    accepted.push(await accept(http, evidenceOf()));
    await verifyAllReceipts(stack, http, accepted);
    await eventually('it has said so', () => second.output().includes('"sequencing"'));
    expect(await second.end('SIGTERM')).toBe(0);
    await checkLedger(stack);
  });

  test("the sequencer's connection is cut, again and again under load: it starts afresh and nothing is lost or doubled", async () => {
    const worker = await stack.startWorker();
    const accepted = [await accept(http, evidenceOf())];
    let loading = true;
    const load = Promise.all(
      [1, 2, 3].map(async () => {
        while (loading) {
          const evidence = await accept(http, evidenceOf());
          accepted.push(evidence);
          await receiptOf(http, evidence.id);
        }
      }),
    );
    for (let round = 1; round <= 3; round += 1) {
      await eventually('it sequences', () => sequencing() >= round);
      await receiptOf(http, accepted.at(-1)!.id);
      expect(await superuser(`SELECT pg_terminate_backend(pid) ${holdsLock}`)).toBe(1);
    }
    await eventually('it sequences again', () => sequencing() >= 4);
    loading = false;
    await load;
    await verifyAllReceipts(stack, http, accepted);
    await worker.stop();
    await expect(worker.finished).resolves.toBeUndefined();
    await checkLedger(stack);
  });

  test('every connection of API and worker is cut: both go on', async () => {
    await stack.startWorker();
    const accepted = [await accept(http, evidenceOf())];
    await receiptOf(http, accepted[0]!.id);
    // And waits until it is gone: a request that found it would fail.
    await superuser(
      "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = current_database() AND usename IN ('cunzheng_api', 'cunzheng_worker')",
    );
    const first = await eventually('evidence is accepted again', async () => {
      const answer = await http.post('/v1/evidence', evidenceOf());
      // A cut connection is an honest "not confirmed", never a lost 202.
      if (answer.status !== 202) expect([500, 503]).toContain(answer.status);
      return answer.status === 202 && answer.json<Evidence>();
    });
    accepted.push(first);
    await verifyAllReceipts(stack, http, accepted);
    // Notifications are heard again as well: a wait ends with the receipt.
    expect((await http.post('/v1/evidence', evidenceOf(), { prefer: 'wait=30' })).status).toBe(200);
    await checkLedger(stack);
  });
});
