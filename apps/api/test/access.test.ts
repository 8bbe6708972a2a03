/** API keys and scopes: any bad key gets 401 in the same words, a missing scope 403, and a revocation holds at once. */
import { API_KEY_SCOPES } from '@cunzheng/persistence';
import { accept } from '@test/receipts.js';
import { eventually } from '@test/eventually.js';
import { evidenceOf, registerSigner, createSigningKey } from '@test/evidence.js';
import { type ClientRequest } from '@test/http-client.js';
import { TestStack, type Tenant, type TestApi } from '@test/stack.js';

const EVIDENCE = '/v1/evidence/00000000-0000-7000-8000-000000000000';
const SIGNER = '/v1/signers/00000000-0000-4000-8000-000000000000';
const ENDPOINT = '/v1/webhook-endpoints/00000000-0000-7000-8000-000000000000';
const DELIVERY = '/v1/webhook-deliveries/00000000-0000-7000-8000-000000000000';
const IMPORT = '/v1/imports/00000000-0000-7000-8000-000000000000';
const json = { 'content-type': 'application/json' };

/** Every route that needs a key, with the scope it needs. */
const ROUTES: [string, ClientRequest][] = [
  [
    'evidence:write',
    { method: 'POST', path: '/v1/evidence', body: JSON.stringify(evidenceOf()), headers: json },
  ],
  [
    'evidence:write',
    {
      method: 'POST',
      path: '/v1/evidence/batch',
      body: JSON.stringify({ items: [evidenceOf()] }),
      headers: json,
    },
  ],
  [
    'evidence:write',
    {
      method: 'POST',
      path: '/v1/imports',
      body: '{}\n',
      headers: { 'content-type': 'application/x-ndjson' },
    },
  ],
  ['evidence:write', { method: 'PATCH', path: `${IMPORT}?offset=0` }],
  ['evidence:write', { method: 'GET', path: IMPORT }],
  ['evidence:write', { method: 'GET', path: `${IMPORT}/results` }],
  ['evidence:read', { method: 'GET', path: '/v1/receipts' }],
  ['evidence:read', { method: 'GET', path: '/v1/evidence' }],
  ['evidence:read', { method: 'GET', path: EVIDENCE }],
  ['evidence:read', { method: 'GET', path: `${EVIDENCE}/receipt` }],
  ['evidence:read', { method: 'GET', path: `${EVIDENCE}/certificate.pdf` }],
  ['evidence:read', { method: 'POST', path: '/v1/packages', body: '{}', headers: json }],
  ['evidence:share', { method: 'POST', path: `${EVIDENCE}/shares`, body: '{}', headers: json }],
  ['evidence:read', { method: 'GET', path: `${EVIDENCE}/shares` }],
  ['evidence:share', { method: 'DELETE', path: `${EVIDENCE}/shares/x` }],
  ['evidence:share', { method: 'PUT', path: `${EVIDENCE}/publication`, body: '{}', headers: json }],
  ['evidence:read', { method: 'GET', path: `${EVIDENCE}/publication` }],
  ['evidence:share', { method: 'DELETE', path: `${EVIDENCE}/publication` }],
  ['signers:write', { method: 'POST', path: '/v1/signers', body: '{"name":"x"}', headers: json }],
  ['signers:read', { method: 'GET', path: SIGNER }],
  [
    'signers:write',
    { method: 'POST', path: `${SIGNER}/keys/${'0'.repeat(64)}/revocations`, body: '{}', headers: json },
  ],
  ['personal-data:erase', { method: 'DELETE', path: `${EVIDENCE}/personal-data` }],
  ['personal-data:erase', { method: 'DELETE', path: `${SIGNER}/personal-data` }],
  [
    'signers:write',
    {
      method: 'POST',
      path: `${SIGNER}/keys`,
      body: JSON.stringify({ alg: 'ed25519', publicKey: createSigningKey().spki.toString('base64') }),
      headers: json,
    },
  ],
  [
    'webhooks:write',
    {
      method: 'POST',
      path: '/v1/webhook-endpoints',
      body: JSON.stringify({ url: 'https://example.com', types: ['batch.anchored'] }),
      headers: json,
    },
  ],
  ['webhooks:read', { method: 'GET', path: '/v1/webhook-endpoints' }],
  ['webhooks:read', { method: 'GET', path: ENDPOINT }],
  ['webhooks:write', { method: 'PATCH', path: ENDPOINT, body: '{"enabled":false}', headers: json }],
  ['webhooks:write', { method: 'DELETE', path: ENDPOINT }],
  ['webhooks:write', { method: 'GET', path: `${ENDPOINT}/secret` }],
  ['webhooks:write', { method: 'POST', path: `${ENDPOINT}/rotate-secret` }],
  ['webhooks:write', { method: 'POST', path: `${ENDPOINT}/test` }],
  [
    'webhooks:write',
    {
      method: 'POST',
      path: `${ENDPOINT}/recover`,
      body: '{"since":"2026-11-20T00:00:00Z"}',
      headers: json,
    },
  ],
  ['webhooks:read', { method: 'GET', path: '/v1/webhook-deliveries' }],
  ['webhooks:read', { method: 'GET', path: DELIVERY }],
  ['webhooks:write', { method: 'POST', path: `${DELIVERY}/resend` }],
  ['events:read', { method: 'GET', path: '/v1/events' }],
];

