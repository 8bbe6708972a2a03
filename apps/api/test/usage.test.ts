/** Usage: what is counted is what was done, whatever broke in between, and nobody sees another's. */
import { eventually } from '@test/eventually.js';
import { anchorAndCrash, CRASH_POINTS } from '@test/crash.js';
import { evidenceOf } from '@test/evidence.js';
import { accept } from '@test/receipts.js';
import { TestStack, type Tenant, type TestApi } from '@test/stack.js';
import { runCli } from '../../cli/test/run-cli.js';
import { spanOf } from '../src/usage/usage.schemas.js';

interface Usage {
  readonly items: readonly {
    period: string;
    accepted: number;
    acceptedBytes: number;
    anchored: number;
    delivered: number;
  }[];
  readonly stored: { records: number; bytes: number };
}

let stack: TestStack;
let api: TestApi;
let tenant: Tenant;

beforeAll(async () => {
  stack = await TestStack.create();
  api = await stack.startApi();
  tenant = await stack.createTenant();
  const worker = await stack.startWorker();
  await eventually('a log is open', async () => (await stack.query('SELECT FROM log')).length > 0);
  await accept(api.http.as(tenant.token), evidenceOf());
  await anchored();
  await worker.stop();
});

afterAll(() => stack.close());

const anchored = (): Promise<true> =>
  eventually('all is anchored', async () => {
    const waiting = await stack.query(
      'SELECT FROM parcel WHERE height IS NULL UNION ALL SELECT FROM block WHERE anchored_at IS NULL',
    );
    return waiting.length === 0;
  });

/** From yesterday on: a month may end in the middle of a test. */
const SINCE = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);

const usageOf = async ({ token }: Tenant, query = `?from=${SINCE}`): Promise<Usage> => {
  const answer = await api.http.as(token).get(`/v1/usage${query}`);
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
  return answer.json<Usage>();
};

/** What is in the database, row by row. */
async function truthOf({ key }: Tenant): Promise<{ records: number; bytes: number; anchored: number }> {
  const [row] = await stack.query<{ records: number; bytes: number; anchored: number }>(
    `SELECT count(*)::int AS records, sum(octet_length(e.fingerprints) + octet_length(e.content) + 68)::int AS bytes,
       count(b.anchored_at)::int AS anchored
     FROM evidence e JOIN parcel p ON p.id = e.parcel LEFT JOIN block b ON b.log = p.log AND b.height = p.height
     WHERE e.organization = $1`,
    [key],
  );
  return row!;
}

type Counts = Omit<Usage['items'][number], 'period'>;

/** Of all days together. */
function sum({ items }: Usage): Counts {
  const total = { accepted: 0, acceptedBytes: 0, anchored: 0, delivered: 0 };
  for (const item of items)
    for (const name of Object.keys(total) as (keyof Counts)[]) total[name] += item[name];
  return total;
}

async function expectTruth(of: Tenant): Promise<void> {
  const [used, { records, bytes, anchored }] = [await usageOf(of), await truthOf(of)];
  expect(sum(used)).toMatchObject({ accepted: records, acceptedBytes: bytes, anchored });
  expect(used.stored).toEqual({ records, bytes });
}

test('accepted at once, anchored with the block, repeated references never, others not at all', async () => {
  const other = await stack.createTenant();
  const http = api.http.as(tenant.token);
  const before = (await truthOf(tenant)).records;
  const work = { ...evidenceOf(), clientRef: 'once' };
  await http.post('/v1/evidence', work);
  await http.post('/v1/evidence', work);
  await http.post('/v1/evidence/batch', { items: [work, evidenceOf(), evidenceOf(), { title: 'unfit' }] });
  await api.http.as(other.token).post('/v1/evidence', evidenceOf());
  expect((await truthOf(tenant)).records).toBe(before + 3);
  expect(sum(await usageOf(other))).toMatchObject({ accepted: 1, anchored: 0, delivered: 0 });
  await expectTruth(tenant);
  const worker = await stack.startWorker();
  await anchored();
  await worker.stop();
  await expectTruth(tenant);
  await expectTruth(other);
  expect(sum(await usageOf(other))).toMatchObject({ accepted: 1, anchored: 1, delivered: 0 });
});

