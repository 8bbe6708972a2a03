/** Batches, whose valid items are stored whatever becomes of the others, and client references, which are unique. */
import { eventually } from '@test/eventually.js';
import { accept, receiptOf, verifiersFor, verifyOnBothPaths } from '@test/receipts.js';
import {
  canonical,
  createSigningKey,
  entryOf,
  evidenceOf,
  registerSigner,
  signEnvelope,
  statementOf,
  type BatchResult,
  type Evidence,
} from '@test/evidence.js';
import { type Answer, type HttpClient } from '@test/http-client.js';
import { TestStack, type Tenant, type TestApi } from '@test/stack.js';
import { Intake } from '../src/intake/intake.js';

describe('batches and client references', () => {
  let stack: TestStack;
  let apis: TestApi[];
  let tenant: Tenant;
  let http: HttpClient;

  beforeAll(async () => {
    stack = await TestStack.create();
    apis = [await stack.startApi(), await stack.startApi()];
    await stack.startWorker();
    tenant = await stack.createTenant();
    http = apis[0]!.http.as(tenant.token);
    await accept(http, evidenceOf());
  });

  afterAll(() => stack.close());

  const sendBatch = async (items: readonly unknown[], client = http): Promise<BatchResult[]> => {
    const answer = await client.post('/v1/evidence/batch', { items });
    expect(answer.status).toBe(200);
    return answer.json<{ results: BatchResult[] }>().results;
  };
  const referenced = async (clientRef: string): Promise<number> => {
    const macs = await stack.query<{ key: number }>('SELECT key FROM organization');
    const [row] = await stack.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM evidence WHERE client_ref_mac = ANY($1)',
      [macs.map((organization) => stack.macOf(organization, 'evidence.client_ref', clientRef))],
    );
    return row!.n;
  };

  test('each item has a result of its own, in order, and only the valid ones are stored', async () => {
    const key = createSigningKey();
    await registerSigner(http, 'batch signer', key);
    const signed = { envelope: signEnvelope(canonical(statementOf(tenant.id, [key])), [key]) };
    const forged = {
      envelope: {
        ...signed.envelope,
        signatures: [{ keyid: key.keyid, sig: Buffer.alloc(64, 1).toString('base64') }],
      },
    };
    const before = await stack.countRows();
    const results = await sendBatch([
      evidenceOf('a'),
      { fingerprints: [] },
      signed,
      7,
      forged,
      { ...evidenceOf('b', ['sha-512', 'sm3']), title: 'b' },
    ]);
    expect(results.map(({ index, status }) => [index, status])).toEqual([
      [0, 202],
      [1, 422],
      [2, 202],
      [3, 422],
      [4, 422],
      [5, 202],
    ]);
    expect(results.map(({ problem }) => problem?.type.split(':').at(-1))).toEqual([
      undefined,
      'invalid-content',
      undefined,
      'invalid-content',
      'signature-invalid',
      undefined,
    ]);
    const after = await stack.countRows();
    expect(after).toEqual({
      ...before,
      evidence: before['evidence']! + 3,
      parcel: before['parcel']! + 1,
      further_fingerprint: before['further_fingerprint']! + 1,
    });
    const verifiers = await verifiersFor(stack);
    for (const { evidence } of results.filter(({ status }) => status === 202)) {
      expect(Buffer.from(evidence!.entry, 'base64')).toEqual(entryOf(evidence!.record));
      expect((await verifyOnBothPaths(verifiers, (await receiptOf(http, evidence!.id)).bytes)).verdict).toBe(
        'holds',
      );
    }
  });

  test('a batch without a valid item stores nothing', async () => {
    const before = await stack.countRows();
    expect((await sendBatch([{}, {}])).map(({ status }) => status)).toEqual([422, 422]);
    expect(await stack.countRows()).toEqual(before);
  });

  test('1,000 items are one parcel, and every receipt verifies', async () => {
    const before = await stack.countRows();
    const results = await sendBatch(
      Array.from({ length: 1_000 }, (_, index) => ({
        ...evidenceOf(`item ${index}`),
        clientRef: `thousand/${index}`,
      })),
    );
    expect(results.every(({ status }, index) => status === 202 && results[index]?.index === index)).toBe(
      true,
    );
    expect(await stack.countRows()).toMatchObject({
      evidence: before['evidence']! + 1_000,
      parcel: before['parcel']! + 1,
    });
    const verifiers = await verifiersFor(stack);
    for (const index of [0, 1, 499, 998, 999]) {
      const { bytes } = await receiptOf(http, results[index]!.evidence!.id);
      const report = await verifyOnBothPaths(verifiers, bytes, evidenceOf(`item ${index}`).fingerprints);
      expect(report.verdict).toBe('holds');
    }
  });

  test('the same reference and fingerprints: 200 with the original', async () => {
    const body = { ...evidenceOf('contract'), clientRef: 'same' };
    const original = await accept(http, body);
    const repeated = await http.post('/v1/evidence', { ...body, title: 'another title does not matter' });
    expect([repeated.status, repeated.headers['location']]).toEqual([200, `/v1/evidence/${original.id}`]);
    expect(repeated.json<Evidence>()).toMatchObject({
      id: original.id,
      record: original.record,
      entry: original.entry,
    });
    expect([...repeated.json<Evidence>().disclosures].sort()).toEqual([...original.disclosures].sort());
    expect(await referenced('same')).toBe(1);
  });

  test('the same reference for other fingerprints: 409', async () => {
    await accept(http, { ...evidenceOf('contract', ['sha-256', 'sm3']), clientRef: 'other' });
    for (const other of [
      evidenceOf('changed', ['sha-256', 'sm3']),
      evidenceOf('contract'),
      evidenceOf('contract', ['sm3', 'sha-512']),
    ]) {
      const refused = await http.post('/v1/evidence', { ...other, clientRef: 'other' });
      expect([refused.status, refused.problem]).toEqual([409, 'client-ref-conflict']);
    }
    const reordered = {
      fingerprints: evidenceOf('contract', ['sm3', 'sha-256']).fingerprints,
      clientRef: 'other',
    };
    expect((await http.post('/v1/evidence', reordered)).status).toBe(200);
    expect(await referenced('other')).toBe(1);
  });

  test('a reference belongs to one organization', async () => {
    const other = apis[0]!.http.as((await stack.createTenant()).token);
    await accept(http, { ...evidenceOf('mine'), clientRef: 'shared' });
    await accept(other, { ...evidenceOf('theirs'), clientRef: 'shared' });
    expect(await referenced('shared')).toBe(2);
  });

  test('a repeated reference with a wait gives the original receipt', async () => {
    const body = { ...evidenceOf('again'), clientRef: 'again' };
    const { bytes } = await receiptOf(http, (await accept(http, body)).id);
    const repeated = await http.post('/v1/evidence', body, { prefer: 'wait=10' });
    expect(repeated.status).toBe(200);
    expect(repeated.bytes.equals(bytes)).toBe(true);
  });

  test('references repeated inside one batch: the first is stored, the same again is it, others conflict', async () => {
    const one = { ...evidenceOf('one'), clientRef: 'inside' };
    const earlier = await accept(http, { ...evidenceOf('earlier'), clientRef: 'earlier' });
    const results = await sendBatch([
      one,
      one,
      { ...evidenceOf('two'), clientRef: 'inside' },
      { ...evidenceOf('earlier'), clientRef: 'earlier' },
      { ...evidenceOf('changed'), clientRef: 'earlier' },
      evidenceOf('none'),
    ]);
    expect(results.map(({ status }) => status)).toEqual([202, 200, 409, 200, 409, 202]);
    expect(results[1]?.evidence?.id).toBe(results[0]?.evidence?.id);
    expect(results[3]?.evidence?.id).toBe(earlier.id);
    expect(results[2]?.problem?.type).toBe('urn:cunzheng:problem:client-ref-conflict');
    expect([await referenced('inside'), await referenced('earlier')]).toEqual([1, 1]);
  });

  test('the same reference at the same time through two APIs: exactly one record', async () => {
    const clients = apis.map((api) => api.http.as(tenant.token));
    for (let round = 0; round < 10; round += 1) {
      const clientRef = `race/${round}`;
      const body = { ...evidenceOf(clientRef), clientRef };
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, index) => clients[index % 2]!.post('/v1/evidence', body)),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(11).fill(200), 202]);
      expect(new Set(answers.map((answer) => answer.json<Evidence>().id)).size).toBe(1);
      expect(await referenced(clientRef)).toBe(1);
    }
  });

  test('overlapping batches at the same time through two APIs: every reference once, every item answered', async () => {
    const clients = apis.map((api) => api.http.as(tenant.token));
    const items = Array.from({ length: 40 }, (_, index) => ({
      ...evidenceOf(`overlap ${index}`),
      clientRef: `overlap/${index}`,
    }));
    const batches = [items, [...items].reverse(), items.slice(10), items.slice(0, 30)];
    const all = await Promise.all(batches.map((batch, index) => sendBatch(batch, clients[index % 2])));
    expect(new Set(all.flat().map(({ status }) => status))).toEqual(new Set([200, 202]));
    expect(all.flat().filter(({ status }) => status === 202)).toHaveLength(40);
    for (const { clientRef } of items) expect(await referenced(clientRef)).toBe(1);
  });

  test('single requests that wait together share parcels, and every one is answered for itself', async () => {
    const before = await stack.countRows();
    const queued = jest.spyOn(apis[0]!.app.get(Intake), 'accept');
    const sent = await stack.locking('evidence', async () => {
      const requests = Array.from({ length: 30 }, (_, index) =>
        http.post('/v1/evidence', evidenceOf(`many ${index}`)),
      );
      await eventually('all of them wait', () => queued.mock.calls.length === requests.length);
      // In an object: an async function would wait for a bare promise that it returns.
      return { answers: Promise.all(requests) };
    });
    const answers = await sent.answers;
    expect(answers.map(({ status }) => status)).toEqual(Array(30).fill(202));
    answers.forEach((answer, index) => {
      expect(JSON.parse(answer.json<Evidence>().record)).toMatchObject(evidenceOf(`many ${index}`));
    });
    const after = await stack.countRows();
    expect(after['evidence']! - before['evidence']!).toBe(30);
    // Those of two connections, and what came while both were busy.
    expect(after['parcel']! - before['parcel']!).toBeLessThan(10);
    const verifiers = await verifiersFor(stack);
    for (const answer of answers.slice(0, 20)) {
      expect(
        (await verifyOnBothPaths(verifiers, (await receiptOf(http, answer.json<Evidence>().id)).bytes))
          .verdict,
      ).toBe('holds');
    }
  });
});

describe('a full intake', () => {
  test('answers 503 busy with Retry-After and stores nothing of what it refused', async () => {
    const stack = await TestStack.create({ INTAKE_BUFFER_ROWS: '1000' });
    const api = await stack.startApi();
    await stack.startWorker();
    const http = api.http.as((await stack.createTenant()).token);
    await accept(http, evidenceOf());
    const before = await stack.countRows();
    const items = Array.from({ length: 1_000 }, (_, index) => evidenceOf(`full ${index}`));
    let batches: Promise<Answer>[] = [];
    // Nothing can be stored while the table is locked, so the buffer fills up.
    await stack.locking('evidence', async () => {
      batches = [1, 2].map(() => http.post('/v1/evidence/batch', { items }));
      const first = await Promise.race(batches);
      expect([first.status, first.problem]).toEqual([503, 'busy']);
      expect(Number(first.headers['retry-after'])).toBeGreaterThan(0);
    });
    expect((await Promise.all(batches)).map(({ status }) => status).sort()).toEqual([200, 503]);
    expect((await stack.countRows())['evidence']).toBe(before['evidence']! + 1_000);
    await stack.close();
  });
});
