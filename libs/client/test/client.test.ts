/** The typed client against a running service: a fingerprint to its receipt, a share link, and problems that are typed. */
import { randomBytes } from 'node:crypto';
import { createClient, type CunzhengClient, type Schema } from '@cunzheng/client';
import { eventually } from '@test/eventually.js';
import { evidenceOf } from '@test/evidence.js';
import { verifiersFor, verifyOnBothPaths } from '@test/receipts.js';
import { TestStack } from '@test/stack.js';

describe('the typed client', () => {
  let stack: TestStack;
  let client: CunzhengClient;
  let stranger: CunzhengClient;

  beforeAll(async () => {
    stack = await TestStack.create();
    const { url } = await stack.startApi();
    await stack.startWorker();
    client = createClient({ url, apiKey: (await stack.createTenant()).token });
    stranger = createClient({ url });
  });
  afterAll(() => stack.close());

  const notarize = async (): Promise<Schema<'Evidence'>> =>
    await eventually('evidence is accepted', async () => {
      const body = evidenceOf(randomBytes(16)) as Schema<'EvidenceRequest'>;
      return (await client.POST('/v1/evidence', { body: { ...body, title: 'typed' } })).data as
        Schema<'Evidence'> | undefined;
    });

  test('a fingerprint becomes a receipt that verifies, and a link shows it to strangers', async () => {
    const { id } = await notarize();
    const receipt = await eventually('the receipt', async () => {
      const path = { params: { path: { id } }, parseAs: 'text' as const };
      return (await client.GET('/v1/evidence/{id}/receipt', path)).data;
    });
    const report = await verifyOnBothPaths(await verifiersFor(stack), Buffer.from(receipt));
    expect(report.verdict).toBe('holds');
    const shared = await client.POST('/v1/evidence/{id}/shares', {
      params: { path: { id } },
      body: { disclose: ['title'] },
    });
    const { token = '' } = shared.data ?? {};
    const shown = await stranger.GET('/v1/shares/{token}', { params: { path: { token } }, parseAs: 'text' });
    expect(JSON.parse(shown.data ?? '')).toMatchObject({ format: 'cunzheng/receipt@v1' });
  });

  test('a problem is given, not thrown', async () => {
    const { data, error, response } = await client.GET('/v1/evidence', {
      params: { query: { limit: '0' } },
    });
    expect([data, response.status]).toEqual([undefined, 400]);
    expect(error).toMatchObject({ type: 'urn:cunzheng:problem:malformed-request' });
    const refused = await stranger.GET('/v1/evidence');
    expect(refused.error).toMatchObject({ type: 'urn:cunzheng:problem:unauthorized' });
  });
});
