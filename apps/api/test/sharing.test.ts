/** Sharing: evidence is private until its owner says otherwise, and then exactly what was chosen is shown. */
import { createHash, randomBytes } from 'node:crypto';
import { evidenceOf, fingerprintOf, readDisclosure } from '@test/evidence.js';
import { type Answer, type HttpClient } from '@test/http-client.js';
import { accept, receiptOf, verifiersFor, verifyOnBothPaths } from '@test/receipts.js';
import { TestStack, type Tenant, type TestApi } from '@test/stack.js';

interface CreatedShare {
  readonly id: string;
  readonly token: string;
  readonly path: string;
}

const namesIn = (receipt: string): string[] =>
  (JSON.parse(receipt) as { disclosures: string[] }).disclosures.map(
    (disclosure) => readDisclosure(disclosure)[0],
  );

describe('sharing', () => {
  let stack: TestStack;
  let api: TestApi;
  let tenant: Tenant;
  let owner: HttpClient;
  let document: Buffer;
  let id: string;

  beforeAll(async () => {
    stack = await TestStack.create();
    api = await stack.startApi({ PUBLIC_LOOKUPS_PER_MINUTE: '1000' });
    await stack.startWorker();
    tenant = await stack.createTenant();
    owner = api.http.as(tenant.token);
    document = randomBytes(16);
    const request = {
      ...evidenceOf(document, ['sha-256', 'sm3']),
      title: 'the title',
      clientRef: 'our-reference',
      signers: [{ name: 'Li Lei' }],
    };
    id = (await accept(owner, request)).id;
    await receiptOf(owner, id);
  });

  afterAll(() => stack.close());

  const share = async (body: object): Promise<CreatedShare> => {
    const answer = await owner.post(`/v1/evidence/${id}/shares`, body);
    expect(answer.status).toBe(201);
    return answer.json<CreatedShare>();
  };
  const lookUp = (fingerprint: { algorithm: string; digest: string }): Promise<Answer> =>
    api.http.get(`/v1/public/evidence?fingerprint=${fingerprint.algorithm}:${fingerprint.digest}`);
  const found = async (): Promise<string[]> =>
    (await lookUp(fingerprintOf(document)))
      .json<{ items: { receipt: string }[] }>()
      .items.map(({ receipt }) => receipt);

  test('a share link shows the receipt with the chosen disclosures alone, and it verifies', async () => {
    const { token, path } = await share({ disclose: ['title'] });
    expect(path).toBe(`/v/${token}`);
    expect(Buffer.from(token, 'base64url')).toHaveLength(16);
    const answer = await api.http.get(`/v1/shares/${token}`);
    expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'no-store']);
    expect(namesIn(answer.text)).toEqual(['title']);
    const report = await verifyOnBothPaths(await verifiersFor(stack), Buffer.from(answer.text), [
      fingerprintOf(document),
    ]);
    expect(report.verdict).toBe('holds');
  });

  test('without a choice nothing but the record is shown', async () => {
    const { token } = await share({});
    expect(namesIn((await api.http.get(`/v1/shares/${token}`)).text)).toEqual([]);
  });

  test('a hundred live links are enough, and those that expired are not live', async () => {
    const other = (await accept(owner, evidenceOf())).id;
    const path = `/v1/evidence/${other}/shares`;
    for (let n = 0; n < 100; n++) expect((await owner.post(path, {})).status).toBe(201);
    expect((await owner.post(path, {})).problem).toBe('invalid-content');
    await stack.query("UPDATE share SET expires_at = now() - interval '1 day' WHERE evidence = $1", [other]);
    expect((await owner.post(path, {})).status).toBe(201);
  });

  test('the token is not in the database', async () => {
    const { token } = await share({});
    const [row] = await stack.query<{ token_sha256: Buffer }>(
      'SELECT token_sha256 FROM share ORDER BY created_at DESC LIMIT 1',
    );
    expect(row!.token_sha256).toEqual(createHash('sha256').update(token).digest());
  });

  test('revoked, expired, unknown and malformed tokens get the same answer', async () => {
    const revoked = await share({ label: 'for the court' });
    const expired = await share({ expiresAt: new Date(Date.now() - 1_000).toISOString() });
    expect(
      (await owner.send({ method: 'DELETE', path: `/v1/evidence/${id}/shares/${revoked.id}` })).status,
    ).toBe(204);
    const answers = await Promise.all(
      [revoked.token, expired.token, randomBytes(16).toString('base64url'), 'x'].map((token) =>
        api.http.get(`/v1/shares/${token}`),
      ),
    );
    expect(new Set(answers.map(({ status, problem }) => `${status} ${problem}`))).toEqual(
      new Set(['404 not-found']),
    );
    expect(new Set(answers.map((answer) => answer.json<{ detail: string }>().detail)).size).toBe(1);
    const { items } = (await owner.get(`/v1/evidence/${id}/shares`)).json<{ items: object[] }>();
    expect(items).toContainEqual(
      expect.objectContaining({
        id: revoked.id,
        label: 'for the court',
        revokedAt: expect.any(String) as string,
      }),
    );
    expect(JSON.stringify(items)).not.toContain(revoked.token);
  });

  test('private by default; public by every fingerprint; private again', async () => {
    expect(await found()).toEqual([]);
    expect((await owner.get(`/v1/evidence/${id}/publication`)).status).toBe(404);
    const published = await put(owner, id, { disclose: ['signer.0.name'] });
    expect(published.status).toBe(200);
    for (const algorithm of ['sha-256', 'sm3']) {
      const { items } = (await lookUp(fingerprintOf(document, algorithm))).json<{
        items: { receipt: string }[];
      }>();
      expect(items.map(({ receipt }) => namesIn(receipt))).toEqual([['signer.0.name']]);
    }
    await put(owner, id, {});
    expect((await found()).map(namesIn)).toEqual([[]]);
    await owner.send({ method: 'DELETE', path: `/v1/evidence/${id}/publication` });
    expect(await found()).toEqual([]);
    expect(await stack.query('SELECT FROM published_fingerprint')).toEqual([]);
  });

  test('a name that the evidence does not disclose is refused, and nothing is shared', async () => {
    const before = await stack.countRows();
    for (const disclose of [['metadata'], ['title', 'title'], ['__proto__'], ['x'.repeat(65)]]) {
      const answers = [
        await owner.post(`/v1/evidence/${id}/shares`, { disclose }),
        await put(owner, id, { disclose }),
      ];
      for (const { status, problem } of answers) expect([status, problem]).toEqual([422, 'invalid-content']);
    }
    expect(await stack.countRows()).toEqual(before);
  });

  test('only a whole fingerprint is looked for', async () => {
    await put(owner, id, {});
    const { digest } = fingerprintOf(document);
    for (const query of [
      '',
      '?fingerprint=',
      `?fingerprint=sha-256:${digest.slice(0, 63)}`,
      `?fingerprint=${digest}`,
      `?fingerprint=sha-256:${digest}&limit=9`,
    ]) {
      const { status, problem } = await api.http.get(`/v1/public/evidence${query}`);
      expect([status, problem]).toEqual([400, 'malformed-request']);
    }
    expect((await lookUp({ algorithm: 'sha-256', digest: '0'.repeat(64) })).json()).toEqual({ items: [] });
  });

  test('what belongs to somebody else cannot be shared, listed, revoked or published', async () => {
    const stranger = api.http.as((await stack.createTenant()).token);
    const { id: link } = await share({});
    const before = await stack.countRows();
    const answers = [
      await stranger.post(`/v1/evidence/${id}/shares`, {}),
      await stranger.get(`/v1/evidence/${id}/shares`),
      await stranger.send({ method: 'DELETE', path: `/v1/evidence/${id}/shares/${link}` }),
      await put(stranger, id, {}),
      await stranger.get(`/v1/evidence/${id}/publication`),
      await stranger.send({ method: 'DELETE', path: `/v1/evidence/${id}/publication` }),
    ];
    for (const { status, problem } of answers) expect([status, problem]).toEqual([404, 'not-found']);
    expect(await stack.countRows()).toEqual(before);
  });

  test('reading and writing evidence does not allow sharing it', async () => {
    const reader = api.http.as(
      await stack.createKey(tenant, { scopes: ['evidence:read', 'evidence:write'] }),
    );
    for (const answer of [await reader.post(`/v1/evidence/${id}/shares`, {}), await put(reader, id, {})])
      expect([answer.status, answer.problem]).toEqual([403, 'scope-missing']);
    expect((await reader.get(`/v1/evidence/${id}/shares`)).status).toBe(200);
  });

  test('a network that asks too often waits, on every API process; others do not', async () => {
    const settings = { PUBLIC_LOOKUPS_PER_MINUTE: '3', TRUSTED_PROXIES: '127.0.0.1' };
    const [one, two] = [await stack.startApi(settings), await stack.startApi(settings)];
    const ask = (from: TestApi, address: string): Promise<Answer> =>
      from.http.get(`/v1/public/evidence?fingerprint=sha-256:${'0'.repeat(64)}`, {
        'x-forwarded-for': address,
      });
    const statuses = [];
    for (const from of [one, two, one, two]) statuses.push((await ask(from, '2001:db8:1:2::5')).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    const refused = await ask(one, '2001:db8:1:2:ffff::1');
    expect([refused.problem, Number(refused.headers['retry-after'])]).toEqual([
      'rate-limited',
      expect.any(Number),
    ]);
    expect((await ask(one, '2001:db8:1:3::5')).status).toBe(200);
    await Promise.all([one.stop(), two.stop()]);
  });

  test('verifications without a key are counted with the lookups', async () => {
    const strict = await stack.startApi({ PUBLIC_LOOKUPS_PER_MINUTE: '2' });
    await stack.query('DELETE FROM rate_limit');
    const ask = () => strict.http.post('/v1/receipts/verify', { receipt: 'x' });
    expect([(await ask()).status, (await ask()).status]).toEqual([200, 200]);
    const refused = await ask();
    expect([refused.problem, Number(refused.headers['retry-after'])]).toEqual([
      'rate-limited',
      expect.any(Number),
    ]);
    await strict.stop();
  });

  test('without a trusted proxy the header is not believed', async () => {
    const strict = await stack.startApi({ PUBLIC_LOOKUPS_PER_MINUTE: '1' });
    await stack.query('DELETE FROM rate_limit');
    const path = `/v1/shares/${randomBytes(16).toString('base64url')}`;
    const statuses = [];
    for (const address of ['192.0.2.1', '192.0.2.2'])
      statuses.push((await strict.http.get(path, { 'x-forwarded-for': address })).status);
    expect(statuses).toEqual([404, 429]);
    await strict.stop();
  });

  test('tokens and fingerprints of lookups are not in the logs', async () => {
    const { token } = await share({});
    await api.http.get(`/v1/shares/${token}`);
    await lookUp(fingerprintOf(document));
    const logs = stack.logs.join('\n');
    expect(logs).toContain('/v1/shares/:token');
    expect(logs).not.toContain(token);
    expect(logs).not.toContain(fingerprintOf(document).digest);
  });
});

function put(http: HttpClient, id: string, body: object): Promise<Answer> {
  return http.send({
    method: 'PUT',
    path: `/v1/evidence/${id}/publication`,
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
}
