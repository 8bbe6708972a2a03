/** The public log as HTTP: caching, HEAD, foreign origins, and paths made up by strangers. */
import { connect } from 'node:net';
import fc from 'fast-check';
import { eventually } from '@test/eventually.js';
import { evidenceOf } from '@test/evidence.js';
import { type HttpClient } from '@test/http-client.js';
import { accept } from '@test/receipts.js';
import { TestStack } from '@test/stack.js';

const IMMUTABLE = 'public, max-age=31536000, immutable';
const MAX = Number.MAX_SAFE_INTEGER;

describe('requests to the public log', () => {
  let stack: TestStack;
  let http: HttpClient;
  let prefix: string;
  let url: string;
  let size: number;

  beforeAll(async () => {
    stack = await TestStack.create();
    const api = await stack.startApi();
    await stack.startWorker();
    ({ http, url } = api);
    const tenant = http.as((await stack.createTenant()).token);
    await accept(tenant, evidenceOf());
    await tenant.post('/v1/evidence/batch', { items: Array.from({ length: 300 }, () => evidenceOf()) });
    const [row] = await stack.query<{ name: string }>('SELECT name FROM log');
    prefix = `/logs/${row!.name}`;
    size = await eventually('300 records are published', async () => {
      const answer = await http.get(`${prefix}/checkpoint`);
      const published = answer.status === 200 ? Number(answer.text.split('\n')[1]) : 0;
      return published > 300 && published;
    });
  });

  afterAll(() => stack.close());

  /** Path, media type, whether it is for ever. */
  const resources = (): [string, string, boolean][] => [
    ['/logs', 'application/json; charset=utf-8', false],
    [`${prefix}/log.v1.json`, 'application/json; charset=utf-8', false],
    [`${prefix}/checkpoint`, 'text/plain; charset=utf-8', false],
    [`${prefix}/checkpoints`, 'application/json; charset=utf-8', false],
    [`${prefix}/checkpoints?limit=1`, 'application/json; charset=utf-8', true],
    [`${prefix}/checkpoints/${size}`, 'text/plain; charset=utf-8', false],
    [`${prefix}/tile/0/000`, 'application/octet-stream', true],
    [`${prefix}/tile/0/001.p/${size - 256}`, 'application/octet-stream', true],
    [`${prefix}/tile/1/000.p/1`, 'application/octet-stream', true],
    [`${prefix}/tile/entries/000`, 'application/octet-stream', true],
    [`${prefix}/tile/entries/000.p/7`, 'application/octet-stream', true],
    [`${prefix}/blocks`, 'application/json; charset=utf-8', false],
    [`${prefix}/blocks?limit=1`, 'application/json; charset=utf-8', true],
    [`${prefix}/blocks/0`, 'application/json; charset=utf-8', true],
    [`${prefix}/events`, 'application/json; charset=utf-8', false],
    [`${prefix}/proofs/0`, 'text/plain; charset=utf-8', false],
    [`${prefix}/proofs/0?size=${size}`, 'text/plain; charset=utf-8', false],
  ];

  test('every resource has its type, says how long it holds, and is open to scripts of any page', async () => {
    for (const [path, type, immutable] of resources()) {
      const { status, headers, bytes } = await http.get(path, { origin: 'https://court.example' });
      expect([path, status, headers['content-type']]).toEqual([path, 200, type]);
      expect([path, headers['cache-control']]).toEqual([path, immutable ? IMMUTABLE : 'no-cache']);
      expect(headers['access-control-allow-origin']).toBe('*');
      expect(headers['access-control-allow-credentials']).toBeUndefined();
      expect(headers['set-cookie']).toBeUndefined();
      expect(headers['content-length']).toBe(String(bytes.length));
    }
  });

  test('HEAD answers what GET does, without the body', async () => {
    for (const [path] of resources()) {
      const get = await http.get(path);
      const head = await http.send({ method: 'HEAD', path });
      expect([path, head.status, head.bytes.length]).toEqual([path, 200, 0]);
      for (const name of [
        'content-type',
        'content-length',
        'cache-control',
        'etag',
        'access-control-allow-origin',
      ]) {
        expect([path, name, head.headers[name]]).toEqual([path, name, get.headers[name]]);
      }
    }
    const missing = await http.send({ method: 'HEAD', path: `${prefix}/tile/0/777` });
    expect([missing.status, missing.bytes.length]).toEqual([404, 0]);
  });

  test('what grows has an ETag, and is not sent again to those who have it', async () => {
    for (const [path, , immutable] of resources()) {
      const { headers } = await http.get(path);
      const { etag } = headers;
      expect([path, etag === undefined]).toEqual([path, immutable]);
      if (etag === undefined) continue;
      for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const again = await http.get(path, { 'if-none-match': tag });
        expect([path, again.status, again.bytes.length, again.headers.etag]).toEqual([path, 304, 0, etag]);
        expect(again.headers['access-control-allow-origin']).toBe('*');
      }
      expect((await http.get(path, { 'if-none-match': '"other"' })).status).toBe(200);
    }
  });

  test('a problem is readable for scripts too, and is never cached', async () => {
    for (const path of ['tile/0/777', 'blocks/99999', 'blocks?limit=0', 'proofs/0?size=7', 'events?x=1']) {
      const { status, headers } = await http.get(`${prefix}/${path}`);
      expect([400, 404]).toContain(status);
      expect([path, headers['cache-control'], headers['access-control-allow-origin']]).toEqual([
        path,
        'no-store',
        '*',
      ]);
      expect(headers['content-type']).toMatch(/^application\/problem\+json/);
    }
  });

  test('no key is looked at, and nothing can be changed', async () => {
    expect((await http.get(`${prefix}/checkpoint`, { authorization: 'Bearer nonsense' })).status).toBe(200);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      for (const [path] of resources()) expect((await http.send({ method, path })).status).toBe(404);
    }
  });

  test('a tile has one path: every other spelling is not found', async () => {
    const spellings = [
      ...[
        '0/0',
        '0/00',
        '0/0000',
        '00/000',
        '0/x000/000',
        '0/000/',
        '0//000',
        '/0/000',
        '0/000.p/256',
        '0/000.p/0',
        '0/000.p/01',
      ],
      ...[
        '0/000.p',
        '0/000.p/',
        '0/000.p/-1',
        '0/000.p/7/',
        '0/000.P/7',
        '0/+00',
        '0/-01',
        '0/0x0',
        '0/X000/001',
        '64/000',
        '-1/000',
      ],
      ...[
        '0/%30%30%30',
        '%30/000',
        '0%2f000',
        '0/000%2ep/7',
        '0/000.p%2F7',
        '0/000%00',
        '0/000%20',
        '0/00０',
        '0/%ef%bc%90%ef%bc%90%ef%bc%90',
      ],
      ...[
        '../checkpoint',
        '0/../0/000',
        './0/000',
        '%2e%2e/checkpoint',
        '..%2f..%2fcheckpoint',
        'entries',
        'entries/',
        'entries/0',
        'entries/x000/000',
      ],
      ...[
        'entries/000.p/256',
        'entries/000.p/0',
        'Entries/000',
        'entries/entries/000',
        '8/0/000',
        '1/001',
        '2/000',
        '2/000.p/1',
        '1/000.p/2',
        '1/000',
      ],
      ...[
        `0/002.p/1`,
        `0/001.p/${size - 256 + 1}`,
        '0/001',
        `entries/001.p/${size - 256 + 1}`,
        'entries/001',
        'entries/002.p/1',
      ],
      ...[
        '63/000',
        '63/x999/x999/x999/x999/999',
        '0/x009/x007/x199/x254/x740/991',
        '0/x035/x184/x372/x088/831',
        'entries/x035/x184/x372/x088/831',
      ],
      ...['', '0', '0/', 'x', '0/000?', '0/000#', '0/000;v=1', '0/000/..', '0/000\\', '0/x'.repeat(2_000)],
    ];
    for (const spelling of spellings.filter((path) => !/[?#]$/.test(path))) {
      const path = `${prefix}/tile/${spelling}`;
      // Sent as it is: no client that tidies paths up.
      const status = await rawStatus(url, path);
      expect([spelling, status]).toEqual([spelling, /[^!-~]/.test(spelling) ? 400 : 404]);
    }
    expect(await rawStatus(url, `${prefix}/tile/0/000`)).toBe(200);
    expect(await rawStatus(url, `${prefix.replace('dev', '%64ev')}/tile/0/000`)).toBe(404);
  });

  test('numbers end at 2^53−1, and have one spelling', async () => {
    for (const name of ['blocks', 'checkpoints', 'proofs']) {
      for (const number of [
        MAX,
        '9007199254740992',
        '1'.repeat(400),
        '00',
        '01',
        '+1',
        '-0',
        '-1',
        '1.0',
        '1e3',
        '0x1',
        ' 1',
        '%31x',
        'NaN',
        '１',
        '1,2',
      ]) {
        const answer = await http.get(`${prefix}/${name}/${encodeURI(String(number))}`);
        expect([name, number, answer.status, answer.problem]).toEqual([name, number, 404, 'not-found']);
      }
    }
    for (const list of ['blocks', 'checkpoints', 'events']) {
      expect((await http.get(`${prefix}/${list}?from=${MAX}`)).status).toBe(200);
      for (const query of [
        'from=-1',
        'from=9007199254740992',
        'from=',
        'from=1&from=2',
        'from[]=1',
        'limit=0',
        'limit=1001',
        'limit=1e2',
        'size=1',
        'limit=%00',
        '__proto__=1',
      ]) {
        const answer = await http.get(`${prefix}/${list}?${query}`);
        expect([list, query, answer.problem]).toEqual([list, query, 'malformed-request']);
      }
    }
    expect((await http.get(`${prefix}/events?limit=101`)).problem).toBe('malformed-request');
  });

  test('whatever the path, the answer is a file or a problem, never a failure', async () => {
    const word = fc.constantFrom(
      'tile',
      'entries',
      'checkpoint',
      'checkpoints',
      'blocks',
      'events',
      'proofs',
      'log.v1.json',
      '000',
      '000.p',
      'x001',
      '..',
      '.',
      '',
    );
    const number = fc.oneof(
      fc.maxSafeNat().map(String),
      fc.nat(400).map(String),
      fc.nat(400).map((n) => String(n).padStart(3, '0')),
      fc.bigInt().map(String),
    );
    const noise = fc
      .string({ unit: 'binary', maxLength: 12 })
      .map((text) => encodeURIComponent(Buffer.from(text).toString()));
    const bytes = fc.stringMatching(/^(%[0-9a-f]{2}){1,4}$/);
    const path = fc
      .array(fc.oneof(word, number, noise, bytes), { maxLength: 6 })
      .map((parts) => parts.join('/'));
    const query = fc.option(
      fc.array(fc.tuple(fc.constantFrom('from', 'limit', 'size', 'x'), fc.oneof(number, noise)), {
        maxLength: 3,
      }),
      { nil: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.boolean(), path, query, async (inLog, made, pairs) => {
        const search = pairs.map(([name, value]) => `${name}=${value}`).join('&');
        const answer = await http.get(
          `${inLog ? prefix : '/logs'}/${made}${search === '' ? '' : `?${search}`}`,
        );
        expect([200, 400, 404]).toContain(answer.status);
        if (answer.status !== 200) expect(answer.problem).toMatch(/^(not-found|malformed-request)$/);
      }),
      { numRuns: 1_500 },
    );
    expect(stack.logs.filter((line) => line.includes('"level":50'))).toEqual([]);
  });

  test('the OpenAPI document has every route, each JSON answer with an example', async () => {
    const { paths, components } = (await http.get('/openapi.json')).json<{
      paths: Record<
        string,
        {
          get?: {
            responses: Record<string, { content?: Record<string, { schema?: { $ref?: string } }> }>;
            parameters?: { name: string }[];
          };
        }
      >;
      components: { schemas: Record<string, { example?: unknown }> };
    }>();
    const names = [
      'log.v1.json',
      'checkpoint',
      'tile/{path}',
      'checkpoints',
      'checkpoints/{size}',
      'checkpoints/{size}/timestamps',
      'blocks',
      'blocks/{height}',
      'events',
      'proofs/{leafIndex}',
    ];
    for (const name of ['/logs', ...names.map((path) => `/logs/{log}/${path}`)]) {
      const operation = paths[name]?.get;
      expect([name, Object.keys(operation?.responses['200']?.content ?? {}).length]).toEqual([name, 1]);
      const reference = operation?.responses['200']?.content?.['application/json']?.schema?.$ref;
      if (reference === undefined) continue;
      expect([name, components.schemas[reference.split('/').at(-1)!]?.example]).toEqual([
        name,
        expect.any(Object),
      ]);
    }
    expect(paths['/logs/{log}/blocks']?.get?.parameters?.map((parameter) => parameter.name).sort()).toEqual([
      'from',
      'limit',
      'log',
    ]);
  });
});

/** The status of a GET whose path goes out byte for byte. */
async function rawStatus(url: string, path: string): Promise<number> {
  const { hostname, port } = new URL(url);
  return await new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
    );
    let text = '';
    socket.on('data', (data: Buffer) => (text += data.toString('latin1')));
    socket.on('close', () => {
      resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]));
    });
    socket.on('error', reject);
  });
}
