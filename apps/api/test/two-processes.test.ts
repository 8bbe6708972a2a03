/** End to end over the built programs: two API processes and a worker, HTTP alone, verification with the trust folder alone. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { portableCrypto } from '@cunzheng/crypto';
import { createVerifier, parseTrust } from '@cunzheng/receipt';
import { checkLedger } from '@test/check-ledger.js';
import { evidenceOf, type BatchResult, type Evidence } from '@test/evidence.js';
import { HttpClient, type Answer } from '@test/http-client.js';
import { startProcess, type TestProcess } from '@test/processes.js';
import { accept, receiptOf } from '@test/receipts.js';
import { TestStack, type Tenant } from '@test/stack.js';

describe('two API processes and a worker', () => {
  let stack: TestStack;
  let processes: TestProcess[];
  let tenant: Tenant;
  let clients: HttpClient[];

  beforeAll(async () => {
    stack = await TestStack.create();
    processes = await Promise.all(
      (['api', 'api', 'anchor-worker'] as const).map((name) => startProcess(stack, name)),
    );
    tenant = await stack.createTenant();
    clients = processes
      .slice(0, 2)
      .map(({ port }) => HttpClient.to(`http://127.0.0.1:${port}`).as(tenant.token));
    await accept(clients[0]!, evidenceOf());
  });

  afterAll(() => stack.close());

  const rowsAddedBy = async (work: () => Promise<void>): Promise<number> => {
    const before = (await stack.countRows())['evidence']!;
    await work();
    return (await stack.countRows())['evidence']! - before;
  };

  test('the same Idempotency-Key at the same time: one record, one answer, and who must wait is told', async () => {
    for (const [path, body, rows] of [
      ['/v1/evidence', evidenceOf(), 1],
      ['/v1/evidence', { ...evidenceOf(), clientRef: randomUUID() }, 1],
      ['/v1/evidence/batch', { items: [evidenceOf(), evidenceOf(), {}] }, 2],
    ] as const) {
      const key = { 'idempotency-key': randomUUID() };
      let answers: Answer[] = [];
      const added = await rowsAddedBy(async () => {
        answers = await Promise.all(
          Array.from({ length: 16 }, (_, index) => clients[index % 2]!.post(path, body, key)),
        );
      });
      expect(added).toBe(rows);
      const done = answers.filter(({ status }) => status !== 409);
      expect(done.filter(({ headers }) => headers['idempotency-replayed'] === undefined)).toHaveLength(1);
      expect(new Set(done.map(({ text }) => text)).size).toBe(1);
      for (const client of clients) {
        const replay = await client.post(path, body, key);
        expect([replay.text, replay.headers['idempotency-replayed']]).toEqual([done[0]!.text, 'true']);
        expect((await client.post('/v1/evidence', evidenceOf(), key)).problem).toBe('idempotency-mismatch');
      }
    }
  });

  test('the same clientRef at the same time: one record; other fingerprints conflict', async () => {
    const clientRef = randomUUID();
    const body = { ...evidenceOf(), clientRef };
    const added = await rowsAddedBy(async () => {
      const answers = await Promise.all(
        Array.from({ length: 16 }, (_, index) => clients[index % 2]!.post('/v1/evidence', body)),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(15).fill(200), 202]);
      expect((await clients[1]!.post('/v1/evidence', { ...evidenceOf(), clientRef })).problem).toBe(
        'client-ref-conflict',
      );
    });
    expect(added).toBe(1);
  });

  test('what one process accepts the other hands out, and it verifies with the files of the trust folder', async () => {
    const text = (name: string): string => readFileSync(join(stack.directory, 'trust', name), 'utf8');
    const trust = parseTrust(portableCrypto, { policy: text('policy'), 'trust.json': text('trust.json') });
    const verifier = createVerifier({ crypto: portableCrypto, trust });
    const single = await accept(clients[0]!, evidenceOf('end to end'));
    const { results } = (
      await clients[1]!.post('/v1/evidence/batch', { items: [evidenceOf('one'), evidenceOf('two')] })
    ).json<{ results: BatchResult[] }>();
    const accepted: [Evidence, string][] = [
      [single, 'end to end'],
      [results[0]!.evidence!, 'one'],
      [results[1]!.evidence!, 'two'],
    ];
    for (const [{ id }, document] of accepted) {
      const [first, second] = [await receiptOf(clients[0]!, id), await receiptOf(clients[1]!, id)];
      expect(second.bytes.equals(first.bytes)).toBe(true);
      expect(second.headers['etag']).toBe(first.headers['etag']);
      const report = await verifier.verify(first.bytes, {
        document: evidenceOf(document).fingerprints,
      });
      expect(report.verdict).toBe('holds');
    }
    const waited = await clients[1]!.post('/v1/evidence', evidenceOf('waited'), { prefer: 'wait=20' });
    expect([waited.status, (await verifier.verify(waited.bytes)).verdict]).toEqual([200, 'holds']);
  });

  test('told to stop, all end by themselves, and the log is whole', async () => {
    for (const client of clients) client.close();
    const ends = await Promise.all(processes.map((each) => each.end('SIGTERM')));
    for (const end of ends) expect([0, 'SIGTERM']).toContain(end);
    await checkLedger(stack);
    for (const each of processes) expect(each.output()).not.toMatch(/"level":[56]0/);
  });
});
