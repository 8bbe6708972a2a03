/** `Idempotency-Key`: decided by a row, so two APIs on one database agree, whatever dies in between. */
import { randomUUID } from 'node:crypto';
import { eventually } from '@test/eventually.js';
import { accept, receiptOf } from '@test/receipts.js';
import {
  createSigningKey,
  evidenceOf,
  requestChallenge,
  signBytes,
  type BatchResult,
  type Evidence,
} from '@test/evidence.js';
import { type Answer, type HttpClient } from '@test/http-client.js';
import { TestStack, type Tenant } from '@test/stack.js';

const keyed = (key: string): Record<string, string> => ({ 'idempotency-key': key });

describe('Idempotency-Key', () => {
  let stack: TestStack;
  let tenant: Tenant;
  /** The same organization through two APIs. */
  let clients: [HttpClient, HttpClient];

  beforeAll(async () => {
    stack = await TestStack.create();
    const apis = [await stack.startApi(), await stack.startApi()];
    await stack.startWorker();
    tenant = await stack.createTenant();
    clients = apis.map(({ http }) => http.as(tenant.token)) as [HttpClient, HttpClient];
    await accept(clients[0], evidenceOf());
  });

  afterAll(() => stack.close());

  const added = async (work: () => Promise<void>): Promise<Record<string, number>> => {
    const before = await stack.countRows();
    await work();
    const after = await stack.countRows();
    const changes = Object.keys(after).map((table) => [table, after[table]! - before[table]!] as const);
    return Object.fromEntries(changes.filter(([, change]) => change !== 0));
  };

  function expectReplay(replay: Answer, first: Answer): void {
    expect([replay.status, replay.headers['location'], replay.headers['content-type']]).toEqual([
      first.status,
      first.headers['location'],
      first.headers['content-type'],
    ]);
    expect(replay.bytes.equals(first.bytes)).toBe(true);
    expect([first.headers['idempotency-replayed'], replay.headers['idempotency-replayed']]).toEqual([
      undefined,
      'true',
    ]);
  }

  test('a repeated request gets the first answer byte for byte, from either API, and says so', async () => {
    const body = evidenceOf();
    const change = await added(async () => {
      const first = await clients[0].post('/v1/evidence', body, keyed('repeat'));
      expect(first.status).toBe(202);
      await receiptOf(clients[0], first.json<Evidence>().id);
      expectReplay(await clients[0].post('/v1/evidence', body, keyed('repeat')), first);
      expectReplay(await clients[1].post('/v1/evidence', body, keyed('repeat')), first);
    });
    expect(change).toEqual({ evidence: 1, parcel: 1, idempotency: 1 });
  });

  test('another payload, or another route, with the same key: 422', async () => {
    const body = evidenceOf();
    await clients[0].post('/v1/evidence', body, keyed('payload'));
    const change = await added(async () => {
      for (const [path, other] of [
        ['/v1/evidence', evidenceOf()],
        ['/v1/evidence', `${JSON.stringify(body)} `],
        ['/v1/evidence/batch', { items: [body] }],
        ['/v1/signers', { name: 'x' }],
      ] as const) {
        const refused = await clients[1].post(path, other, keyed('payload'));
        expect([refused.status, refused.problem]).toEqual([422, 'idempotency-mismatch']);
      }
    });
    expect(change).toEqual({});
  });

  test('a key belongs to one organization', async () => {
    const stranger = await stack.createTenant();
    const other = clients[0].as(stranger.token);
    const first = await clients[0].post(
      '/v1/evidence',
      evidenceOf('mine'),
      keyed('same key'.replace(' ', '-')),
    );
    const theirs = await other.post('/v1/evidence', evidenceOf('theirs'), keyed('same-key'));
    expect([first.status, theirs.status]).toEqual([202, 202]);
  });

  test.each([
    ['one item', '/v1/evidence', (): unknown => evidenceOf(), { evidence: 1, parcel: 1 }],
    [
      'one item with a reference',
      '/v1/evidence',
      (): unknown => ({ ...evidenceOf(), clientRef: randomUUID() }),
      { evidence: 1, parcel: 1 },
    ],
    [
      'a batch',
      '/v1/evidence/batch',
      (): unknown => ({ items: [evidenceOf(), { ...evidenceOf(), clientRef: randomUUID() }, {}] }),
      { evidence: 2, parcel: 1 },
    ],
    ['a signer', '/v1/signers', (): unknown => ({ name: 'concurrent' }), { signer: 1 }],
  ])(
    '%s sent many times at once through two APIs: one runs, the others are told to wait or get its answer',
    async (_, path, makeBody, rows) => {
      for (let round = 0; round < 5; round += 1) {
        const [key, body] = [randomUUID(), makeBody()];
        let answers: Answer[] = [];
        const change = await added(async () => {
          answers = await Promise.all(
            Array.from({ length: 10 }, (_unused, index) => clients[index % 2]!.post(path, body, keyed(key))),
          );
        });
        expect(change).toEqual({ ...rows, idempotency: 1 });
        const waiting = answers.filter(({ status }) => status === 409);
        expect(waiting.map(({ problem, headers }) => [problem, headers['retry-after']])).toEqual(
          waiting.map(() => ['idempotency-in-flight', '1']),
        );
        const done = answers.filter(({ status }) => status !== 409);
        expect(done.filter(({ headers }) => headers['idempotency-replayed'] === undefined)).toHaveLength(1);
        expect(new Set(done.map(({ text }) => text)).size).toBe(1);
        const later = await clients[1].post(path, body, keyed(key));
        expect([later.text, later.headers['idempotency-replayed']]).toEqual([done[0]?.text, 'true']);
      }
    },
  );

  const stored = (key: string): string => stack.macOf(tenant, 'idempotency.key', key).toString('base64url');
  const claimed = async (key: string): Promise<string | undefined> =>
    (await stack.query<{ claim: string }>('SELECT claim FROM idempotency WHERE key = $1', [stored(key)]))[0]
      ?.claim;

  test('while the first request runs, others with its key are told to wait; then they get its answer', async () => {
    const body = evidenceOf();
    let first: Promise<Answer> | undefined;
    await stack.locking('evidence', async () => {
      first = clients[0].post('/v1/evidence', body, keyed('running'));
      await eventually('the first request has claimed its key', () => claimed('running'));
      for (const client of clients) {
        const inFlight = await client.post('/v1/evidence', body, keyed('running'));
        expect([inFlight.status, inFlight.problem]).toEqual([409, 'idempotency-in-flight']);
        // Another payload is refused even now.
        const other = await client.post('/v1/evidence', evidenceOf(), keyed('running'));
        expect(other.problem).toBe('idempotency-mismatch');
      }
    });
    expectReplay(await clients[1].post('/v1/evidence', body, keyed('running')), (await first)!);
  });

  test('a claim whose process died is taken over once it has run out', async () => {
    const body = evidenceOf();
    const probe = await clients[0].post('/v1/evidence', body, keyed('died'));
    expect(probe.status).toBe(202);
    // What a process leaves behind that died after claiming: no answer, nothing stored.
    await stack.query('DELETE FROM evidence WHERE id = $1', [probe.json<Evidence>().id]);
    const leave = (seconds: number): Promise<unknown> =>
      stack.query(
        'UPDATE idempotency SET status = NULL, location = NULL, body = NULL, claim = gen_random_uuid(), claimed_until = now() + make_interval(secs => $1) WHERE key = $2',
        [seconds, stored('died')],
      );
    await leave(60);
    expect((await clients[1].post('/v1/evidence', body, keyed('died'))).problem).toBe(
      'idempotency-in-flight',
    );
    await leave(-1);
    expect((await clients[1].post('/v1/evidence', evidenceOf(), keyed('died'))).problem).toBe(
      'idempotency-mismatch',
    );
    const change = await added(async () => {
      const answers = await Promise.all(
        [0, 1, 0, 1].map((index) => clients[index]!.post('/v1/evidence', body, keyed('died'))),
      );
      expect(
        answers.filter(
          ({ status, headers }) => status === 202 && headers['idempotency-replayed'] === undefined,
        ),
      ).toHaveLength(1);
    });
    expect(change).toEqual({ evidence: 1, parcel: 1 });
  });

  test.each([
    ['evidence', '/v1/evidence', evidenceOf(), 'evidence'],
    ['a batch', '/v1/evidence/batch', { items: [evidenceOf(), evidenceOf()] }, 'evidence'],
    ['a signer', '/v1/signers', { name: 'stalled' }, 'signer'],
  ])(
    '%s: a request that stalls past its claim stores nothing once another has taken over',
    async (what, path, body, table) => {
      const key = `stalled-${what.replace(' ', '-')}`;
      const before = await stack.countRows();
      const answers: Promise<Answer>[] = [];
      await stack.locking(table, async () => {
        answers.push(clients[0].post(path, body, keyed(key)));
        const first = await eventually('the first has claimed', () => claimed(key));
        await stack.query(
          "UPDATE idempotency SET claimed_until = now() - interval '1 second' WHERE key = $1",
          [stored(key)],
        );
        answers.push(clients[1].post(path, body, keyed(key)));
        await eventually('the second has taken over', async () => (await claimed(key)) !== first);
      });
      const [lost, won] = (await Promise.all(answers)) as [Answer, Answer];
      expect(won.status).toBeLessThan(300);
      // The one that lost its claim says that nothing of it counts, and how to get the answer.
      expect([409, 503]).toContain(lost.status);
      expect(lost.headers['retry-after']).toBeDefined();
      expectReplay(await clients[0].post(path, body, keyed(key)), won);
      const after = await stack.countRows();
      expect(after['idempotency']! - before['idempotency']!).toBe(1);
      expect(after[table]! - before[table]!).toBe(what === 'a batch' ? 2 : 1);
    },
  );

  test('a refused request gives its key free: nothing is remembered of it', async () => {
    const change = await added(async () => {
      expect((await clients[0].post('/v1/evidence', { fingerprints: [] }, keyed('refused'))).status).toBe(
        422,
      );
      expect(
        (
          await clients[0].post(
            `/v1/signers/${randomUUID()}/keys`,
            { alg: 'ed25519', publicKey: createSigningKey().spki.toString('base64') },
            keyed('refused'),
          )
        ).status,
      ).toBe(404);
    });
    expect(change).toEqual({});
    expect((await clients[0].post('/v1/evidence', evidenceOf(), keyed('refused'))).status).toBe(202);
  });

  test('an answer that stored nothing new is remembered as well', async () => {
    const body = { ...evidenceOf('existing'), clientRef: 'existing' };
    const original = await accept(clients[0], body);
    const first = await clients[0].post('/v1/evidence', body, keyed('existing'));
    expect([first.status, first.json<Evidence>().id]).toEqual([200, original.id]);
    await receiptOf(clients[0], original.id);
    expectReplay(await clients[1].post('/v1/evidence', body, keyed('existing')), first);
    const batch = { items: [body, {}] };
    const allOld = await clients[0].post('/v1/evidence/batch', batch, keyed('existing-batch'));
    expect(allOld.json<{ results: BatchResult[] }>().results.map(({ status }) => status)).toEqual([200, 422]);
    expectReplay(await clients[1].post('/v1/evidence/batch', batch, keyed('existing-batch')), allOld);
  });

  test('batches under keys that race for the same references: each key has one answer for good', async () => {
    for (let round = 0; round < 5; round += 1) {
      const items = Array.from({ length: 20 }, (_, index) => ({
        ...evidenceOf(`race ${round} ${index}`),
        clientRef: `idem-race/${round}/${index}`,
      }));
      const send = (index: number): Promise<Answer> =>
        clients[index % 2]!.post('/v1/evidence/batch', { items }, keyed(`race-${round}-${index}`));
      const firsts = await Promise.all([0, 1, 2, 3].map(send));
      expect(firsts.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      const statuses = firsts.flatMap((answer) =>
        answer.json<{ results: BatchResult[] }>().results.map(({ status }) => status),
      );
      expect(statuses.filter((status) => status === 202)).toHaveLength(20);
      expect(statuses.filter((status) => status === 200)).toHaveLength(60);
      for (const [index, first] of firsts.entries()) expectReplay(await send(index + 1 - 1), first);
    }
  });

  test('a replay with a wait gives the receipt of the first request', async () => {
    const body = evidenceOf();
    const first = await clients[0].post('/v1/evidence', body, keyed('waiting'));
    const replay = await clients[1].post('/v1/evidence', body, { ...keyed('waiting'), prefer: 'wait=10' });
    expect([
      replay.status,
      replay.headers['idempotency-replayed'],
      replay.headers['preference-applied'],
    ]).toEqual([200, 'true', 'wait=10']);
    expect(replay.bytes.equals((await receiptOf(clients[0], first.json<Evidence>().id)).bytes)).toBe(true);
  });

  test('registering a key: the challenge and the key are each answered once', async () => {
    const key = createSigningKey();
    const { id } = (await clients[0].post('/v1/signers', { name: 'idempotent' })).json<{ id: string }>();
    const path = `/v1/signers/${id}/keys`;
    const request = { alg: key.alg, publicKey: key.spki.toString('base64') };
    const asked = await clients[0].post(path, request, keyed('challenge'));
    expectReplay(await clients[1].post(path, request, keyed('challenge')), asked);
    const { challenge, message } = await requestChallenge(clients[0], id, key);
    const proof = { ...request, challenge, signature: signBytes(key, message).toString('base64') };
    const change = await added(async () => {
      const first = await clients[0].post(path, proof, keyed('prove'));
      expect(first.status).toBe(201);
      expectReplay(await clients[1].post(path, proof, keyed('prove')), first);
    });
    expect(change).toEqual({ signer_key: 1, idempotency: 1 });
    // The same body for another signer is another request.
    const other = (await clients[0].post('/v1/signers', { name: 'other' })).json<{ id: string }>();
    expect((await clients[0].post(`/v1/signers/${other.id}/keys`, request, keyed('challenge'))).problem).toBe(
      'idempotency-mismatch',
    );
  });
});
