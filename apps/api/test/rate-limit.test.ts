/** The limit of an organization: weighted by records, shared by processes, told in headers. */
import { eventually } from '@test/eventually.js';
import { evidenceOf } from '@test/evidence.js';
import { TestStack } from '@test/stack.js';

const batchOf = (n: number): object => ({ items: Array.from({ length: n }, () => evidenceOf()) });

test('records of all processes count, a batch for as many as it has, and others are not touched', async () => {
  const stack = await TestStack.create({ RECORDS_PER_MINUTE: '20' });
  try {
    const [first, second] = [await stack.startApi(), await stack.startApi()];
    await stack.startWorker();
    const { token } = await stack.createTenant();
    await eventually('the log is open', async () => (await stack.query('SELECT FROM log')).length > 0);
    const answer = await first.http.as(token).post('/v1/evidence/batch', batchOf(12));
    expect([answer.status, answer.headers['ratelimit-policy']]).toEqual([200, '"records";q=20;w=60']);
    expect(answer.headers['ratelimit']).toMatch(/^"records";r=8;t=\d+$/);
    const refused = await second.http.as(token).post('/v1/evidence/batch', batchOf(9));
    expect([refused.status, refused.problem]).toEqual([429, 'rate-limited']);
    expect(refused.headers['ratelimit']).toMatch(/^"records";r=8;t=\d+$/);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await second.http.as(token).post('/v1/evidence/batch', batchOf(8))).status).toBe(200);
    expect((await first.http.as(token).post('/v1/evidence', evidenceOf())).problem).toBe('rate-limited');
    const other = await stack.createTenant();
    expect((await first.http.as(other.token).post('/v1/evidence', evidenceOf())).status).toBe(202);
  } finally {
    await stack.close();
  }
});
