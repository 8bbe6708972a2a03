/** The webhook routes: what they refuse, what others see of them, and how the OpenAPI document tells of webhooks. */
import { EVENT_TYPES } from '@cunzheng/webhooks';
import { type Answer, type HttpClient } from '@test/http-client.js';
import { TestStack, type TestApi } from '@test/stack.js';

const ENDPOINTS = '/v1/webhook-endpoints';
const FINE = { url: 'https://example.com/hook', types: ['batch.anchored'] };
const NOBODY = '00000000-0000-7000-8000-000000000000';

describe('webhook routes', () => {
  let stack: TestStack;
  let api: TestApi;
  let http: HttpClient;
  let stranger: HttpClient;

  beforeAll(async () => {
    stack = await TestStack.create();
    api = await stack.startApi();
    http = api.http.as((await stack.createTenant()).token);
    stranger = api.http.as((await stack.createTenant()).token);
  });

  afterAll(() => stack.close());

  const patch = (client: HttpClient, id: string, body: unknown): Promise<Answer> =>
    client.send({
      method: 'PATCH',
      path: `${ENDPOINTS}/${id}`,
      headers: { 'content-type': 'application/json' },
      body,
    });

  test.each([
    ['no body', {}, '/url'],
    ['no types', { url: FINE.url }, '/types'],
    ['empty types', { ...FINE, types: [] }, '/types'],
    ['an unknown type', { ...FINE, types: ['evidence.deleted'] }, '/types/0'],
    ['the type of tests', { ...FINE, types: ['endpoint.test'] }, '/types/0'],
    ['a type twice', { ...FINE, types: ['batch.anchored', 'batch.anchored'] }, '/types'],
    ['a tag that is none', { ...FINE, tags: ['a b'] }, '/tags/0'],
    ['too many tags', { ...FINE, tags: Array.from({ length: 33 }, (_, n) => `t${n}`) }, '/tags'],
    ['NUL in a description', { ...FINE, description: 'a\0b' }, '/description'],
    ['a lone surrogate', { ...FINE, description: '\ud800' }, '/description'],
    ['a long description', { ...FINE, description: 'x'.repeat(201) }, '/description'],
    ['no rate', { ...FINE, maxPerSecond: 0 }, '/maxPerSecond'],
    ['too high a rate', { ...FINE, maxPerSecond: 1_001 }, '/maxPerSecond'],
    ['an unknown member', { ...FINE, secret: 'whsec_mine' }, ''],
    ['http', { ...FINE, url: 'http://example.com' }, '/url'],
    ['a private address', { ...FINE, url: 'https://10.0.0.1/' }, '/url'],
    ['cloud metadata', { ...FINE, url: 'https://169.254.169.254/latest' }, '/url'],
    ['another port', { ...FINE, url: 'https://example.com:22/' }, '/url'],
    ['a password', { ...FINE, url: 'https://a:b@example.com/' }, '/url'],
    ['NUL in a URL', { ...FINE, url: 'https://example.com/\0' }, '/url'],
  ])('an endpoint with %s is refused', async (_, body, pointer) => {
    const answer = await http.post(ENDPOINTS, body);
    expect([answer.status, answer.problem]).toEqual([422, 'invalid-content']);
    expect(answer.json<{ errors: { pointer: string }[] }>().errors[0]!.pointer).toBe(pointer);
    expect((await http.get(ENDPOINTS)).json()).toEqual({ items: [] });
  });

  test('in production loopback is no receiver', async () => {
    const production = await stack.startApi({ NODE_ENV: 'production', LOG_ORIGIN: 'a.example/logs/a' });
    const { token } = await stack.createTenant();
    const answer = await production.http
      .as(token)
      .post(ENDPOINTS, { ...FINE, url: 'http://127.0.0.1:8080/' });
    expect([answer.status, answer.problem]).toEqual([422, 'invalid-content']);
    await production.stop();
  });

  test('an endpoint is created once, shown without its secret, changed and removed', async () => {
    const key = { 'idempotency-key': 'endpoint' };
    const created = await http.post(ENDPOINTS, FINE, key);
    const again = await http.post(ENDPOINTS, FINE, key);
    const endpoint = created.json<{ id: string }>();
    expect([created.status, created.headers['location'], again.text]).toEqual([
      201,
      `${ENDPOINTS}/${endpoint.id}`,
      created.text,
    ]);
    expect(endpoint).toMatchObject({
      ...FINE,
      tags: [],
      description: '',
      maxPerSecond: 50,
      enabled: true,
      failures: 0,
    });
    expect((await http.get(`${ENDPOINTS}/${endpoint.id}`)).json()).toEqual(endpoint);
    const secret = (await http.get(`${ENDPOINTS}/${endpoint.id}/secret`)).json<{
      secrets: { secret: string; publicKey: string }[];
    }>();
    expect(secret.secrets).toEqual([
      expect.objectContaining({
        secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/) as string,
        publicKey: expect.stringMatching(/^whpk_[A-Za-z0-9+/]{43}=$/) as string,
      }),
    ]);
    const [stored] = await stack.query<{ sealed: Buffer }>('SELECT sealed FROM webhook_secret');
    for (const text of [created.text, stack.logs.join()]) expect(text).not.toContain('whsec_');
    // At rest it is sealed: neither its text nor its bytes are there.
    const bytes = Buffer.from(secret.secrets[0]!.secret.slice('whsec_'.length), 'base64');
    expect([stored!.sealed[0], stored!.sealed.includes(bytes)]).toEqual([1, false]);
    const changed = await patch(http, endpoint.id, { enabled: false, tags: ['films'] });
    expect([changed.status, changed.json()]).toEqual([200, { ...endpoint, enabled: false, tags: ['films'] }]);
    expect((await patch(http, endpoint.id, {})).json()).toEqual(changed.json());
    expect((await patch(http, endpoint.id, { url: 'http://example.com' })).problem).toBe('invalid-content');
    const removed = await http.send({ method: 'DELETE', path: `${ENDPOINTS}/${endpoint.id}` });
    expect([removed.status, removed.text]).toEqual([204, '']);
    expect((await http.get(ENDPOINTS)).json()).toEqual({ items: [] });
  });

  test('endpoints, deliveries and events of another organization do not exist', async () => {
    const { id } = (await http.post(ENDPOINTS, FINE)).json<{ id: string }>();
    const delivery = (await http.post(`${ENDPOINTS}/${id}/test`, {})).json<{ id: string }>().id;
    const since = '2026-01-01T00:00:00Z';
    for (const endpoint of [id, NOBODY, 'no-uuid', '%00']) {
      const path = `${ENDPOINTS}/${endpoint}`;
      for (const answer of [
        await stranger.get(path),
        await stranger.get(`${path}/secret`),
        await stranger.post(`${path}/rotate-secret`, {}),
        await stranger.post(`${path}/test`, {}),
        await stranger.post(`${path}/recover`, { since }),
        await patch(stranger, endpoint, { enabled: false }),
        await stranger.send({ method: 'DELETE', path }),
        await stranger.get(`/v1/webhook-deliveries/${endpoint === id ? delivery : endpoint}`),
        await stranger.post(`/v1/webhook-deliveries/${endpoint === id ? delivery : endpoint}/resend`, {}),
      ])
        expect([answer.status, answer.problem]).toEqual([404, 'not-found']);
    }
    expect((await stranger.get(ENDPOINTS)).json()).toEqual({ items: [] });
    expect((await stranger.get('/v1/webhook-deliveries')).json()).toEqual({ items: [] });
    expect((await stranger.get(`/v1/webhook-deliveries?endpoint=${id}`)).json()).toEqual({ items: [] });
    expect((await http.get(`/v1/webhook-deliveries/${delivery}`)).json()).toMatchObject({
      endpoint: id,
      type: 'endpoint.test',
      state: 'pending',
      attemptLog: [],
    });
  });

  test.each([
    'cursor=x',
    'cursor=-1',
    'limit=0',
    'limit=1001',
    'type=x',
    'limit=1&limit=2',
    'cursor=9999999999999999999',
  ])('GET /v1/events?%s is refused', async (query) => {
    expect((await http.get(`/v1/events?${query}`)).problem).toBe('malformed-request');
  });

  test.each(['cursor=x', 'endpoint=x', 'state=x', 'limit=201'])(
    'GET /v1/webhook-deliveries?%s is refused',
    async (query) => {
      expect((await http.get(`/v1/webhook-deliveries?${query}`)).problem).toBe('malformed-request');
    },
  );

  test('the OpenAPI document has a webhook for each type, with a schema whose example fits', async () => {
    const document = (await api.http.get('/openapi.json')).json<{
      webhooks: Record<
        string,
        { post: { requestBody: { content: Record<string, { schema: { $ref: string } }> } } }
      >;
      components: { schemas: Record<string, { example: unknown }> };
    }>();
    expect(Object.keys(document.webhooks).sort()).toEqual([...EVENT_TYPES, 'endpoint.test'].sort());
    for (const [type, { post }] of Object.entries(document.webhooks)) {
      const { $ref } = post.requestBody.content['application/json']!.schema;
      const { example } = document.components.schemas[$ref.split('/').at(-1)!]!;
      expect(example).toMatchObject({
        type,
        id: expect.any(String) as string,
        timestamp: expect.any(String) as string,
      });
    }
  });
});
