/** Webhooks from the fact to the receiver: what is sent, to whom, how it is signed, when again, and what is kept of it. */
import { Webhook } from 'standardwebhooks';
import { eventually } from '@test/eventually.js';
import { evidenceOf } from '@test/evidence.js';
import { type HttpClient } from '@test/http-client.js';
import { accept } from '@test/receipts.js';
import { answer, hang, Receiver } from '@test/receiver.js';
import { TestStack, type Tenant, type TestApi } from '@test/stack.js';

interface Endpoint {
  readonly id: string;
  readonly enabled: boolean;
  readonly failures: number;
  readonly publicKeys: readonly string[];
  readonly disabledReason?: string;
}

interface Delivery {
  readonly id: string;
  readonly event: string;
  readonly type: string;
  readonly state: string;
  readonly attempts: number;
  readonly nextAttemptAt?: string;
  readonly attemptLog: readonly {
    readonly n: number;
    readonly startedAt: string;
    readonly latencyMs: number;
    readonly status?: number;
    readonly error?: string;
    readonly answer?: string;
  }[];
}

const HOUR = 3_600_000;
const ENDPOINTS = '/v1/webhook-endpoints';

describe('webhooks', () => {
  let stack: TestStack;
  let api: TestApi;
  let http: HttpClient;
  let tenant: Tenant;
  /** How far the worker's clock is ahead. */
  let aheadMs = 0;
  /** Where it stands still. */
  let stoppedAtMs: number | undefined;
  const now = (): number => (stoppedAtMs ?? Date.now()) + aheadMs;
  const receivers: Receiver[] = [];

  beforeAll(async () => {
    stack = await TestStack.create({ WEBHOOK_TIMEOUT_MS: '3000', CLOCK_BOUND_MS: '2592000000' });
    api = await stack.startApi();
    await stack.startWorker({}, now);
    await accept(api.http.as((await stack.createTenant()).token), evidenceOf());
  });

  // Each test has an organization of its own, so that nobody hears of another's facts.
  beforeEach(async () => {
    tenant = await stack.createTenant();
    http = api.http.as(tenant.token);
  });

  afterEach(() => {
    aheadMs = 0;
    stoppedAtMs = undefined;
  });

  afterAll(async () => {
    await stack.close();
    for (const receiver of receivers) await receiver.stop();
  });

  const receive = async (...args: Parameters<typeof Receiver.start>): Promise<Receiver> => {
    const receiver = await Receiver.start(...args);
    receivers.push(receiver);
    return receiver;
  };
  const createEndpoint = async (
    { url }: { url: string },
    types: string[],
    rest: object = {},
  ): Promise<Endpoint> => {
    const created = await http.post(ENDPOINTS, { url, types, ...rest });
    if (created.status !== 201) throw new Error(created.text);
    return created.json<Endpoint>();
  };
  const readEndpoint = async ({ id }: Endpoint): Promise<Endpoint> =>
    (await http.get(`${ENDPOINTS}/${id}`)).json<Endpoint>();
  const secretsOf = async ({ id }: Endpoint): Promise<{ secret: string; expiresAt?: string }[]> =>
    (await http.get(`${ENDPOINTS}/${id}/secret`)).json<{ secrets: { secret: string }[] }>().secrets;
  const sendTest = async ({ id }: Endpoint): Promise<Delivery> =>
    (await http.post(`${ENDPOINTS}/${id}/test`, {})).json<Delivery>();
  const readDelivery = async ({ id }: { id: string }): Promise<Delivery> =>
    (await http.get(`/v1/webhook-deliveries/${id}`)).json<Delivery>();
  const listDeliveries = async ({ id }: Endpoint): Promise<Delivery[]> =>
    (await http.get(`/v1/webhook-deliveries?endpoint=${id}`)).json<{ items: Delivery[] }>().items;
  const attempted = (delivery: { id: string }, n: number): Promise<Delivery> =>
    eventually(`attempt ${n}`, async () => {
      const read = await readDelivery(delivery);
      return read.attemptLog.length >= n && read;
    });
  const onlyDelivery = (endpoint: Endpoint): Promise<Delivery> =>
    eventually('a delivery', async () => (await listDeliveries(endpoint))[0]);
  const goTo = (time: string | undefined): void => {
    aheadMs = Date.parse(time ?? '') - Date.now() + 1;
  };

  test('what happened to a record reaches who asked, signed, and stands in the list of events', async () => {
    const receiver = await receive();
    const types = ['evidence.anchored', 'batch.anchored', 'checkpoint.published'];
    const endpoint = await createEndpoint(receiver, types);
    const { id } = await accept(http, { ...evidenceOf(), title: 'Secret title', clientRef: 'secret-ref' });
    const event = await eventually('the event arrives', () => receiver.ofType('evidence.anchored')[0]);
    const batch = await eventually('the batch arrives', () => receiver.ofType('batch.anchored')[0]);
    const checkpoint = await eventually('the checkpoint arrives', () =>
      receiver
        .ofType('checkpoint.published')
        .find(({ data }) => data['blockHeight'] === event.data['blockHeight']),
    );
    const { blockHeight, leafIndex } = (await http.get(`/v1/evidence/${id}`)).json<Record<string, unknown>>();
    const log = expect.stringContaining('/logs/') as string;
    const receipt = `/v1/evidence/${id}/receipt`;
    expect(event.data).toEqual({ evidence: id, log, blockHeight, leafIndex, final: true, receipt });
    expect(batch.data).toMatchObject({ log, blockHeight, records: 1, final: true });
    expect((await http.get(receipt)).status).toBe(200);
    const [line, end] = (await http.get(batch.data['receipts'] as string)).text.split('\n');
    expect(JSON.parse(line!)).toMatchObject({ evidence: id, receipt: (await http.get(receipt)).text });
    expect(JSON.parse(end!)).toMatchObject({ end: true });
    expect((await api.http.get(checkpoint.data['checkpoint'] as string)).status).toBe(200);
    const webhook = new Webhook((await secretsOf(endpoint))[0]!.secret);
    for (const { headers, body } of receiver.received) {
      expect(webhook.verify(body, headers as Record<string, string>)).toEqual(JSON.parse(body));
      expect([headers['webhook-id'], headers['content-type']]).toEqual([
        (JSON.parse(body) as { id: string }).id,
        'application/json',
      ]);
      expect(body).not.toMatch(/secret/i);
    }
    const events = (await http.get('/v1/events')).json<{ items: unknown[] }>();
    expect(events.items).toEqual(expect.arrayContaining([event, batch, checkpoint]));
  });

  test('types and tags choose; without an endpoint that wants a type nothing of it is kept', async () => {
    const tagged = await receive();
    const batches = await receive();
    await createEndpoint(tagged, ['evidence.anchored'], { tags: ['films', 'books'] });
    await createEndpoint(batches, ['batch.anchored'], { tags: ['films'] });
    const films = await accept(http, { ...evidenceOf(), tag: 'films' });
    const music = await accept(http, { ...evidenceOf(), tag: 'music' });
    await accept(http, evidenceOf());
    const books = await accept(http, { ...evidenceOf(), tag: 'books' });
    await eventually('both arrive', () => tagged.ofType('evidence.anchored').length === 2);
    await eventually('all are listed', async () => {
      const { items } = (await http.get('/v1/events?type=evidence.anchored')).json<{ items: unknown[] }>();
      return items.length === 4;
    });
    const told = tagged.received.map(
      ({ body }) => (JSON.parse(body) as { data: { evidence: string } }).data.evidence,
    );
    expect(told.sort()).toEqual([films.id, books.id].sort());
    await eventually('the batch with films arrives', () => batches.ofType('batch.anchored').length > 0);
    expect((await http.get('/v1/events?type=checkpoint.published')).json()).toMatchObject({ items: [] });
    const found = (await http.get('/v1/evidence?tag=music')).json<{ items: { id: string }[] }>();
    expect(found.items.map(({ id }) => id)).toEqual([music.id]);
  });

  test('a failed delivery is tried eleven times over three days and then given up; five days disable', async () => {
    const receiver = await receive(answer(500, {}, 'broken'));
    const bystander = await receive();
    await createEndpoint(bystander, ['endpoint.disabled']);
    const endpoint = await createEndpoint(receiver, ['batch.anchored']);
    await accept(http, evidenceOf());
    const delivery = await onlyDelivery(endpoint);
    let read = delivery;
    for (let n = 1; n <= 11; n += 1) {
      read = await attempted(delivery, n);
      if (read.state === 'pending') goTo(read.nextAttemptAt);
    }
    expect([read.state, read.attempts, receiver.received.length]).toEqual(['failed', 11, 11]);
    const times = read.attemptLog.map(({ startedAt }) => Date.parse(startedAt));
    const gaps = times.slice(1).map((time, index) => time - times[index]!);
    const wanted = [5 / 3_600, 1 / 60, 1 / 12, 1 / 2, 2, 4, 8, 12, 16, 22].map((hours) => hours * HOUR);
    gaps.forEach((gap, index) => {
      expect(gap).toBeGreaterThanOrEqual(wanted[index]! * 0.9);
      expect(gap).toBeLessThanOrEqual(wanted[index]! * 1.1 + 30_000);
    });
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
    expect(read.attemptLog[0]).toMatchObject({ n: 1, status: 500, answer: 'broken' });
    expect(await readEndpoint(endpoint)).toMatchObject({ enabled: true, failures: 11 });
    aheadMs += 2.5 * 24 * HOUR;
    await accept(http, evidenceOf());
    const disabled = await eventually('it is disabled', async () => {
      const now = await readEndpoint(endpoint);
      return !now.enabled && now;
    });
    expect(disabled.disabledReason).toMatch(/^every attempt since .* has failed$/);
    const event = await eventually('the others hear of it', () => bystander.ofType('endpoint.disabled')[0]);
    expect(event.data).toEqual({ endpoint: endpoint.id, reason: disabled.disabledReason });
    expect((await http.get('/v1/events?type=endpoint.disabled')).json()).toMatchObject({ items: [event] });
  });

  test('410 disables at once; enabled again, what was missed is recovered', async () => {
    const receiver = await receive(answer(410));
    const endpoint = await createEndpoint(receiver, ['evidence.anchored']);
    const since = new Date().toISOString();
    const first = await accept(http, evidenceOf());
    await eventually('it is disabled', async () => !(await readEndpoint(endpoint)).enabled);
    expect((await readEndpoint(endpoint)).disabledReason).toBe('the receiver answered 410 Gone');
    const second = await accept(http, evidenceOf());
    await eventually('both are listed', async () => {
      const { items } = (await http.get('/v1/events?type=evidence.anchored')).json<{ items: unknown[] }>();
      return items.length === 2;
    });
    expect((await http.post(`${ENDPOINTS}/${endpoint.id}/recover`, { since })).problem).toBe(
      'endpoint-disabled',
    );
    expect(receiver.received).toHaveLength(1);
    receiver.behave(answer(204));
    await http.send({
      method: 'PATCH',
      path: `${ENDPOINTS}/${endpoint.id}`,
      headers: { 'content-type': 'application/json' },
      body: { enabled: true },
    });
    expect(await readEndpoint(endpoint)).toMatchObject({ enabled: true, failures: 0 });
    const recovered = await http.post(`${ENDPOINTS}/${endpoint.id}/recover`, { since });
    // The first is still on its way by itself.
    expect([recovered.status, recovered.json()]).toEqual([202, { deliveries: 1 }]);
    // Unless its next attempt has been made meanwhile.
    const again = (await listDeliveries(endpoint)).find(
      ({ state, attempts }) => state === 'pending' && attempts > 0,
    );
    if (again) goTo(again.nextAttemptAt);
    await eventually('both arrive', () => {
      const told = receiver.ofType('evidence.anchored').map(({ data }) => data['evidence']);
      return [first.id, second.id].every((id) => told.includes(id));
    });
    expect((await http.post(`${ENDPOINTS}/${endpoint.id}/recover`, { since })).json()).toEqual({
      deliveries: 0,
    });
  });

  test('Retry-After is honoured, and the endpoint is left alone until then', async () => {
    const receiver = await receive(answer(429, { 'retry-after': '3600' }));
    const endpoint = await createEndpoint(receiver, ['batch.anchored']);
    const first = await sendTest(endpoint);
    const { nextAttemptAt } = await attempted(first, 1);
    expect(Date.parse(nextAttemptAt!) - Date.now()).toBeGreaterThan(3_500_000);
    const second = await sendTest(endpoint);
    aheadMs = 3_000_000;
    const other = await receive();
    await attempted(await sendTest(await createEndpoint(other, ['batch.anchored'])), 1);
    expect([receiver.received.length, (await readDelivery(second)).attempts]).toEqual([1, 0]);
    receiver.behave(answer(204));
    aheadMs = 3_700_000;
    await attempted(second, 1);
    await attempted(first, 2);
  });

  test('a breaker pauses an endpoint that fails, tries it with one delivery, and lets all through when it is well', async () => {
    const receiver = await receive(answer(503));
    const endpoint = await createEndpoint(receiver, ['batch.anchored']);
    for (let sent = 0; sent < 12; sent += 1) await sendTest(endpoint);
    await eventually('it is paused', async () => {
      const [row] = await stack.query<{ paused: boolean }>(
        'SELECT failures >= 5 AND paused_until > now() AS paused FROM webhook_endpoint WHERE id = $1',
        [endpoint.id],
      );
      return row?.paused;
    });
    const soFar = receiver.received.length;
    expect(soFar).toBeLessThan(12);
    receiver.mostOpen = 0;
    aheadMs = 20_000;
    await eventually('it is tried again', () => receiver.received.length > soFar);
    expect(receiver.mostOpen).toBe(1);
    receiver.behave(answer(204));
    aheadMs = HOUR;
    await eventually('all are through', async () =>
      (await listDeliveries(endpoint)).every(({ state }) => state === 'succeeded'),
    );
    expect(await readEndpoint(endpoint)).toMatchObject({ failures: 0 });
  });

  test('a receiver that hangs, refuses, redirects or lies: each attempt says what was', async () => {
    const elsewhere = await receive();
    const cases = [
      [hang, { error: 'timeout' }],
      [answer(302, { location: elsewhere.url }), { status: 302 }],
      [answer(400, {}, 'x'.repeat(5_000)), { status: 400, answer: 'x'.repeat(2_048) }],
    ] as const;
    for (const [behaviour, outcome] of cases) {
      const endpoint = await createEndpoint(await receive(behaviour), ['batch.anchored']);
      const [attempt] = (await attempted(await sendTest(endpoint), 1)).attemptLog;
      expect(attempt).toMatchObject({ n: 1, ...outcome });
    }
    expect(elsewhere.received).toEqual([]);
  });

  test('after a rotation both secrets sign for 24 hours, then the new one alone', async () => {
    const receiver = await receive();
    const endpoint = await createEndpoint(receiver, ['batch.anchored']);
    const [old] = await secretsOf(endpoint);
    const rotated = await http.post(`${ENDPOINTS}/${endpoint.id}/rotate-secret`, {});
    const [fresh, before] = rotated.json<{ secrets: { secret: string; expiresAt?: string }[] }>().secrets;
    expect(before!.secret).toBe(old!.secret);
    const leftMs = Date.parse(before!.expiresAt!) - Date.now();
    expect(Math.abs(leftMs - 24 * HOUR)).toBeLessThan(60_000);
    expect((await readEndpoint(endpoint)).publicKeys).toHaveLength(2);
    await sendTest(endpoint);
    const [during] = await eventually('it arrives', () => receiver.received.length > 0 && receiver.received);
    for (const { secret } of [old!, fresh!])
      expect(
        new Webhook(secret).verify(during!.body, during!.headers as Record<string, string>),
      ).toBeDefined();
    expect(during!.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+ v1a,\S+ v1a,\S+$/);
    aheadMs = 25 * HOUR;
    await sendTest(endpoint);
    await eventually('the second arrives', () => receiver.received.length === 2);
    expect(receiver.received[1]!.headers['webhook-signature']).toMatch(/^v1,\S+ v1a,\S+$/);
  });

  test('a delivery can be sent again, with the same id; a removed endpoint gets nothing more', async () => {
    const receiver = await receive();
    const endpoint = await createEndpoint(receiver, ['batch.anchored']);
    const delivery = await attempted(await sendTest(endpoint), 1);
    expect([delivery.state, delivery.type]).toEqual(['succeeded', 'endpoint.test']);
    const again = await http.post(`/v1/webhook-deliveries/${delivery.id}/resend`, {});
    expect([again.status, again.json()]).toMatchObject([202, { state: 'pending' }]);
    await attempted(delivery, 2);
    const [first, second] = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect([first, second]).toEqual([delivery.event, delivery.event]);
    expect((await http.get('/v1/events')).json()).toMatchObject({ items: [] });
    const path = `${ENDPOINTS}/${endpoint.id}`;
    expect((await http.send({ method: 'DELETE', path })).status).toBe(204);
    expect([(await http.get(path)).status, (await http.get(`${path}/secret`)).status]).toEqual([404, 404]);
    await stack.query('SELECT FROM webhook_secret WHERE endpoint = $1', [endpoint.id]).then((rows) => {
      expect(rows).toEqual([]);
    });
  });

  test('at most four at a time, and no more a second than the endpoint wants, however many workers', async () => {
    // Later than all that is sent meanwhile, which is due at once then.
    stoppedAtMs = Date.now() + HOUR;
    const second = await stack.startWorker({}, now);
    const slow = await receive((response) => setTimeout(() => response.writeHead(204).end(), 40));
    const patient = await receive();
    const many = await createEndpoint(slow, ['batch.anchored'], { maxPerSecond: 1_000 });
    const few = await createEndpoint(patient, ['batch.anchored'], { maxPerSecond: 4 });
    await Promise.all(Array.from({ length: 12 }, () => sendTest(few)));
    // A burst of one second's worth, and four more with every second.
    for (const secondsPassed of [0, 1, 2]) {
      aheadMs = secondsPassed * 1_000 + 10;
      const before = slow.received.length;
      await Promise.all(Array.from({ length: 8 }, () => sendTest(many)));
      await eventually('others arrive', () => slow.received.length >= before + 8);
      const due = 4 * (secondsPassed + 1);
      await eventually('those are taken whose turn it is', async () => {
        const taken = (await listDeliveries(few)).filter(({ state }) => state === 'succeeded');
        return taken.length >= due;
      });
      expect(patient.received).toHaveLength(due);
    }
    expect(slow.mostOpen).toBeLessThanOrEqual(4);
    await second.stop();
  });

  test('whoever follows the list of events by its cursor misses nothing and gets nothing twice', async () => {
    await createEndpoint({ url: 'https://example.com' }, ['evidence.anchored'], { enabled: false });
    const second = await stack.startWorker({}, now);
    const ids = new Set<string>();
    let accepting = true;
    const submit = async (): Promise<void> => {
      for (let sent = 0; sent < 15; sent += 1) ids.add((await accept(http, evidenceOf())).id);
    };
    const submitting = Promise.all([submit(), submit(), submit(), submit()]).finally(
      () => (accepting = false),
    );
    const seen: string[] = [];
    let cursor = '';
    await eventually('all are seen', async () => {
      const page = (await http.get(`/v1/events?limit=7${cursor}`)).json<{
        items: { data: { evidence: string } }[];
        nextCursor: string;
      }>();
      cursor = `&cursor=${page.nextCursor}`;
      seen.push(...page.items.map(({ data }) => data.evidence));
      return !accepting && seen.length >= ids.size;
    });
    await submitting;
    expect(seen).toHaveLength(60);
    expect(new Set(seen)).toEqual(ids);
    await second.stop();
  });
});
