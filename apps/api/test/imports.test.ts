/** Imports and the feed of receipts: every line once, whatever breaks; results without what was sent. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { eventually } from '@test/eventually.js';
import { evidenceOf, type Problem } from '@test/evidence.js';
import { type Answer, type HttpClient } from '@test/http-client.js';
import { accept, receiptOf } from '@test/receipts.js';
import { TestStack, type Tenant, type TestApi } from '@test/stack.js';

interface Import {
  readonly id: string;
  readonly offsetBytes: number;
  readonly lines: number;
  readonly accepted: number;
  readonly existing: number;
  readonly refused: number;
}
interface Result {
  readonly line: number;
  readonly status?: number;
  readonly evidence?: string;
  readonly problem?: Problem;
  readonly end?: true;
}
interface ReceiptLine {
  readonly cursor: string;
  readonly evidence?: string;
  readonly clientRef?: string;
  readonly receipt?: string;
  readonly end?: true;
}

const ndjson = { 'content-type': 'application/x-ndjson' };
const linesOf = <T>({ text }: Answer): T[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);

describe('imports', () => {
  let stack: TestStack;
  let api: TestApi;
  let tenant: Tenant;
  let http: HttpClient;

  beforeAll(async () => {
    stack = await TestStack.create({ INTAKE_BUFFER_ROWS: '1000' });
    api = await stack.startApi();
    await stack.startWorker();
    tenant = await stack.createTenant();
    http = api.http.as(tenant.token);
    await receiptOf(http, (await accept(http, evidenceOf())).id);
  });

  afterAll(() => stack.close());

  const work = (n: number, prefix = 'work'): object => ({
    ...evidenceOf(`${prefix} ${n}`),
    clientRef: `${prefix}-${n}`,
  });
  const works = (count: number, prefix: string): string =>
    Array.from({ length: count }, (_, n) => `${JSON.stringify(work(n, prefix))}\n`).join('');
  const start = async (body?: string): Promise<Import> => {
    const answer = await http.send({ method: 'POST', path: '/v1/imports', headers: ndjson, body });
    expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
    expect(answer.headers.location).toBe(`/v1/imports/${answer.json<Import>().id}`);
    return answer.json<Import>();
  };
  const resume = (id: string, offset: number, body: string | Buffer): Promise<Answer> =>
    http.send({ method: 'PATCH', path: `/v1/imports/${id}?offset=${offset}`, headers: ndjson, body });
  const progress = async (id: string): Promise<Import> =>
    (await http.get(`/v1/imports/${id}`)).json<Import>();
  const allAnchored = (): Promise<true> =>
    eventually('all is anchored', async () => {
      const waiting = await stack.query(
        'SELECT FROM parcel WHERE height IS NULL UNION ALL SELECT FROM block WHERE anchored_at IS NULL',
      );
      return waiting.length === 0;
    });

  test('each line gets a result, and one bad line refuses no other', async () => {
    const lines = [
      JSON.stringify(work(1)),
      '',
      '{"fingerprints": "planted',
      JSON.stringify({ ...evidenceOf(), title: 'without a reference' }),
      JSON.stringify({ ...work(2), planted: 1 }),
      `${JSON.stringify(work(3))}\r`,
      JSON.stringify(work(1)),
      JSON.stringify({ ...work(1), ...evidenceOf('something else') }),
      'x'.repeat(1_100_000),
      JSON.stringify(work(4)),
    ];
    const made = await start(lines.join('\n'));
    expect(made).toMatchObject({ lines: 10, accepted: 3, existing: 1, refused: 5 });
    expect(made.offsetBytes).toBe(Buffer.byteLength(lines.join('\n')));
    const answer = await http.get(`/v1/imports/${made.id}/results`);
    expect(answer.headers['content-type']).toBe('application/x-ndjson');
    const results = linesOf<Result>(answer);
    expect(results.map(({ line, status }) => [line, status])).toEqual([
      [1, 202],
      [3, 400],
      [4, 422],
      [5, 422],
      [6, 202],
      [7, 200],
      [8, 409],
      [9, 413],
      [10, 202],
      [10, undefined],
    ]);
    expect(results.at(-1)).toEqual({ end: true, line: 10 });
    expect(results[5]?.evidence).toBe(results[0]?.evidence);
    expect(results[2]?.problem?.errors).toEqual([
      { pointer: '/clientRef', detail: 'an import needs one on each line' },
    ]);
    expect((await http.get(`/v1/evidence/${results[0]!.evidence!}`)).json()).toMatchObject({
      clientRef: 'work-1',
    });
    expect(linesOf<Result>(await http.get(`/v1/imports/${made.id}/results?after=8`))).toEqual(
      results.slice(7),
    );
    // What was sent is in none of it.
    const [stored] = await stack.query<{ text: string }>(
      "SELECT string_agg(p::text, '') AS text FROM import_part p",
    );
    for (const text of [answer.text, stored!.text])
      expect(text).not.toMatch(/planted|work-|without a reference/);
  });

  test('a stream that breaks three times goes on where it stood, and nothing is doubled', async () => {
    const body = Buffer.from(works(4_000, 'broken'));
    const { id } = await start();
    for (const part of [0.3, 0.5, 0.8]) {
      const { offsetBytes } = await progress(id);
      await breakOff(id, offsetBytes, body.subarray(offsetBytes, Math.round(body.length * part)));
    }
    // Of the last one some may still be under way; a request that adds nothing takes over from it.
    const { offsetBytes, lines } = await eventually('it is taken over', async () => {
      const stands = await resume(id, (await progress(id)).offsetBytes, '');
      return stands.status === 200 && stands.json<Import>();
    });
    expect(lines).toBeGreaterThan(0);
    expect(body[offsetBytes - 1]).toBe(0x0a);
    for (const wrong of [0, offsetBytes - 1, body.length]) {
      const refused = await resume(id, wrong, body.subarray(wrong));
      expect([refused.status, refused.problem]).toEqual([409, 'import-offset']);
    }
    const done = await resume(id, offsetBytes, body.subarray(offsetBytes));
    expect(done.json<Import>()).toMatchObject({ lines: 4_000, offsetBytes: body.length, refused: 0 });
    const { accepted, existing } = done.json<Import>();
    expect(accepted + existing).toBe(4_000);
    const results = linesOf<Result>(await http.get(`/v1/imports/${id}/results`)).slice(0, -1);
    expect(results.map(({ line }) => line)).toEqual(results.map((_, index) => index + 1));
    expect(new Set(results.map(({ evidence }) => evidence)).size).toBe(4_000);
    // The whole file once more, under another import.
    expect(await start(body.toString())).toMatchObject({ lines: 4_000, accepted: 0, existing: 4_000 });
    await allAnchored();
    const receipts = linesOf<ReceiptLine>(await http.get('/v1/receipts'));
    expect(receipts.filter(({ clientRef }) => clientRef?.startsWith('broken-'))).toHaveLength(4_000);
    // Clients that go away are no faults of the service.
    expect(stack.logs.filter((line) => line.includes('"msg":"internal"'))).toEqual([]);
  });

  async function claimOf(id: string): Promise<string> {
    const [row] = await stack.query<{ claim: string }>('SELECT claim FROM import WHERE id = $1', [id]);
    return row!.claim;
  }

  /** Sends some of the body, waits until a part of it is taken in, and tears the connection down. */
  async function breakOff(id: string, offset: number, body: Buffer): Promise<void> {
    const outgoing = request(`${api.url}/v1/imports/${id}?offset=${offset}`, {
      method: 'PATCH',
      headers: { ...ndjson, authorization: `Bearer ${tenant.token}` },
    });
    outgoing.on('error', () => undefined);
    outgoing.write(body);
    await eventually('something is taken in', async () => (await progress(id)).offsetBytes > offset);
    await new Promise((closed) => outgoing.once('close', closed).destroy());
  }

  test('a request that takes over ends the one before, which adds nothing any more', async () => {
    const { id } = await start();
    const made = await claimOf(id);
    const first = request(`${api.url}/v1/imports/${id}?offset=0`, {
      method: 'PATCH',
      headers: { ...ndjson, authorization: `Bearer ${tenant.token}` },
    });
    const answered = once(first, 'response') as Promise<[{ statusCode: number }]>;
    first.flushHeaders();
    await eventually('it has begun', async () => (await claimOf(id)) !== made);
    expect((await resume(id, 0, works(10, 'over'))).status).toBe(200);
    first.end(works(20, 'over'));
    expect((await answered)[0].statusCode).toBe(409);
    expect(await progress(id)).toMatchObject({ lines: 10, accepted: 10 });
  });

  test('streams wait for room, and leave some to requests that cannot wait', async () => {
    const imports = ['a', 'b', 'c'].map((prefix) => start(works(1_500, `many-${prefix}`)));
    const single = await http.post('/v1/evidence', evidenceOf());
    expect(single.status).toBe(202);
    for (const made of await Promise.all(imports))
      expect(made).toMatchObject({ lines: 1_500, accepted: 1_500 });
  });

  test('an import belongs to its organization, and takes lines alone', async () => {
    const { id } = await start(works(1, 'ours'));
    const stranger = api.http.as((await stack.createTenant()).token);
    for (const path of [
      `/v1/imports/${id}`,
      `/v1/imports/${id}/results`,
      '/v1/imports/x',
      `/v1/imports/${randomUUID()}`,
    ])
      expect((await stranger.get(path)).problem).toBe('not-found');
    expect((await http.post('/v1/imports', {})).problem).toBe('unsupported-media-type');
    expect(
      (await http.send({ method: 'POST', path: '/v1/evidence', headers: ndjson, body: '{}' })).problem,
    ).toBe('unsupported-media-type');
    expect((await stranger.get('/v1/receipts')).text).toMatch(/^\{"end":true,"cursor":"[\d.]+"\}\n$/);
  });

  describe('the feed of receipts', () => {
    let mine: HttpClient;

    beforeAll(async () => {
      const { token } = await stack.createTenant();
      mine = api.http.as(token);
      await receiptOf(mine, (await accept(mine, evidenceOf())).id);
      // More than a page of the feed, in several parcels.
      for (const n of [1, 2, 3]) {
        const items = Array.from({ length: 400 }, (_, index) => work(index, `feed-${n}`));
        expect((await mine.post('/v1/evidence/batch', { items })).status).toBe(200);
      }
      await allAnchored();
    });

    test('receipts come in the order of the ledger, and from a cursor on nothing is skipped', async () => {
      const all = linesOf<ReceiptLine>(await mine.get('/v1/receipts'));
      const receipts = all.slice(0, -1);
      expect(all.at(-1)?.end).toBe(true);
      const leaves = receipts.map(
        ({ receipt }) => (JSON.parse(receipt!) as { inclusion: { leafIndex: number } }).inclusion.leafIndex,
      );
      expect(leaves).toEqual([...leaves].sort((a, b) => a - b));
      expect(new Set(leaves).size).toBe(leaves.length);
      for (const { evidence, receipt } of [receipts[0]!, receipts.at(-1)!])
        expect((await mine.get(`/v1/evidence/${evidence!}/receipt`)).text).toBe(receipt);
      for (const index of [777, receipts.length - 1]) {
        const rest = linesOf<ReceiptLine>(await mine.get(`/v1/receipts?cursor=${receipts[index]!.cursor}`));
        expect(rest.slice(0, -1)).toEqual(receipts.slice(index + 1));
      }
      const end = all.at(-1)!.cursor;
      const late = await accept(mine, evidenceOf());
      await receiptOf(mine, late.id);
      const later = linesOf<ReceiptLine>(await mine.get(`/v1/receipts?cursor=${end}`));
      expect(later.map(({ evidence }) => evidence)).toEqual([late.id, undefined]);
    });

    test('receipts of one block are those and no others, and can be gone on with', async () => {
      const all = linesOf<ReceiptLine>(await mine.get('/v1/receipts')).slice(0, -1);
      const heightOf = ({ receipt }: ReceiptLine): number => {
        const { block } = JSON.parse(receipt!) as { block: { header: string } };
        return (JSON.parse(block.header) as { height: number }).height;
      };
      const [log] = await stack.query<{ name: string }>('SELECT name FROM log');
      const path = `/v1/receipts?log=${log!.name}&blockHeight=`;
      const height = heightOf(all[1]!);
      const ofBlock = linesOf<ReceiptLine>(await mine.get(`${path}${height}`));
      const expected = all.filter((line) => heightOf(line) === height);
      expect(expected.length).toBeGreaterThan(0);
      expect(expected.length).toBeLessThan(all.length);
      expect(ofBlock.slice(0, -1)).toEqual(expected);
      const rest = linesOf<ReceiptLine>(await mine.get(`${path}${height}&cursor=${expected[0]!.cursor}`));
      expect(rest.slice(0, -1)).toEqual(expected.slice(1));
      for (const nothing of [`${path}999999999`, `/v1/receipts?log=other&blockHeight=${height}`])
        expect(linesOf<ReceiptLine>(await mine.get(nothing))).toEqual([
          expect.objectContaining({ end: true }),
        ]);
      expect((await mine.get('/v1/receipts?blockHeight=1')).problem).toBe('malformed-request');
    });
  });
});
