/** Tiles that are being made anew: whatever needs one says when to come back, everything else is served as always. */
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { evidenceOf, type Evidence } from '@test/evidence.js';
import { type Answer } from '@test/http-client.js';
import { accept, receiptOf } from '@test/receipts.js';
import { TestStack, type TestApi, type Tenant } from '@test/stack.js';

describe('while the tiles are made anew', () => {
  let stack: TestStack;
  let tenant: Tenant;
  let evidence: Evidence;
  let share: string;
  let log: string;
  let tiles: string;
  let api: TestApi;

  beforeAll(async () => {
    stack = await TestStack.create();
    api = await stack.startApi();
    const worker = await stack.startWorker();
    tenant = await stack.createTenant();
    const http = api.http.as(tenant.token);
    evidence = await accept(http, evidenceOf());
    await receiptOf(http, evidence.id);
    share = (await http.post(`/v1/evidence/${evidence.id}/shares`, { disclose: [] })).json<{
      token: string;
    }>().token;
    const directory = await stack.logDirectory();
    log = directory.slice(directory.lastIndexOf('/') + 1);
    tiles = join(directory, 'tile');
    await worker.stop();
    renameSync(tiles, `${tiles}.away`);
    mkdirSync(tiles);
    // One that has no tile in memory.
    await api.stop();
    api = await stack.startApi();
  });
  afterAll(() => stack.close());

  const needing = (): Record<string, Promise<Answer>> => {
    const http = api.http.as(tenant.token);
    const path = `/v1/evidence/${evidence.id}`;
    return {
      receipt: http.get(`${path}/receipt`),
      certificate: http.get(`${path}/certificate.pdf`),
      receipts: http.get('/v1/receipts?state=anchored'),
      shared: api.http.get(`/v1/shares/${share}`),
      proof: api.http.get(`/logs/${log}/proofs/0`),
      tile: api.http.get(`/logs/${log}/tile/0/000.p/1`),
    };
  };
  const statuses = async (): Promise<Record<string, number>> => {
    const answers = Object.entries(needing()).map(
      async ([name, asked]) => [name, (await asked).status] as const,
    );
    return Object.fromEntries(await Promise.all(answers));
  };

  test('what needs a tile is not ready, and says when to come back', async () => {
    for (const [name, asked] of Object.entries(needing())) {
      const answer = await asked;
      expect([name, answer.status, answer.problem, answer.headers['retry-after']]).toEqual([
        name,
        503,
        'not-ready',
        '30',
      ]);
    }
  });

  test('evidence is accepted and read, checkpoint and blocks are served', async () => {
    const http = api.http.as(tenant.token);
    expect((await http.post('/v1/evidence', evidenceOf())).status).toBe(202);
    expect((await http.get(`/v1/evidence/${evidence.id}`)).status).toBe(200);
    expect((await api.http.get(`/logs/${log}/checkpoint`)).status).toBe(200);
    expect((await api.http.get(`/logs/${log}/blocks/0`)).status).toBe(200);
  });

  test('once they are back the same process serves all of it', async () => {
    renameSync(tiles, `${tiles}.empty`);
    renameSync(`${tiles}.away`, tiles);
    expect(Object.values(await statuses()).every((status) => status === 200)).toBe(true);
  });
});
