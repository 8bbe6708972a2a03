/** API keys and scopes: any bad key gets 401 in the same words, a missing scope 403, and a revocation holds at once. */
import { readFileSync } from 'node:fs';
import { API_KEY_SCOPES, ROLE_NAMES, ROLES, type ApiKeyScope } from '@cunzheng/persistence';
import { accept } from '@test/receipts.js';
import { eventually } from '@test/eventually.js';
import { evidenceOf, registerSigner, createSigningKey } from '@test/evidence.js';
import { type ClientRequest, type HttpClient } from '@test/http-client.js';
import { listRoutes } from '@test/list-routes.js';
import { TestStack, type Tenant, type TestApi } from '@test/stack.js';
import { ACCESS } from '../src/auth/access-table.js';
import { ApiKeys } from '../src/auth/api-keys.js';
import { Database } from '../src/database/database.js';

/** A request to a route of the table, its parameters filled with ids of nothing. */
function requestTo(route: string): ClientRequest {
  const [method = '', pattern = ''] = route.split(' ');
  const path = pattern.replaceAll(/:(\w+)/g, '00000000-0000-7000-8000-000000000000').replace('*', '0/000');
  return {
    method,
    path,
    ...(['POST', 'PUT', 'PATCH'].includes(method) && {
      body: '{}',
      headers: { 'content-type': 'application/json' },
    }),
  };
}

/** Every route that needs a key, with the scope it needs. */
const ROUTES = Object.entries(ACCESS).flatMap(([route, scope]): [ApiKeyScope, ClientRequest][] =>
  scope === 'public' ? [] : [[scope, requestTo(route)]],
);

/** The table of docs/api/access.md. */
function formatAccessTable(): string {
  const mark = (allowed: boolean): string => (allowed ? '✓' : '–');
  const rows = Object.entries(ACCESS).map(([route, scope]) => {
    const roles = ROLE_NAMES.map((name) =>
      mark(scope === 'public' || (ROLES[name].scopes as readonly string[]).includes(scope)),
    );
    return `| \`${route}\` | ${scope === 'public' ? 'public' : `\`${scope}\``} | ${roles.join(' | ')} |`;
  });
  const head = `| route | scope | ${ROLE_NAMES.join(' | ')} |`;
  return [head, `|---|---|${'---|'.repeat(ROLE_NAMES.length)}`, ...rows].join('\n');
}

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

  test('the table has every route of every controller, and nothing else', () => {
    const routes = listRoutes(stack.settings(stack.database.apiUrl));
    expect(Object.keys(ACCESS).sort()).toEqual(routes.sort());
  });

  test('docs/api/access.md shows this table', () => {
    expect(readFileSync('docs/api/access.md', 'utf8')).toContain(formatAccessTable());
  });

  test.each(ROLE_NAMES)('as %s: every route answers as the table says', async (role) => {
    const client = api.http.as(await stack.createKey(tenant, { scopes: [], roles: [role] }));
    const allowed = new Set<string>(ROLES[role].scopes);
    for (const [route, scope] of Object.entries(ACCESS)) {
      const before = await stack.countRows();
      const answer = await client.send(requestTo(route));
      if (scope === 'public' || allowed.has(scope)) {
        expect([route, [401, 403, 500].includes(answer.status)]).toEqual([route, false]);
      } else {
        expect([route, answer.status, answer.problem]).toEqual([route, 403, 'scope-missing']);
        expect(await stack.countRows()).toEqual(before);
      }
    }
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
      const allowed = await api.http.as(await stack.createKey(tenant, { scopes: [scope] })).send(route);
      expect([401, 403]).not.toContain(allowed.status);
    }
  });

  test('a key that was used and is revoked is refused at once, by every API', async () => {
    const second = await stack.startApi();
    const token = await stack.createKey(tenant);
    const clients = [api, second].map(({ http }) => http.as(token));
    for (const client of clients) expect((await client.get('/v1/evidence')).status).toBe(200);
    const told = [api, second].map(({ app }) => jest.spyOn(app.get(ApiKeys), 'forget'));
    await stack.query('UPDATE api_key SET revoked_at = now() WHERE id = $1', [keyId(token)]);
    await eventually('both are told', () => told.every(({ mock }) => mock.calls.length > 0));
    for (const client of clients) expect((await client.get('/v1/evidence')).status).toBe(401);
    await second.stop();
  });

  test('a key expires while it is remembered', async () => {
    let client: HttpClient;
    let lifeMs = 250;
    // A slow machine uses it for the first time when it is over: then once more with a longer life.
    do {
      lifeMs *= 2;
      const expiresAt = new Date(Date.now() + lifeMs);
      client = api.http.as(await stack.createKey(tenant, { expiresAt }));
    } while ((await client.get('/v1/evidence')).status !== 200);
    await eventually('the key has expired', async () => (await client.get('/v1/evidence')).status === 401);
  });

  test('a key that many requests bring at once is looked up once, and anew when keys changed meanwhile', async () => {
    const database = new Database(stack.database.apiUrl);
    const query = jest.spyOn(database, 'query');
    const countLookups = (): number =>
      query.mock.calls.filter(([text]) => text.includes('find_api_key')).length;
    let nowMs = Date.now();
    const keys = new ApiKeys(
      database,
      () => nowMs,
      () => undefined,
    );
    const bring = async (): Promise<string> =>
      (await keys.authenticate(`Bearer ${tenant.token}`)).organizationId;
    expect(new Set(await Promise.all(Array.from({ length: 20 }, bring)))).toEqual(new Set([tenant.id]));
    expect(countLookups()).toBe(1);
    keys.forget();
    const early = bring();
    keys.forget();
    await Promise.all([early, bring(), bring()]);
    expect(countLookups()).toBe(3);
    // Nobody waits long for another's look-up: its connection may be dead without saying so.
    keys.forget();
    query.mockReturnValueOnce(new Promise(() => undefined));
    void bring();
    nowMs += 1_000;
    expect(await bring()).toBe(tenant.id);
    await database.close();
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
