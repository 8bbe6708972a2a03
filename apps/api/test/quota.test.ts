/** What the operator lets an organization send: of its own a minute and a month, in all processes, exact to the record. */
import { evidenceOf, type Problem } from '@test/evidence.js';
import { accept } from '@test/receipts.js';
import { TestStack, type Tenant, type TestApi } from '@test/stack.js';
import { runCli } from '../../cli/test/run-cli.js';

interface BatchResults {
  readonly results: readonly { status: number; problem?: Problem }[];
}

let stack: TestStack;
let apis: readonly [TestApi, TestApi];
let tenant: Tenant;

beforeAll(async () => {
  stack = await TestStack.create();
  apis = [await stack.startApi(), await stack.startApi()];
  await stack.startWorker();
});
beforeEach(async () => {
  tenant = await stack.createTenant();
});
afterAll(() => stack.close());

const batchOf = (n: number): object => ({ items: Array.from({ length: n }, () => evidenceOf()) });
const limit = async (...options: string[]): Promise<void> => {
  const run = await runCli(['admin', 'organization', 'limits', tenant.id, ...options], {
    cwd: stack.directory,
    env: { DATABASE_URL: stack.database.ownerUrl },
  });
  expect([run.stderr, run.exitCode]).toEqual(['', 0]);
};
const stored = async (): Promise<number> => {
  const rows = await stack.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM evidence WHERE organization = $1',
    [tenant.key],
  );
  return rows[0]!.n;
};

test('an own rate holds at once in every process, and the setting again when it is taken away', async () => {
  const [first, second] = apis.map(({ http }) => http.as(tenant.token)) as [TestApi['http'], TestApi['http']];
  await accept(first, evidenceOf());
  await limit('--records-per-minute', '20');
  const answer = await first.post('/v1/evidence/batch', batchOf(12));
  expect([answer.status, answer.headers['ratelimit-policy']]).toEqual([200, '"records";q=20;w=60']);
  expect((await second.post('/v1/evidence/batch', batchOf(9))).problem).toBe('rate-limited');
  await limit('--records-per-minute', 'default');
  const free = await second.post('/v1/evidence/batch', batchOf(9));
  expect([free.status, free.headers['ratelimit-policy']]).toEqual([200, '"records";q=6000000;w=60']);
});

test('the month: told, shared by processes, exact to the record, and what was stored before costs nothing', async () => {
  const [first, second] = apis.map(({ http }) => http.as(tenant.token)) as [TestApi['http'], TestApi['http']];
  const work = { ...evidenceOf(), clientRef: 'once' };
  await accept(first, work);
  await limit('--records-per-month', '10');
  const answer = await first.post('/v1/evidence/batch', batchOf(6));
  expect(answer.headers['ratelimit-policy']).toMatch(/^"records";q=6000000;w=60, "month";q=10;w=2\d{6}$/);
  expect(answer.headers['ratelimit']).toMatch(/^"records";r=\d+;t=\d+, "month";r=3;t=\d+$/);

  const whole = await second.post('/v1/evidence/batch', batchOf(4), { 'idempotency-key': 'four' });
  expect([whole.status, whole.problem, await stored()]).toEqual([429, 'quota-exceeded', 7]);
  expect(Number(whole.headers['retry-after'])).toBeGreaterThan(0);
  expect(whole.json<Problem>().detail).toMatch(/10 records in \d{4}-\d\d and 3 were left: ask the operator/);
  const two = batchOf(2);
  const taken = await second.post('/v1/evidence/batch', two, { 'idempotency-key': 'two' });
  expect([taken.status, await stored()]).toEqual([200, 9]);

  const { results } = (await first.post('/v1/evidence/batch', batchOf(3))).json<BatchResults>();
  expect(results.map(({ status }) => status)).toEqual([202, 429, 429]);
  expect(results[1]?.problem?.type).toBe('urn:cunzheng:problem:quota-exceeded');

  const { status, problem } = await second.post('/v1/evidence', evidenceOf());
  expect([status, problem]).toEqual([429, 'quota-exceeded']);
  expect((await second.post('/v1/evidence', work)).status).toBe(200);
  const again = await first.post('/v1/evidence/batch', two, { 'idempotency-key': 'two' });
  expect([again.status, again.text, await stored()]).toEqual([200, taken.text, 10]);

  await limit('--records-per-month', '11');
  const usage = (await first.get('/v1/usage')).json<{ limits: object }>();
  expect(usage.limits).toEqual({ recordsPerMinute: 6_000_000, recordsPerMonth: 11, recordsLeft: 1 });
  await accept(second, evidenceOf());
  expect((await first.post('/v1/evidence', evidenceOf())).problem).toBe('quota-exceeded');
  await limit('--records-per-month', 'none');
  await accept(first, evidenceOf());
});

test('one that is beyond its quota takes nothing from those whose records are stored together with its own', async () => {
  await limit('--records-per-month', '5');
  const [api] = apis;
  const other = await stack.createTenant();
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      api.http.as(n % 2 === 0 ? tenant.token : other.token).post('/v1/evidence', evidenceOf()),
    ),
  );
  const statusesOf = (parity: number): number[] =>
    answers.filter((_, n) => n % 2 === parity).map(({ status }) => status);
  expect(statusesOf(0).filter((status) => status === 202)).toHaveLength(5);
  expect(statusesOf(0).filter((status) => status === 429)).toHaveLength(15);
  expect(new Set(statusesOf(1))).toEqual(new Set([202]));
  expect(await stored()).toBe(5);
});
