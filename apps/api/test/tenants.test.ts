/** Organizations, their people and keys, and those who supervise them. */
import { accept, receiptOf } from '@test/receipts.js';
import { eventually } from '@test/eventually.js';
import { evidenceOf } from '@test/evidence.js';
import { TestStack, type Tenant, type TestApi } from '@test/stack.js';

const DAY_MS = 86_400_000;

describe('organizations', () => {
  let stack: TestStack;
  let api: TestApi;
  let tenant: Tenant;

  beforeAll(async () => {
    stack = await TestStack.create();
    api = await stack.startApi();
    await stack.startWorker();
    tenant = await stack.createTenant();
  });

  afterAll(() => stack.close());

  const admin = () => api.http.as(tenant.token);
  const answers = async (token: string, status: number, problem?: string): Promise<void> => {
    await eventually(`the key answers ${status}`, async () => {
      const answer = await api.http.as(token).get('/v1/evidence');
      return answer.status === status && (problem === undefined || answer.problem === problem);
    });
  };

  test.each(['applied', 'suspended', 'left'])(
    'a key of one that is %s is refused, and why is said',
    async (state) => {
      const other = await stack.createTenant();
      await answers(other.token, 200);
      await stack.query('UPDATE organization SET state = $1 WHERE key = $2', [state, other.key]);
      await answers(other.token, 403, 'organization-not-admitted');
      const unknown = `${other.token.slice(0, -1)}${other.token.endsWith('a') ? 'b' : 'a'}`;
      expect((await api.http.as(unknown).get('/v1/evidence')).problem).toBe('unauthorized');
      await stack.query("UPDATE organization SET state = 'approved' WHERE key = $1", [other.key]);
      await answers(other.token, 200);
    },
  );

  test('a member: its keys do what its roles allow, and stop at once when it is suspended', async () => {
    const put = async (body: object): Promise<number> =>
      (
        await admin().send({
          method: 'PUT',
          path: '/v1/members/li.na',
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json' },
        })
      ).status;
    expect(await put({ roles: ['reader'] })).toBe(200);
    const created = await admin().post('/v1/api-keys', {
      member: 'li.na',
      roles: ['submitter'],
      label: 'desk',
    });
    expect([created.status, created.headers['cache-control']]).toEqual([201, 'no-store']);
    const { apiKey, id } = created.json<{ apiKey: string; id: string }>();
    const desk = api.http.as(apiKey);
    expect((await desk.get('/v1/evidence')).status).toBe(200);
    expect((await desk.post('/v1/evidence', evidenceOf())).problem).toBe('scope-missing');
    expect(await put({ roles: ['submitter'] })).toBe(200);
    await eventually(
      'the new role holds',
      async () => (await desk.post('/v1/evidence', evidenceOf())).status === 202,
    );
    expect(await put({ roles: ['submitter'], suspended: true })).toBe(200);
    await answers(apiKey, 401);
    expect(await put({ roles: ['submitter'] })).toBe(200);
    await answers(apiKey, 200);
    await eventually('the use is noted', async () => {
      const { items } = (await admin().get('/v1/api-keys')).json<{
        items: { id: string; lastUsedAt?: string }[];
      }>();
      return items.some((key) => key.id === id && key.lastUsedAt !== undefined);
    });
    expect((await admin().get('/v1/members')).json()).toEqual({
      items: [expect.objectContaining({ id: 'li.na', roles: ['submitter'], suspended: false })],
    });
  });

  test('at the limit of members no more are added, and those there are can be suspended', async () => {
    const full = await stack.createTenant();
    await stack.query(
      `INSERT INTO member (organization, id, roles) SELECT $1, 'm' || n, '{reader}' FROM generate_series(1, 10000) n`,
      [full.key],
    );
    const put = (id: string) =>
      api.http.as(full.token).send({
        method: 'PUT',
        path: `/v1/members/${id}`,
        body: JSON.stringify({ roles: ['reader'], suspended: true }),
        headers: { 'content-type': 'application/json' },
      });
    expect((await put('m7')).json()).toMatchObject({ id: 'm7', suspended: true });
    expect((await put('one-more')).problem).toBe('limit-reached');
  });

  test('two live keys, for rotation, and no third until one is revoked', async () => {
    await stack.query("INSERT INTO member VALUES ($1, 'rotating', '{reader}')", [tenant.key]);
    const create = () => admin().post('/v1/api-keys', { member: 'rotating' });
    const [first, second, third] = [await create(), await create(), await create()];
    expect([first.status, second.status, third.problem]).toEqual([201, 201, 'limit-reached']);
    const { id, apiKey } = first.json<{ id: string; apiKey: string }>();
    for (let n = 0; n < 2; n += 1)
      expect((await admin().send({ method: 'DELETE', path: `/v1/api-keys/${id}` })).status).toBe(204);
    await answers(apiKey, 401);
    const together = await Promise.all([create(), create(), create()]);
    expect(together.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    expect(JSON.stringify((await admin().get('/v1/api-keys')).json())).not.toContain(apiKey.split('_')[2]);
  });

  test('what is no member, no role or no future is refused, and keys of others are out of reach', async () => {
    const stranger = api.http.as((await stack.createTenant()).token);
    const key = await stack.createKey(tenant);
    expect(
      (await stranger.send({ method: 'DELETE', path: `/v1/api-keys/${key.split('_')[1]}` })).status,
    ).toBe(404);
    for (const [body, problem] of [
      [{ member: 'nobody' }, 'not-found'],
      [{ roles: ['root'] }, 'invalid-content'],
      [{}, 'invalid-content'],
      [{ roles: ['reader'], expiresAt: '2020-01-01T00:00:00Z' }, 'invalid-content'],
    ] as const)
      expect((await admin().post('/v1/api-keys', body)).problem).toBe(problem);
  });

  test('an auditor never submits, whatever its key says', async () => {
    const auditor = await stack.createTenant();
    await stack.query("UPDATE organization SET type = 'auditor' WHERE key = $1", [auditor.key]);
    const http = api.http.as(auditor.token);
    expect((await http.get('/v1/evidence')).status).toBe(200);
    expect((await http.post('/v1/evidence', evidenceOf())).problem).toBe('scope-missing');
  });

  describe('a supervisor', () => {
    let court: Tenant;
    let other: Tenant;
    let id: string;
    let foreign: string;

    const grant = async (members: Record<string, unknown> = {}): Promise<string> => {
      const row = {
        supervisor: court.key,
        organizations: [tenant.key],
        kinds: ['evidence'],
        accepted_from: new Date(Date.now() - DAY_MS),
        accepted_before: new Date(Date.now() + DAY_MS),
        expires_at: new Date(Date.now() + DAY_MS),
        basis: '(2026)京01民初1号',
        ...members,
      };
      const names = Object.keys(row);
      const [created] = await stack.query<{ id: string }>(
        `INSERT INTO supervision_grant (${names.join(', ')}) VALUES (${names.map((_, n) => `$${n + 1}`).join(', ')}) RETURNING id`,
        Object.values(row),
      );
      return created!.id;
    };
    const read = (organization: Tenant, evidence: string, rest = '') =>
      api.http.as(court.token).get(`/v1/supervision/${organization.id}/evidence/${evidence}${rest}`);

    beforeAll(async () => {
      [court, other] = [await stack.createTenant(), await stack.createTenant()];
      ({ id } = await accept(admin(), { ...evidenceOf(), title: '合同' }));
      ({ id: foreign } = await accept(api.http.as(other.token), evidenceOf()));
      await receiptOf(admin(), id);
    });

    beforeEach(() => stack.query('DELETE FROM supervision_grant'));

    test('reads what its grant names, with receipt, and nothing without one or after it', async () => {
      expect((await read(tenant, id)).status).toBe(404);
      const granted = await grant();
      expect((await read(tenant, id)).json()).toMatchObject({ id });
      expect((await read(tenant, id, '/receipt')).status).toBe(200);
      const list = await api.http.as(court.token).get(`/v1/supervision/${tenant.id}/evidence`);
      expect(list.json<{ items: { id: string }[] }>().items.map((item) => item.id)).toContain(id);
      expect((await read(other, foreign)).status).toBe(404);
      expect((await read(tenant, foreign)).status).toBe(404);
      expect((await api.http.as(court.token).get(`/v1/evidence/${id}`)).status).toBe(404);
      await stack.query('UPDATE supervision_grant SET revoked_at = now() WHERE id = $1', [granted]);
      expect((await read(tenant, id)).status).toBe(404);
    });

    test.each([
      ['another organization', () => ({ organizations: [other.key] })],
      ['another supervisor', () => ({ supervisor: other.key })],
      ['another kind', () => ({ kinds: ['audit-log'] })],
      ['an earlier span', () => ({ accepted_before: new Date(Date.now() - DAY_MS / 2) })],
      ['a later span', () => ({ accepted_from: new Date(Date.now() + DAY_MS / 2) })],
      ['the past', () => ({ expires_at: new Date(Date.now() - 1) })],
    ])('reads nothing by a grant for %s', async (_, members) => {
      await grant(members());
      expect((await read(tenant, id)).status).toBe(404);
      const list = await api.http.as(court.token).get(`/v1/supervision/${tenant.id}/evidence`);
      expect(list.status === 404 || list.json<{ items: unknown[] }>().items.length === 0).toBe(true);
    });

    test('still reads of an organization that has left', async () => {
      await grant({ organizations: [other.key] });
      await stack.query("UPDATE organization SET state = 'left' WHERE key = $1", [other.key]);
      expect((await read(other, foreign)).status).toBe(200);
    });
  });
});