test.each(CRASH_POINTS)('a crash counts nothing twice and forgets nothing: %s', async (point) => {
  await api.http.as(tenant.token).post('/v1/evidence/batch', { items: [evidenceOf(), evidenceOf()] });
  // As a process of an older version leaves it.
  await stack.query('UPDATE parcel SET organization = 0, day = NULL, bytes = 0 WHERE height IS NULL');
  await api.http.as(tenant.token).post('/v1/evidence/batch', { items: [evidenceOf()] });
  await anchorAndCrash(stack, point);
  await expectTruth(tenant);
  const worker = await stack.startWorker();
  await anchored();
  await worker.stop();
  await expectTruth(tenant);
});

test('an erasure takes nothing off what was accepted', async () => {
  const http = api.http.as(tenant.token);
  const { id } = await accept(http, { ...evidenceOf(), title: 'private' });
  const before = await usageOf(tenant);
  expect(
    (await http.send({ method: 'DELETE', path: `/v1/evidence/${id}/personal-data` })).status,
  ).toBeLessThan(300);
  expect(await usageOf(tenant)).toEqual(before);
});

test('a delivery counts on its day when it is taken, and again when it is sent again', async () => {
  const [delivery] = await stack.query<{ id: string }>(
    `INSERT INTO webhook_delivery (organization, endpoint, event, next_attempt_at, give_up_at)
     VALUES ($1, gen_random_uuid(), gen_random_uuid(), now(), now()) RETURNING id`,
    [tenant.key],
  );
  const finish = (state: string): Promise<unknown> =>
    stack.query(
      "UPDATE webhook_delivery SET state = $2, finished_at = '2026-03-31T23:59:59Z' WHERE id = $1",
      [delivery!.id, state],
    );
  for (const state of ['failed', 'pending', 'succeeded', 'succeeded', 'pending', 'succeeded'])
    await finish(state);
  expect((await usageOf(tenant, '?from=2026-03-01&to=2026-03-31&by=month')).items).toEqual([
    { period: '2026-03', accepted: 0, acceptedBytes: 0, anchored: 0, delivered: 2 },
  ]);
});

test('the operator sees the same numbers', async () => {
  const { exitCode, stdout } = await runCli(
    ['admin', 'usage', tenant.id, '--from', SINCE, '--by', 'day', '--json'],
    {
      cwd: stack.directory,
      env: { DATABASE_URL: stack.database.ownerUrl, DATA_DIR: stack.directory },
    },
  );
  const { items, stored } = await usageOf(tenant);
  expect([exitCode, JSON.parse(stdout)]).toEqual([
    0,
    expect.objectContaining({ organizations: [{ organization: tenant.id, items, stored }] }),
  ]);
});

test.each([
  ['?from=2026-02-30', 'malformed-request'],
  ['?from=2026-03-02&to=2026-03-01', 'malformed-request'],
  ['?from=2024-01-01&to=2026-03-01', 'malformed-request'],
  ['?by=year', 'malformed-request'],
])('refused: %s', async (query, problem) => {
  expect((await api.http.as(tenant.token).get(`/v1/usage${query}`)).problem).toBe(problem);
});

test('without a span: the month so far, by the day of UTC', () => {
  const nowMs = Date.UTC(2027, 0, 31, 23, 59, 59, 999);
  expect(spanOf({ by: 'day' }, nowMs)).toEqual({ from: '2027-01-01', to: '2027-01-31' });
  expect(spanOf({ by: 'day' }, nowMs + 1)).toEqual({ from: '2027-02-01', to: '2027-02-01' });
});