describe('access', () => {
  let stack: TestStack;
  let api: TestApi;
  let tenant: Tenant;

  beforeAll(async () => {
    stack = await TestStack.create();
    api = await stack.startApi();
    await stack.startWorker();
    tenant = await stack.createTenant();
    await accept(api.http.as(tenant.token), evidenceOf());
  });

  afterAll(() => stack.close());

  const keyId = (token: string): string => token.split('_')[1]!;
  /** Changes one character of a part of the token: 1 is the id, 2 the secret, 3 the checksum. */
  const mistyped = (token: string, part: number): string =>
    token
      .split('_')
      .map((text, index) => (index === part ? `${text.slice(0, -1)}${text.endsWith('a') ? 'b' : 'a'}` : text))
      .join('_');

  test('missing, mistyped, unknown, expired and revoked keys: 401 in the same words on every route, and nothing is stored', async () => {
    const expired = await stack.createKey(tenant, { expiresAt: new Date(Date.now() - 1_000) });
    const revoked = await stack.createKey(tenant);
    await stack.query('UPDATE api_key SET revoked_at = now() WHERE id = $1', [keyId(revoked)]);
    const removed = await stack.createKey(tenant);
    await stack.query('DELETE FROM api_key WHERE id = $1', [keyId(removed)]);
    // A well-formed key with the id of one that exists, and the secret of another.
    const swapped = await stack.createKey(tenant);
    await stack.query('DELETE FROM api_key WHERE id = $1', [keyId(swapped)]);
    const victim = await stack.createKey(tenant);
    await stack.query('UPDATE api_key SET id = $1 WHERE id = $2', [keyId(swapped), keyId(victim)]);
    const before = await stack.countRows();
    const headers: (string | undefined)[] = [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      `Basic ${Buffer.from(`x:${tenant.token}`).toString('base64')}`,
      tenant.token,
      `Bearer ${tenant.token} `.repeat(2),
      `Bearer ${tenant.token}x`,
      `Bearer ${tenant.token.toUpperCase()}`,
      ...[1, 2, 3].map((part) => `Bearer ${mistyped(tenant.token, part)}`),
      `Bearer ${'x'.repeat(5_000)}`,
      ...[expired, revoked, removed, swapped].map((token) => `Bearer ${token}`),
    ];
    const bodies = new Set<string>();
    for (const authorization of headers) {
      for (const [, route] of authorization === undefined ? ROUTES : ROUTES.slice(0, 3)) {
        const answer = await api.http.send({
          ...route,
          headers: { ...route.headers, ...(authorization !== undefined && { authorization }) },
        });
        expect([answer.status, answer.problem, answer.headers['www-authenticate']]).toEqual([
          401,
          'unauthorized',
          'Bearer realm="cunzheng"',
        ]);
        bodies.add(JSON.stringify({ ...answer.json<object>(), requestId: '' }));
      }
    }
    expect(bodies.size).toBe(1);
    expect(await stack.countRows()).toEqual(before);
  });

  test('a route needs its scope, and no other', async () => {
    for (const [scope, route] of ROUTES) {
      const others = API_KEY_SCOPES.filter((other) => other !== scope);
      const without = api.http.as(await stack.createKey(tenant, { scopes: others }));
      const before = await stack.countRows();
      const refused = await without.send(route);
      expect([refused.status, refused.problem]).toEqual([403, 'scope-missing']);
      expect(refused.json<{ detail: string }>().detail).toContain(scope);
      expect(await stack.countRows()).toEqual(before);
      const allowed = await api.http
        .as(await stack.createKey(tenant, { scopes: [scope as never] }))
        .send(route);
      expect([401, 403]).not.toContain(allowed.status);
    }
  });

  test('a key that was used and is revoked is refused at once, by every API', async () => {
    const second = await stack.startApi();
    const token = await stack.createKey(tenant);
    const clients = [api, second].map(({ http }) => http.as(token));
    for (const client of clients) expect((await client.get('/v1/evidence')).status).toBe(200);
    await stack.query('UPDATE api_key SET revoked_at = now() WHERE id = $1', [keyId(token)]);
    for (const client of clients) {
      await eventually(
        'the revocation is heard',
        async () => (await client.get('/v1/evidence')).status === 401,
        1_000,
      );
    }
    await second.stop();
  });

  test('a key expires while it is remembered', async () => {
    const token = await stack.createKey(tenant, { expiresAt: new Date(Date.now() + 300) });
    const client = api.http.as(token);
    expect((await client.get('/v1/evidence')).status).toBe(200);
    await eventually(
      'the key has expired',
      async () => (await client.get('/v1/evidence')).status === 401,
      2_000,
    );
  });

  test('the scheme is not case-sensitive', async () => {
    expect((await api.http.get('/v1/evidence', { authorization: `bearer ${tenant.token}` })).status).toBe(
      200,
    );
  });

  test('signers of another organization do not exist', async () => {
    const signer = await registerSigner(api.http.as(tenant.token), 'ours');
    const stranger = api.http.as((await stack.createTenant()).token);
    const key = { alg: 'ed25519', publicKey: createSigningKey().spki.toString('base64') };
    const before = await stack.countRows();
    for (const answer of [
      await stranger.get(`/v1/signers/${signer}`),
      await stranger.post(`/v1/signers/${signer}/keys`, key),
    ]) {
      expect([answer.status, answer.problem]).toEqual([404, 'not-found']);
    }
    expect(await stack.countRows()).toEqual(before);
  });
});
