/** The audit log and everybody who reads: each route of the access table, strangers with a link, supervisors; and imports. */
import { randomUUID } from 'node:crypto';
import { eventually } from '@test/eventually.js';
import { evidenceOf } from '@test/evidence.js';
import { type HttpClient } from '@test/http-client.js';
import { accept, receiptOf } from '@test/receipts.js';
import { TestStack, type Tenant, type TestApi } from '@test/stack.js';
import { ACCESS } from '../src/auth/access-table.js';

interface Entry {
  readonly action: string;
  readonly actor: string;
  readonly at: string;
  readonly from: string;
  readonly outcome: string;
  readonly records?: number;
  readonly subject?: readonly string[];
}

const DAY_MS = 86_400_000;

describe('the audit log of those who read', () => {
  let stack: TestStack;
  let api: TestApi;
  let owner: Tenant;
  let http: HttpClient;
  let id: string;

  const linesOf = async ({ key }: Tenant): Promise<string[]> =>
    (
      await stack.query<{ line: Buffer }>(
        'SELECT line FROM audit_log WHERE organization = $1 ORDER BY sequence',
        [key],
      )
    ).map(({ line }) => line.toString('utf8'));
  const entriesOf = async (tenant: Tenant): Promise<Entry[]> =>
    (await linesOf(tenant)).map((line) => (JSON.parse(line) as { entry: Entry }).entry);

  beforeAll(async () => {
    stack = await TestStack.create();
    api = await stack.startApi();
    await stack.startWorker();
    owner = await stack.createTenant();
    http = api.http.as(owner.token);
    ({ id } = await accept(http, { ...evidenceOf(), title: '绝密合同' }));
    await receiptOf(http, id);
    // Counted ones come later than those beside them, but not in the middle of a test.
    await eventually('the acceptance is in the log', async () =>
      (await entriesOf(owner)).some(
        ({ action, outcome }) => action === 'POST /v1/evidence' && outcome === '202',
      ),
    );
  });
  afterAll(() => stack.close());

  test('has every route of the access table that is not public, called by anybody with a key', async () => {
    const caller = await stack.createTenant();
    const client = api.http.as(caller.token);
    const routes = Object.keys(ACCESS).filter((route) => ACCESS[route] !== 'public');
    for (const route of routes) {
      const [method = '', template = ''] = route.split(' ');
      const path = template.replace(':organization', owner.id).replaceAll(/:\w+/g, () => randomUUID());
      const { status } = await client.send({ method, path });
      expect([route, status === 401 || status === 500]).toEqual([route, false]);
    }
    await eventually('what is counted is written', async () => {
      const seen = new Set((await entriesOf(caller)).map(({ action }) => action));
      return routes.every((route) => seen.has(route));
    });
    const foreign = (await entriesOf(owner)).filter(({ actor }) => actor.startsWith('supervisor:'));
    expect(foreign).toEqual([]);
  });

  test('a stranger with a link is in the log of whose evidence it shows, without token and address', async () => {
    const created = await http.post(`/v1/evidence/${id}/shares`, { disclose: ['title'] });
    const share = created.json<{ id: string; token: string }>();
    expect((await api.http.get(`/v1/shares/${share.token}`)).status).toBe(200);
    expect((await api.http.get(`/v1/shares/${'A'.repeat(share.token.length)}`)).status).toBe(404);
    const entries = (await entriesOf(owner)).filter(({ actor }) => actor.startsWith('share:'));
    expect(entries).toEqual([
      {
        action: 'GET /v1/shares/:token',
        actor: `share:${share.id}`,
        at: expect.any(String) as string,
        format: 'cunzheng/audit@v1',
        from: '127.0.0.0/24',
        outcome: '200',
        subject: [id],
      },
    ]);
    expect((await linesOf(owner)).join('\n')).not.toContain(share.token);
    await stack.query('ALTER FUNCTION append_audit(int[], bytea[]) RENAME TO away');
    const unseen = await api.http.get(`/v1/shares/${share.token}`);
    await stack.query('ALTER FUNCTION away(int[], bytea[]) RENAME TO append_audit');
    expect([unseen.status, unseen.problem]).toEqual([503, 'not-ready']);
  });

  test('an import says how many records it has accepted', async () => {
    const items = [1, 2, 3].map((n) => JSON.stringify({ ...evidenceOf(), clientRef: `import-${n}` }));
    const made = await http.send({
      method: 'POST',
      path: '/v1/imports',
      headers: { 'content-type': 'application/x-ndjson' },
      body: items.map((line) => `${line}\n`).join(''),
    });
    const progress = made.json<{ id: string; accepted: number }>();
    expect([made.status, progress.accepted]).toEqual([201, 3]);
    const entries = (await entriesOf(owner)).filter(({ action }) => action === 'POST /v1/imports');
    expect(entries).toMatchObject([
      { outcome: 'begun' },
      { outcome: '201', records: 3, subject: [progress.id] },
    ]);
  });

  describe('and supervises', () => {
    let court: Tenant;
    let supervisor: HttpClient;

    beforeAll(async () => {
      court = await stack.createTenant('court');
      supervisor = api.http.as(court.token);
    });
    beforeEach(() => stack.query('DELETE FROM supervision_grant'));

    const grant = (kinds: readonly string[], fromMs: number, beforeMs: number): Promise<unknown> =>
      stack.query(
        `INSERT INTO supervision_grant (supervisor, organizations, kinds, accepted_from, accepted_before, expires_at, basis)
         VALUES ($1, $2, $3, $4, $5, now() + interval '1 day', 'order')`,
        [court.key, [owner.key], kinds, new Date(fromMs), new Date(beforeMs)],
      );
    const auditLog = (after = 0): ReturnType<HttpClient['get']> =>
      supervisor.get(`/v1/supervision/${owner.id}/audit-log?after=${after}`);

    test('is in its own log and in that of whose data it read', async () => {
      await grant(['evidence'], Date.now() - DAY_MS, Date.now() + DAY_MS);
      const path = `/v1/supervision/${owner.id}/evidence`;
      for (const url of [path, `${path}/${id}`, `${path}/${id}/receipt`])
        expect((await supervisor.get(url)).status).toBe(200);
      expect((await supervisor.get(`${path}/${randomUUID()}`)).status).toBe(404);
      const seen = (await entriesOf(owner)).filter(({ actor }) => actor === 'supervisor:court');
      expect(seen.map(({ action, outcome, subject }) => [action, outcome, subject])).toEqual([
        ['GET /v1/supervision/:organization/evidence', '200', undefined],
        ['GET /v1/supervision/:organization/evidence/:id', '200', [id]],
        ['GET /v1/supervision/:organization/evidence/:id/receipt', '200', [id]],
      ]);
      const own = (await entriesOf(court)).filter(({ action }) => action.includes('/evidence/:id'));
      expect(own.map(({ outcome, subject }) => [outcome, subject?.slice(0, 2)])).toEqual([
        ['200', [owner.id, id]],
        ['200', [owner.id, id]],
        ['404', [owner.id, expect.any(String)]],
      ]);
    });

    test('reads the lines of an audit log that its grant names, and that is in this log', async () => {
      expect((await auditLog()).status).toBe(404);
      await grant(['evidence'], Date.now() - DAY_MS, Date.now() + DAY_MS);
      expect((await auditLog()).status).toBe(404);
      await grant(['audit-log'], Date.now() - DAY_MS, Date.now() + DAY_MS);
      const before = await linesOf(owner);
      const answer = await auditLog();
      expect(answer.text.split('\n').filter(Boolean)).toEqual(before);
      expect((await auditLog(before.length - 1)).text.split('\n')[0]).toBe(before.at(-1));
      expect((await entriesOf(owner)).at(-1)).toMatchObject({
        action: 'GET /v1/supervision/:organization/audit-log',
        actor: 'supervisor:court',
      });
      expect((await supervisor.get('/v1/supervision/court/audit-log')).status).toBe(404);
    });

    test('reads no line from outside the span of its grant, and no evidence by a grant for the log', async () => {
      await http.get('/v1/members');
      const [first, last] = [(await entriesOf(owner))[0]!, (await entriesOf(owner)).at(-1)!];
      await grant(['audit-log'], Date.parse(first.at), Date.parse(last.at));
      const lines = (await auditLog()).text.split('\n').filter(Boolean);
      const times = lines.map((line) => (JSON.parse(line) as { entry: Entry }).entry.at);
      expect(times).toContain(first.at);
      expect(times.every((at) => at < last.at)).toBe(true);
      expect((await supervisor.get(`/v1/supervision/${owner.id}/evidence`)).status).toBe(404);
    });
  });
});
