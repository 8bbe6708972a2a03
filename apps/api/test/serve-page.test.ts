/** The page as the API serves it: what goes out with which policy, how long it may be kept, and that nothing else is there. */
import { readdirSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { eventually } from '@test/eventually.js';
import { TestStack, type TestApi } from '@test/stack.js';

describe('the page', () => {
  let stack: TestStack;
  let api: TestApi;
  const assets = readdirSync('dist/apps/web/assets');

  beforeAll(async () => {
    stack = await TestStack.create();
    api = await stack.startApi();
    await stack.startWorker();
    await eventually('the log', async () => (await api.http.get('/logs')).text.includes('"origin"'));
  });

  afterAll(() => stack.close());

  test.each(['/', '/explorer', '/v/0123456789abcdefABCDEF'])(
    '%s is the document, under a strict policy',
    async (path) => {
      const { status, headers, text } = await api.http.get(path);
      expect(status).toBe(200);
      expect(headers['content-type']).toBe('text/html; charset=utf-8');
      expect(headers['cache-control']).toBe('no-cache');
      expect(headers['referrer-policy']).toBe('no-referrer');
      const policy = String(headers['content-security-policy']);
      expect(policy.split('; ')[0]).toBe("default-src 'none'");
      expect(policy).toContain("script-src 'self';");
      expect(policy).toContain("require-trusted-types-for 'script'");
      expect(policy).not.toMatch(/unsafe|\*|https?:/);
      expect(text).not.toMatch(/<script>|<script [^>]*>[^<]|\son\w+=|style=/);
    },
  );

  test.each(assets)('assets/%s is kept for good', async (name) => {
    const { status, headers } = await api.http.get(`/assets/${name}`);
    expect([status, headers['cache-control']]).toEqual([200, 'public, max-age=31536000, immutable']);
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'/);
    expect(String(headers['content-security-policy']).includes('wasm')).toBe(name.startsWith('hash-worker-'));
  });

  test('goes out compressed to who takes it, and once to who has it', async () => {
    const plain = await api.http.get('/');
    const zipped = await api.http.get('/', { 'accept-encoding': 'br, gzip' });
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(zipped.bytes).equals(plain.bytes)).toBe(true);
    expect(
      (await api.http.get('/', { 'accept-encoding': 'gzip;q=0' })).headers['content-encoding'],
    ).toBeUndefined();
    const again = await api.http.get('/', { 'if-none-match': String(plain.headers['etag']) });
    expect([again.status, again.bytes.length]).toEqual([304, 0]);
  });

  test('HEAD answers as GET', async () => {
    const { status, headers, bytes } = await api.http.send({ method: 'HEAD', path: '/' });
    expect([status, bytes.length, headers['content-type']]).toEqual([200, 0, 'text/html; charset=utf-8']);
  });

  test.each([
    '/assets/',
    '/assets/../index.html',
    '/assets/%2e%2e/index.html',
    '/index.html',
    '/v/a/b',
    '/explorer/x',
  ])('%s is nothing', async (path) => {
    const answer = await api.http.get(path);
    expect([answer.status, answer.problem]).toEqual([404, 'not-found']);
  });

  test('verify.html has the log in it', async () => {
    const { text, headers } = await api.http.get('/verify.html');
    const { logs } = (await api.http.get('/logs')).json<{ logs: { origin: string }[] }>();
    expect(text).toContain(`"origin":"${logs[0]!.origin}"`);
    expect(headers['content-security-policy']).toBe("frame-ancestors 'none'");
    expect(text).toMatch(
      /<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'sha256-[^']+' 'wasm-unsafe-eval'; style-src 'sha256-/,
    );
  });
});
