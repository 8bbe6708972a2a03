/** Bad input gets a clear problem and changes nothing: every line of it, on the single and on the batch route. */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { accept } from '@test/receipts.js';
import { evidenceOf, type BatchResult, type Problem } from '@test/evidence.js';
import { type Answer, type HttpClient } from '@test/http-client.js';
import { TestStack, type TestApi } from '@test/stack.js';
import { item, ITEMS, PRINT, prints, QUERIES, UNPARSABLE } from './bad-inputs.js';
import { evidenceRequest } from '../src/evidence/evidence.schemas.js';
import { validate } from '../src/http/schema-pipe.js';

describe('bad input', () => {
  let stack: TestStack;
  let api: TestApi;
  let http: HttpClient;

  beforeAll(async () => {
    stack = await TestStack.create({ BODY_LIMIT_BYTES: '3000000' });
    api = await stack.startApi();
    await stack.startWorker();
    http = api.http.as((await stack.createTenant()).token);
    await accept(http, evidenceOf());
  });

  afterAll(() => stack.close());

  /** The answer must be this problem, and the database as it was. */
  async function expectProblem(status: number, code: string, send: () => Promise<Answer>): Promise<Problem> {
    const before = await stack.countRows();
    const answer = await send();
    expect([answer.status, answer.problem]).toEqual([status, code]);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    const problem = answer.json<Problem>();
    expect(problem.status).toBe(status);
    expect(problem.detail.length).toBeGreaterThan(10);
    expect(problem.requestId).toBe(answer.headers['x-request-id']);
    expect(await stack.countRows()).toEqual(before);
    return problem;
  }

  test.each(ITEMS)('item: %s', async (_, body, pointer) => {
    const problem = await expectProblem(422, 'invalid-content', () => http.post('/v1/evidence', body));
    expect(problem.errors?.[0]?.pointer).toBe(pointer);
    // The same item in a batch is refused alike, and its neighbour is stored whatever becomes of it.
    const rows = await stack.countRows();
    const batch = await http.post('/v1/evidence/batch', `{"items":[${body},{"fingerprints":[${PRINT}]}]}`);
    const [refused, stored] = batch.json<{ results: BatchResult[] }>().results;
    expect(batch.status).toBe(200);
    expect(refused).toMatchObject({
      index: 0,
      status: 422,
      problem: { type: 'urn:cunzheng:problem:invalid-content', status: 422 },
    });
    expect(refused?.problem?.errors?.[0]?.pointer).toBe(pointer);
    expect(stored).toMatchObject({ index: 1, status: 202 });
    expect(await stack.countRows()).toEqual({
      ...rows,
      evidence: rows['evidence']! + 1,
      parcel: rows['parcel']! + 1,
    });
  });

  test.each(UNPARSABLE)('unparsable: %s', async (_, body) => {
    for (const path of ['/v1/evidence', '/v1/evidence/batch', '/v1/signers', '/v1/receipts/verify']) {
      await expectProblem(400, 'malformed-json', () => http.post(path, body));
    }
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/json5',
    'nonsense',
  ])('content type %s', async (type) => {
    for (const path of ['/v1/evidence', '/v1/evidence/batch', '/v1/signers', '/v1/receipts/verify']) {
      await expectProblem(415, 'unsupported-media-type', () =>
        http.post(path, prints(`[${PRINT}]`), { 'content-type': type }),
      );
    }
  });

  test('a body without a content type', async () => {
    const send = (): Promise<Answer> =>
      http.send({ method: 'POST', path: '/v1/evidence', body: Buffer.from(prints(`[${PRINT}]`)) });
    await expectProblem(415, 'unsupported-media-type', send);
    await expectProblem(422, 'invalid-content', () => http.send({ method: 'POST', path: '/v1/evidence' }));
  });

  test('JSON with parameters is JSON', async () => {
    const answer = await http.post('/v1/evidence', prints(`[${PRINT}]`), {
      'content-type': 'Application/JSON; charset=UTF-8',
    });
    expect(answer.status).toBe(202);
  });

  test('a body over the limit', async () => {
    const large = item(`"title":"${'x'.repeat(3_000_000)}"`);
    await expectProblem(413, 'body-too-large', () => http.post('/v1/evidence', large));
    await expectProblem(413, 'body-too-large', () => http.post('/v1/evidence/batch', large));
  });

  test('megabytes in a base64 field are refused before any pattern sees them', async () => {
    const envelope = (sig: string): unknown => ({
      payload: 'AAAA',
      payloadType: 'application/vnd.cunzheng.statement+json',
      signatures: [{ keyid: 'a'.repeat(64), sig }],
    });
    for (const length of [4_500_000, 9_900_000]) {
      const outcome = validate(evidenceRequest, { envelope: envelope('A'.repeat(length)) });
      expect(outcome).toMatchObject({ errors: [{ pointer: '/envelope/signatures/0/sig' }] });
    }
    const body = { envelope: envelope('A'.repeat(2_900_000)) };
    await expectProblem(422, 'invalid-content', () => http.post('/v1/evidence', body));
  });

  test('a flood of empty objects is refused before it is built', async () => {
    const flood = `[${Array(300_000).fill('{}').join(',')}]`;
    await expectProblem(400, 'malformed-json', () => http.post('/v1/evidence', flood));
  });

  test('without a key nobody reads the body', async () => {
    await expectProblem(401, 'unauthorized', () => api.http.post('/v1/evidence', '{"not json'));
  });

  test('1,001 items, none, and other things than items', async () => {
    const items = (count: number): string =>
      `{"items":[${Array(count).fill(`{"fingerprints":[${PRINT}]}`).join(',')}]}`;
    for (const body of [
      items(1_001),
      items(0),
      '{}',
      '{"items":{}}',
      '{"items":[1],"atomic":"yes"}',
      '{"items":null}',
      '[]',
    ]) {
      await expectProblem(422, 'invalid-content', () => http.post('/v1/evidence/batch', body));
    }
    const full = await http.post('/v1/evidence/batch', items(1_000));
    expect(full.json<{ results: BatchResult[] }>().results.map(({ status }) => status)).toEqual(
      Array(1_000).fill(202),
    );
  });

  test.each(QUERIES)('query: %s', async (_, query) => {
    await expectProblem(400, 'malformed-request', () => http.get(`/v1/evidence?${query}`));
  });

  test('text that only looks wrong is taken', async () => {
    const fine = item(
      `"title":"\\ud83d\\ude00 \\u001f \\u200b\\uffef","clientRef":"${'😀'.repeat(200)}","sizeBytes":9007199254740991`,
    );
    expect((await http.post('/v1/evidence', fine)).status).toBe(202);
    const found = await http.get(`/v1/evidence?clientRef=${encodeURIComponent('😀'.repeat(200))}`);
    expect(found.json<{ items: unknown[] }>().items).toHaveLength(1);
    const wide = await http.get(
      '/v1/evidence?acceptedFrom=0000-01-01T00:00:00Z&acceptedBefore=9999-12-31T23:59:59.999999Z&limit=1',
    );
    expect(wide.json<{ items: unknown[] }>().items).toHaveLength(1);
  });

  test.each([
    '/v1/evidence/no-uuid',
    '/v1/evidence/no-uuid/receipt',
    `/v1/evidence/${'0'.repeat(36)}`,
    '/v1/evidence/00000000-0000-7000-8000-000000000000',
    '/v1/evidence/00000000-0000-7000-8000-000000000000/receipt',
    '/v1/evidence/a%00b',
    '/v1/evidence/..%2f..%2fetc%2fpasswd',
    `/v1/evidence/${'x'.repeat(2_000)}`,
    '/v1/signers/no-uuid',
    '/v1/nothing',
    '/nothing/at/all?token=x',
    '/v1/evidence/',
    '//v1/evidence',
    '/logs/other/checkpoint',
    '/logs/..%2f..%2fkeys/checkpoint',
    '/logs/..%2f..%2fkeys/tile/0/000',
  ])('path %s', async (path) => {
    await expectProblem(404, 'not-found', () => http.get(path));
  });

  test.each(['/v1/evidence/%zz', '/v1/evidence/%', '/%ff', '/v1/evidence/%c0%ae'])(
    'path %s that is no URL',
    async (path) => {
      await expectProblem(400, 'malformed-request', () => http.get(path));
    },
  );

  test.each([
    ['DELETE', '/v1/evidence'],
    ['PUT', '/v1/evidence'],
    ['PATCH', '/v1/evidence/00000000-0000-7000-8000-000000000000'],
    ['POST', '/v1/evidence/00000000-0000-7000-8000-000000000000'],
    ['GET', '/v1/evidence/batch/items'],
    ['POST', '/health/live'],
    ['OPTIONS', '/v1/evidence'],
    ['PROPFIND', '/v1/evidence'],
  ])('%s %s is no route', async (method, path) => {
    await expectProblem(404, 'not-found', () => http.send({ method, path }));
  });

  test.each([
    ['empty', ''],
    ['with a space', 'a b'],
    ['too long', 'x'.repeat(256)],
    ['outside ASCII', 'é'],
  ])('Idempotency-Key %s', async (_, key) => {
    await expectProblem(400, 'malformed-request', () =>
      http.post('/v1/evidence', prints(`[${PRINT}]`), { 'idempotency-key': key }),
    );
  });

  test('HTTP that is none, and headers that are too large, get a problem as well', async () => {
    const huge = `GET /health/live HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(40_000)}\r\n\r\n`;
    expect(await sendRaw(api.url, huge)).toMatch(
      /^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*malformed-request/,
    );
    expect(await sendRaw(api.url, 'NONSENSE\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*malformed-request/,
    );
    const smuggled =
      'POST /v1/evidence HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
    expect(await sendRaw(api.url, smuggled)).toMatch(
      /^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*malformed-request/,
    );
    expect((await api.http.get('/health/live')).status).toBe(200);
  });

  test('signers: content that does not fit', async () => {
    const bodies = [
      '{}',
      '{"name":""}',
      '{"name":"x","keys":[]}',
      '{"name":"a\\u0000"}',
      '{"name":"\\ud800"}',
      '{"name":"x","identifiers":[]}',
      '{"name":null}',
      '{"name":"x","__proto__":{}}',
    ];
    for (const body of bodies)
      await expectProblem(422, 'invalid-content', () => http.post('/v1/signers', body));
    const signer = (await http.post('/v1/signers', { name: 'x' })).json<{ id: string }>().id;
    const spki = randomBytes(44).toString('base64');
    for (const body of [
      '{}',
      `{"alg":"ed25519","publicKey":"${spki}"}`,
      `{"alg":"ed25519","publicKey":"%%%"}`,
      `{"alg":"ed25519","publicKey":""}`,
      `{"alg":"rsa","publicKey":"${spki}"}`,
      `{"alg":"ed25519","publicKey":"${spki}","challenge":"00000000-0000-4000-8000-000000000000"}`,
      `{"alg":"ed25519","publicKey":"${spki}","signature":"AAAA"}`,
    ]) {
      await expectProblem(422, 'invalid-content', () => http.post(`/v1/signers/${signer}/keys`, body));
    }
  });

  test('receipt verification: content that does not fit', async () => {
    for (const body of [
      '{}',
      '{"receipt":7}',
      '{"receipt":"x","trust":"mine"}',
      '{"receipt":"x","fingerprints":[]}',
      '{"receipt":"x","__proto__":[]}',
    ]) {
      await expectProblem(422, 'invalid-content', () => api.http.post('/v1/receipts/verify', body));
    }
  });
});

/** Sends bytes as they are and gives what comes back until the server closes. */
async function sendRaw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return await new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    // Reset, when the server closes before it has read all of it: the answer has come all the same.
    socket.once('error', () => undefined);
    socket.once('close', () => {
      resolve(text);
    });
  });
}
