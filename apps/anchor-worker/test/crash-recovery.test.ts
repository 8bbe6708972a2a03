/** A crash at any point is finished on restart, byte for byte: every record stands in the ledger once. */
import { cpSync, readdirSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';
import { basename, join } from 'node:path';
import { checkLedger, readLedger, verifyAllReceipts } from '@test/check-ledger.js';
import { anchorAndCrash, CRASH_POINTS } from '@test/crash.js';
import { eventually } from '@test/eventually.js';
import { evidenceOf, type Evidence } from '@test/evidence.js';
import { readFolder } from '@test/files.js';
import { type HttpClient } from '@test/http-client.js';
import { startProcess } from '@test/processes.js';
import { accept, receiptOf } from '@test/receipts.js';
import { TestStack, type TestApi } from '@test/stack.js';

describe('the sequencer stops between two steps', () => {
  let stack: TestStack;
  let api: TestApi;
  let http: HttpClient;
  const accepted: Evidence[] = [];

  beforeAll(async () => {
    stack = await TestStack.create();
    api = await stack.startApi();
    const worker = await stack.startWorker();
    http = api.http.as((await stack.createTenant()).token);
    accepted.push(await accept(http, evidenceOf()));
    await receiptOf(http, accepted[0]!.id);
    await worker.stop();
  });

  afterAll(() => stack.close());

  test.each(CRASH_POINTS)('%s', async (point) => {
    accepted.push(await accept(http, evidenceOf()), await accept(http, evidenceOf('x', ['sha-512', 'sm3'])));
    await anchorAndCrash(stack, point);
    const prepared = await stack.query<{ height: string; header: Buffer }>(
      'SELECT height, header FROM block ORDER BY height',
    );
    const before = await readLedger(await stack.logDirectory());
    const worker = await stack.startWorker();
    await verifyAllReceipts(stack, http, accepted);
    await worker.stop();
    const after = await checkLedger(stack);
    // What was there, in the ledger or prepared in the database, is there unchanged, and each only once.
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after.slice(0, prepared.length).map(({ header }) => header)).toEqual(
      prepared.map(({ header }) => header.toString('utf8')),
    );
    expect(after).toHaveLength(/^(before|in) 1/.test(point) ? prepared.length + 1 : prepared.length);
  });

  test('before the very first block: the log opens once', async () => {
    const fresh = await TestStack.create();
    const first = await fresh.startWorker();
    await eventually('block 0', async () => (await fresh.query('SELECT FROM checkpoint')).length === 1);
    await first.stop();
    const [block] = await checkLedger(fresh);
    // As after a crash between preparing block 0 and appending it.
    rmSync(join(await fresh.logDirectory()), { recursive: true });
    await fresh.query('DELETE FROM checkpoint');
    await fresh.query('UPDATE block SET anchored_at = NULL');
    const second = await fresh.startWorker();
    await eventually('block 0 again', async () => (await fresh.query('SELECT FROM checkpoint')).length === 1);
    await second.stop();
    expect(await checkLedger(fresh)).toEqual([block]);
    await fresh.close();
  });
});

