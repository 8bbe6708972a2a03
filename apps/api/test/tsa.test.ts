/**
 * The service as a timestamping authority, held to `openssl ts`: every token it issues is one for OpenSSL, stands in the
 * ledger, and has a receipt; every query that is wrong gets the failure that RFC 3161 has for it.
 */
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { parseReceipt, parseRecord, parseTrust, verifyReceipt, type TrustFiles } from '@cunzheng/receipt';
import { parseTimestampResponse, parseToken, type TimestampError, verifyToken } from '@cunzheng/timestamp';
import { parseCertificate, parsePem } from '@cunzheng/x509';
import fc from 'fast-check';
import { eventually } from '@test/eventually.js';
import { accept, receiptOf } from '@test/receipts.js';
import { evidenceOf } from '@test/evidence.js';
import { mutations } from '@test/mutations.js';
import { CA_EXTENSIONS, OpensslPki, SIGNER_EXTENSIONS, TSA_EXTENSIONS } from '@test/openssl-pki.js';
import { OpensslTsa, type QueryOptions } from '@test/openssl-tsa.js';
import { TestStack, type TestApi, type TestWorker } from '@test/stack.js';
import { describeWithTool } from '@test/tools.js';

const QUERY = 'application/timestamp-query';
const DATA = Buffer.from('a document that nobody sends here\n');
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describeWithTool('openssl', 'the timestamping authority', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cunzheng-tsa-'));
  let pki: OpensslPki;
  let stack: TestStack;
  let api: TestApi;
  let worker: TestWorker;

  beforeAll(async () => {
    pki = new OpensslPki();
    stack = await TestStack.create({
      TSA_ENABLED: 'true',
      TSA_ACCURACY_MS: '1500',
      TSA_QUERIES_PER_MINUTE: '100000',
      OPERATOR_NAME: 'Test Notary',
    });
    api = await stack.startApi();
    worker = await stack.startWorker();
    await eventually('the log', async () => (await stack.query('SELECT FROM log')).length === 1);
  });
  afterAll(async () => {
    await stack.close();
    pki.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  const pemPath = (): string => join(stack.directory, 'tsa', 'tsa.pem');
  const certificates = (): Uint8Array[] =>
    parsePem(
      readFileSync(pemPath(), 'utf8').replace(/-----BEGIN PRIVATE[\s\S]*?END PRIVATE KEY-----\n/, ''),
      'CERTIFICATE',
    );
  const post = async (query: Uint8Array, url = api.url, type = QUERY): Promise<Response> =>
    await fetch(`${url}/tsa`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: new Uint8Array(query),
    });
  const stamp = async (data: Uint8Array, options: QueryOptions = {}, url = api.url): Promise<Uint8Array> => {
    const answer = await post(OpensslTsa.query(pki, data, options), url);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/timestamp-reply']);
    return parseTimestampResponse(new Uint8Array(await answer.arrayBuffer()));
  };
  const verifyByOpenssl = (token: Uint8Array, data: Uint8Array): string => {
    writeFileSync(pki.path('token'), token);
    writeFileSync(pki.path('data'), data);
    writeFileSync(pki.path('roots.pem'), execFileSync('openssl', ['x509', '-in', pemPath()]));
    return pki
      .run([
        'ts',
        '-verify',
        '-in',
        'token',
        '-token_in',
        '-data',
        'data',
        '-CAfile',
        'roots.pem',
        '-untrusted',
        'roots.pem',
      ])
      .toString();
  };

  test.each(['sha256', 'sha384', 'sha512', 'sha3-256', 'sha3-384', 'sha3-512', 'sm3'])(
    'stamps a digest by %s, as OpenSSL confirms',
    async (digest) => {
      const token = await stamp(DATA, { digest });
      expect(verifyByOpenssl(token, DATA)).toContain('Verification: OK');
    },
  );

  test.each<[string, QueryOptions]>([
    ['with nonce and certificate', {}],
    ['without a nonce', { nonce: false }],
    ['without the certificate', { certificate: false }],
  ])('stamps %s', async (_, options) => {
    const query = OpensslTsa.query(pki, DATA, options);
    writeFileSync(pki.path('query'), query);
    const reply = new Uint8Array(await (await post(query)).arrayBuffer());
    writeFileSync(pki.path('reply'), reply);
    writeFileSync(pki.path('roots.pem'), execFileSync('openssl', ['x509', '-in', pemPath()]));
    const verified = pki.run([
      'ts',
      '-verify',
      '-in',
      'reply',
      '-queryfile',
      'query',
      '-CAfile',
      'roots.pem',
      '-untrusted',
      'roots.pem',
    ]);
    expect(verified.toString()).toContain('Verification: OK');
    const { signed, info } = parseToken(parseTimestampResponse(reply));
    expect([signed.certificates.length, info.nonce !== undefined]).toEqual([
      options.certificate === false ? 0 : 1,
      options.nonce !== false,
    ]);
  });

  test('says when, how exactly, and that it is not qualified', async () => {
    const before = Date.now();
    const verified = await verifyToken(nativeCrypto, {
      token: await stamp(DATA),
      stamped: { data: DATA },
      roots: certificates(),
    });
    expect(verified).toMatchObject({
      accuracyMs: 1500,
      tsa: 'O=Test Notary',
      subject: 'O=Test Notary, CN=localhost TSA (not qualified)',
    });
    expect(verified.genTimeMs).toBeGreaterThanOrEqual(before);
    expect(verified.genTimeMs).toBeLessThanOrEqual(Date.now());
    const text = execFileSync('openssl', ['x509', '-in', pemPath(), '-noout', '-text']).toString();
    expect(text).toMatch(/Extended Key Usage: critical\s+Time Stamping\s/);
    expect(text).toMatch(/Explicit Text: Not a qualified timestamp certificate/);
    expect(statSync(pemPath()).mode & 0o777).toBe(0o600);
    expect(statSync(join(stack.directory, 'tsa')).mode & 0o777).toBe(0o700);
  });

  test('every token is a record of the ledger, and its receipt proves it', async () => {
    const token = await stamp(DATA);
    const path = `/tsa/receipts/${sha256(token)}`;
    await eventually('the receipt', async () => (await api.http.get(path)).status === 200);
    const { bytes, headers } = await api.http
      .get(path)
      .then((answer) => ({ bytes: Buffer.from(answer.text), headers: answer.headers }));
    expect(headers['content-type']).toContain('json');
    const record = parseRecord(parseReceipt(bytes).record);
    expect(record).toMatchObject({ kind: 'timestamp-token', assurance: 'none', signers: 0 });
    expect(record.acceptedAtMs).toBe(parseToken(token).info.genTimeMs);
    const trustFile = (name: string): string => readFileSync(join(stack.directory, 'trust', name), 'utf8');
    const files: TrustFiles = { policy: trustFile('policy'), 'trust.json': trustFile('trust.json') };
    const digests = (['sha-256', 'sm3'] as const).map((algorithm) => ({
      algorithm,
      digest: Buffer.from(nativeCrypto.digest(algorithm).hash(token)).toString('hex'),
    }));
    const verify = (document: typeof digests): ReturnType<typeof verifyReceipt> =>
      verifyReceipt(bytes, { crypto: nativeCrypto, trust: parseTrust(nativeCrypto, files), document });
    expect((await verify(digests)).verdict).toBe('holds');
    expect((await verify([{ algorithm: 'sha-256', digest: sha256(DATA) }])).verdict).toBe('other-document');
  });

  test('nothing is answered that is not committed', async () => {
    const count = async (): Promise<number> =>
      (await stack.query<{ n: number }>('SELECT count(*)::int AS n FROM tsa_token'))[0]?.n ?? 0;
    const before = await count();
    // In an object: an async function would wait for a bare promise that it returns.
    const { answer } = await stack.locking('tsa_token', async () => {
      const waiting = post(OpensslTsa.query(pki, DATA));
      let isAnswered = false;
      void waiting.then(() => (isAnswered = true));
      await eventually('the insert waits', async () => (await stack.countBlocked('cunzheng-api')) > 0);
      expect(isAnswered).toBe(false);
      return { answer: waiting };
    });
    expect((await answer).status).toBe(200);
    await eventually('stored', async () => (await count()) === before + 1);
  });

  test('serial numbers are unique over two processes, and both have the same key', async () => {
    const second = await stack.startApi();
    const urls = [api.url, second.url];
    const queries = Array.from({ length: 40 }, (_, i) => ({
      query: OpensslTsa.query(pki, Buffer.from([i])),
      url: urls[i % 2]!,
    }));
    const tokens = await Promise.all(
      queries.map(async ({ query, url }) =>
        parseTimestampResponse(new Uint8Array(await (await post(query, url)).arrayBuffer())),
      ),
    );
    expect(new Set(tokens.map((token) => parseToken(token).info.serialNumber)).size).toBe(tokens.length);
    expect(await stack.query('SELECT FROM tsa_key')).toHaveLength(1);
    await second.stop();
  });

  test.each<[string, (query: Uint8Array) => Uint8Array, RegExp]>([
    ['nothing', () => new Uint8Array(), /status 2 \(badDataFormat\)/],
    ['no DER', () => Uint8Array.of(1, 2, 3), /status 2 \(badDataFormat\)/],
    ['half a query', (query) => query.subarray(0, 20), /status 2 \(badDataFormat\)/],
    ['more than a query', (query) => Uint8Array.of(...query, 0), /status 2 \(badDataFormat\)/],
    [
      'another version',
      (query) => Uint8Array.from(query, (byte, i) => (i === 4 ? 2 : byte)),
      /status 2 \(badRequest\)/,
    ],
    ['SHA-1', () => OpensslTsa.query(pki, DATA, { digest: 'sha1' }), /status 2 \(badAlg\)/],
    [
      'another policy',
      () => OpensslTsa.query(pki, DATA, { policy: '1.2.3' }),
      /status 2 \(unacceptedPolicy\)/,
    ],
  ])('a query that is %s is rejected, as OpenSSL reads it too', async (_, change, message) => {
    const answer = await post(change(OpensslTsa.query(pki, DATA, { nonce: false })));
    const reply = new Uint8Array(await answer.arrayBuffer());
    expect(answer.status).toBe(200);
    expect(() => parseTimestampResponse(reply)).toThrow(message);
    writeFileSync(pki.path('rejected'), reply);
    expect(pki.run(['ts', '-reply', '-in', 'rejected', '-text']).toString()).toMatch(/Status: Rejected/);
  });

  test('our own policy may be asked for by name', async () => {
    const { policy } = parseToken(await stamp(DATA)).info;
    expect(parseToken(await stamp(DATA, { policy })).info.policy).toBe(policy);
  });

  test('an address may ask only so often, over all processes, and is told when again', async () => {
    const few = { TSA_QUERIES_PER_MINUTE: '3', TRUSTED_PROXIES: '127.0.0.1' };
    const [first, second] = [await stack.startApi(few), await stack.startApi(few)];
    const query = OpensslTsa.query(pki, DATA);
    const ask = async ({ url }: TestApi, from: string): Promise<Response> =>
      await fetch(`${url}/tsa`, {
        method: 'POST',
        headers: { 'content-type': QUERY, 'x-forwarded-for': from },
        body: new Uint8Array(query),
      });
    const statuses: number[] = [];
    for (const api of [first, second, first, second, first, first]) {
      statuses.push((await ask(api, '2001:db8::1')).status);
    }
    expect(statuses).toEqual([200, 200, 200, 429, 429, 429]);
    const refused = await ask(second, '2001:db8::2');
    expect(await refused.json()).toMatchObject({ type: 'urn:cunzheng:problem:rate-limited' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await ask(second, '2001:db8:0:1::1')).status).toBe(200);
    for (const api of [first, second]) await api.stop();
  });

  test('other bodies and unknown tokens are problems', async () => {
    expect((await post(new Uint8Array(5_000))).status).toBe(413);
    expect((await post(Buffer.from('{}'), api.url, 'application/json')).status).toBe(415);
    expect((await post(Buffer.from('x'), api.url, 'text/plain')).status).toBe(415);
    expect((await api.http.get(`/tsa/receipts/${'0'.repeat(64)}`)).status).toBe(404);
    expect((await api.http.get('/tsa/receipts/x')).status).toBe(404);
  });

  test('mutated queries get a token or a rejection, never an error', async () => {
    await fc.assert(
      fc.asyncProperty(mutations(OpensslTsa.query(pki, DATA)), async (query) => {
        const answer = await post(query);
        expect(answer.status).toBe(200);
        try {
          parseTimestampResponse(new Uint8Array(await answer.arrayBuffer()));
        } catch (error) {
          expect(error).toMatchObject({ code: 'response-rejected' } satisfies Partial<TimestampError>);
        }
      }),
      { seed: 3161, numRuns: 150 },
    );
  });

  test('the commands of the documentation work', () => {
    const page = readFileSync('docs/api/tsa.md', 'utf8');
    const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, code]) => code!);
    const commands = blocks.filter((code) => !code.startsWith('cunzheng')).join('');
    writeFileSync(pki.path('contract.txt'), DATA);
    const run = promisify(execFile)('bash', ['-e', '-c', commands], {
      cwd: pki.directory,
      env: { ...process.env, url: api.url },
    });
    return expect(run).resolves.toMatchObject({
      stdout: expect.stringContaining('Verification: OK') as string,
    });
  });

  test('is off unless it is turned on; receipts stay', async () => {
    const token = await stamp(DATA);
    const off = await stack.startApi({ TSA_ENABLED: 'false' });
    expect((await post(OpensslTsa.query(pki, DATA), off.url)).status).toBe(404);
    await eventually(
      'the receipt',
      async () => (await off.http.get(`/tsa/receipts/${sha256(token)}`)).status === 200,
    );
    await off.stop();
  });

  test('stamps with a certificate from elsewhere, and refuses one that clients would refuse', async () => {
    const root = pki.issue({ name: 'root', extensions: CA_EXTENSIONS });
    const middle = pki.issue({ name: 'middle', issuer: root, extensions: CA_EXTENSIONS });
    const good = pki.issue({ name: 'good', issuer: middle, extensions: TSA_EXTENSIONS, key: 'rsa-2048' });
    const signer = pki.issue({ name: 'signer', issuer: middle, extensions: SIGNER_EXTENSIONS });
    const use = (key: string, ...pems: string[]): void => {
      writeFileSync(join(directory, 'tsa.pem'), readFileSync(key, 'utf8') + pems.join(''));
      chmodSync(join(directory, 'tsa.pem'), 0o600);
    };
    use(good.keyPath, good.pem, middle.pem);
    const other = await stack.startApi({ TSA_KEYS_DIR: directory });
    const verified = await verifyToken(nativeCrypto, {
      token: await stamp(DATA, {}, other.url),
      stamped: { data: DATA },
      roots: [root.der],
    });
    expect(verified.path).toHaveLength(3);
    await other.stop();
    use(signer.keyPath, signer.pem);
    await expect(stack.startApi({ TSA_KEYS_DIR: directory })).rejects.toThrow(/is not for timestamping/);
    use(signer.keyPath, good.pem);
    await expect(stack.startApi({ TSA_KEYS_DIR: directory })).rejects.toThrow(/for another key/);
  });

  test('a worker takes no stamp of its own service', async () => {
    await worker.stop();
    writeFileSync(join(directory, 'list'), `${api.url}/tsa Ourselves\n`);
    writeFileSync(join(directory, 'roots.pem'), execFileSync('openssl', ['x509', '-in', pemPath()]));
    await stack.startWorker({
      TSA_LIST_FILE: join(directory, 'list'),
      TSA_ROOTS_FILE: join(directory, 'roots.pem'),
      ATTEST_INTERVAL_MS: '100',
    });
    const { token } = await stack.createTenant();
    const http = api.http.as(token);
    const { id } = await accept(http, evidenceOf());
    await receiptOf(http, id);
    await eventually('refused', () =>
      Promise.resolve(stack.logs.some((line) => line.includes('signed with our own key'))),
    );
    expect(await stack.query('SELECT FROM checkpoint_timestamp')).toEqual([]);
    expect(parseCertificate(certificates()[0]!).keyUsage).toEqual(new Set(['digitalSignature']));
  });
});
