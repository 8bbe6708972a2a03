/** Imports under the limits of their organization: held back by the minute, ended by the month, exact to the line. */
import { eventually } from '@test/eventually.js';
import { evidenceOf, type Problem } from '@test/evidence.js';
import { HttpClient, type Answer } from '@test/http-client.js';
import { TestStack, type Tenant, type TestApi } from '@test/stack.js';

interface Import {
  readonly id: string;
  readonly offsetBytes: number;
  readonly lines: number;
  readonly accepted: number;
  readonly existing: number;
  readonly refused: number;
}

const headers = { 'content-type': 'application/x-ndjson' };
const works = Array.from(
  { length: 40 },
  (_, n) => `${JSON.stringify({ ...evidenceOf(`work ${n}`), clientRef: `work-${n}` })}\n`,
);
const linesOf = (from: number, to = works.length): string => works.slice(from, to).join('');

let stack: TestStack;
let api: TestApi;
let tenant: Tenant;
let http: HttpClient;

beforeAll(async () => {
  stack = await TestStack.create();
  api = await stack.startApi();
  await stack.startWorker();
  await eventually('the log is open', async () => (await stack.query('SELECT FROM log')).length > 0);
});
beforeEach(async () => {
  tenant = await stack.createTenant();
  http = api.http.as(tenant.token);
});
afterAll(() => stack.close());

const limit = async (column: 'records_per_minute' | 'records_per_month', n: number): Promise<void> => {
  await stack.query(`UPDATE organization SET ${column} = $2 WHERE key = $1`, [tenant.key, n]);
};
const begin = async (): Promise<string> =>
  (await http.send({ method: 'POST', path: '/v1/imports' })).json<Import>().id;
const send = (id: string, offset: number, body: string, by = http): Promise<Answer> =>
  by.send({ method: 'PATCH', path: `/v1/imports/${id}?offset=${offset}`, headers, body });
const progress = async (id: string): Promise<Import> => (await http.get(`/v1/imports/${id}`)).json<Import>();
const has = (id: string, lines: number): Promise<unknown> =>
  eventually(`${lines} lines`, async () => (await progress(id)).lines === lines);
/** The next minute, for whoever asks the database. */
const endMinute = (): Promise<unknown> => stack.query('DELETE FROM rate_limit');

test('a stream takes what the minute allows and waits for the next, as the whole organization does', async () => {
  await limit('records_per_minute', 15);
  const id = await begin();
  const answer = send(id, 0, linesOf(0));
  await has(id, 15);
  expect((await http.post('/v1/evidence', evidenceOf())).problem).toBe('rate-limited');
  await endMinute();
  await has(id, 30);
  await endMinute();
  const { status, text } = await answer;
  expect([status, JSON.parse(text)]).toEqual([200, expect.objectContaining({ lines: 40, accepted: 40 })]);
});

test('a stream that waits ends when the process stops, and goes on in another', async () => {
  await limit('records_per_minute', 15);
  const stopping = await stack.startApi();
  const id = await begin();
  // Stopping closes the stack's own clients.
  const client = HttpClient.to(stopping.url);
  const answer = send(id, 0, linesOf(0), client.as(tenant.token));
  await has(id, 15);
  await stopping.stop();
  expect((await answer).problem).toBe('not-ready');
  client.close();
  await limit('records_per_minute', 1_000);
  const { offsetBytes } = await progress(id);
  expect((await send(id, offsetBytes, linesOf(15))).json<Import>()).toMatchObject({
    lines: 40,
    accepted: 40,
  });
});

test('the quota of the month ends a stream at the line that does not fit, and it goes on there', async () => {
  await limit('records_per_month', 25);
  const id = await begin();
  // What was stored before costs nothing, what is unfit neither.
  expect((await http.post('/v1/evidence', JSON.parse(works[0]!) as object)).status).toBe(202);
  const refused = await send(id, 0, `not json\n${linesOf(0)}`);
  expect([refused.status, refused.problem]).toEqual([429, 'quota-exceeded']);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect(refused.json<Problem>().detail).toContain('24 were left');
  const stood = await progress(id);
  const offset = Buffer.byteLength(`not json\n${linesOf(0, 25)}`);
  expect(stood).toMatchObject({ lines: 26, accepted: 24, existing: 1, refused: 1, offsetBytes: offset });
  expect((await send(id, offset, linesOf(25))).problem).toBe('quota-exceeded');
  expect(await progress(id)).toEqual(stood);
  await limit('records_per_month', 40);
  const end = (await send(id, offset, linesOf(25))).json<Import>();
  expect(end).toMatchObject({ lines: 41, accepted: 39, existing: 1, refused: 1 });
});