describe('the ledger is older than the database', () => {
  let stack: TestStack;
  let api: TestApi;
  let http: HttpClient;
  let directory: string;
  let older: string;
  let receipts: Buffer[];
  const accepted: Evidence[] = [];

  beforeAll(async () => {
    stack = await TestStack.create();
    api = await stack.startApi();
    let worker = await stack.startWorker();
    http = api.http.as((await stack.createTenant()).token);
    const anchor = async (count: number): Promise<void> => {
      await accept(http, evidenceOf());
      const { results } = (
        await http.post('/v1/evidence/batch', { items: Array.from({ length: count }, () => evidenceOf()) })
      ).json<{ results: { evidence: Evidence }[] }>();
      accepted.push(results[0]!.evidence, results.at(-1)!.evidence);
      await receiptOf(http, results[0]!.evidence.id);
    };
    await anchor(3);
    await anchor(300);
    await worker.stop();
    directory = await stack.logDirectory();
    older = `${directory}-older`;
    cpSync(directory, older, { recursive: true });
    worker = await stack.startWorker();
    await anchor(400);
    await anchor(2);
    await worker.stop();
    receipts = await verifyAllReceipts(stack, http, accepted);
  });

  afterAll(() => stack.close());

  const segments = (): Map<string, Buffer> => readFolder(join(directory, 'segments'));

  /** Starts a worker, waits until it sequences, stops it and compares everything with what was there before. */
  async function expectCompleted(lose: () => void): Promise<void> {
    const before = segments();
    lose();
    const fresh = await accept(http, evidenceOf());
    const worker = await stack.startWorker();
    await receiptOf(http, fresh.id);
    await worker.stop();
    await checkLedger(stack);
    // Segments only grew.
    for (const [name, bytes] of before) {
      if (name.endsWith('.seg'))
        expect(segments().get(name)?.subarray(0, bytes.length).equals(bytes)).toBe(true);
    }
    expect(await verifyAllReceipts(stack, http, accepted)).toEqual(receipts);
    // Whoever follows the log with an older checkpoint finds every tile of it. (A reader that was open before is another's.)
    const reader = await stack.startApi();
    for (const { size } of await stack.query<{ size: number }>(
      'SELECT tree_size::int AS size FROM checkpoint WHERE tree_size % 256 > 0',
    )) {
      const tile = `tile/0/${String(Math.floor(size / 256)).padStart(3, '0')}.p/${size % 256}`;
      expect((await reader.http.get(`/logs/${basename(directory)}/${tile}`)).status).toBe(200);
    }
    await reader.stop();
  }

  test('the folder is gone: completed from the database, byte for byte', async () => {
    await expectCompleted(() => {
      rmSync(directory, { recursive: true });
    });
  });

  test('an older copy was put in its place', async () => {
    await expectCompleted(() => {
      rmSync(directory, { recursive: true });
      cpSync(older, directory, { recursive: true });
    });
  });

  test('the last block is torn in the middle', async () => {
    await expectCompleted(() => {
      const [last] = readdirSync(join(directory, 'segments'))
        .filter((name) => name.endsWith('.seg'))
        .sort()
        .reverse();
      const path = join(directory, 'segments', last!);
      truncateSync(path, statSync(path).size - 40);
    });
  });

  test('tiles, index and checkpoint are gone', async () => {
    await expectCompleted(() => {
      rmSync(join(directory, 'tile'), { recursive: true });
      rmSync(join(directory, 'checkpoint'));
      for (const name of readdirSync(join(directory, 'segments')))
        if (name.endsWith('.idx')) rmSync(join(directory, 'segments', name));
    });
  });

  test('an API that was reading goes on when the folder is replaced', async () => {
    const [evidence] = accepted;
    renameSync(directory, `${directory}-moved`);
    const answer = await http.get(`/v1/evidence/${evidence!.id}/receipt`);
    expect([200, 503]).toContain(answer.status);
    renameSync(`${directory}-moved`, directory);
    expect((await http.get(`/v1/evidence/${evidence!.id}/receipt`)).bytes.equals(receipts[0]!)).toBe(true);
  });
});

describe('worker processes are killed at any moment', () => {
  test('under load, again and again: all is anchored once and every receipt verifies', async () => {
    const stack = await TestStack.create();
    const api = await stack.startApi();
    const http = api.http.as((await stack.createTenant()).token);
    const opener = await startProcess(stack, 'anchor-worker');
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
    let worker = opener;
    const anchoredBlocks = async (): Promise<number> => (await stack.query('SELECT FROM block')).length;
    for (let round = 0; round < 3; round += 1) {
      const before = await anchoredBlocks();
      await eventually('a few blocks', async () => (await anchoredBlocks()) > before + round);
      expect(await worker.end('SIGKILL')).toBe('SIGKILL');
      worker = await startProcess(stack, 'anchor-worker');
    }
    loading = false;
    await load;
    await verifyAllReceipts(stack, http, accepted);
    expect(await worker.end('SIGTERM')).toBe(0);
    await checkLedger(stack);
    await stack.close();
  });
});
