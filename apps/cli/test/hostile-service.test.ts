/** What the command line makes of services that are absent, busy, broken or malicious. */
import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buildReceipt } from '../../../libs/receipt/test/build-receipt.js';
import { expectOneLineError, runCli, useFolder, type CliRun } from './run-cli.js';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const cwd = useFolder();
const SIGNER = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
let handle: Handler;
let server: Server;
let url: string;
const requests: { path: string; key: string; body: string }[] = [];

beforeAll(async () => {
  writeFileSync(join(cwd, 'file.txt'), 'text');
  await runCli(['keygen', '--out', 'key.pem'], { cwd });
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      requests.push({ path: request.url ?? '', key: String(request.headers['idempotency-key']), body });
      handle(request, response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  requests.length = 0;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const run = (...args: string[]): Promise<CliRun> =>
  runCli(args, { cwd, env: { CUNZHENG_URL: url, CUNZHENG_API_KEY: 'czk_secret' } });
const notarize = (...args: string[]): Promise<CliRun> => run('notarize', 'file.txt', ...args);
const answer =
  (status: number, contentType: string, body: string, headers: Record<string, string> = {}): Handler =>
  (_, response) => {
    response.writeHead(status, { 'content-type': contentType, ...headers }).end(body);
  };
const problem = (status: number, code: string, headers: Record<string, string> = {}): Handler =>
  answer(
    status,
    'application/problem+json',
    JSON.stringify({ type: `urn:cunzheng:problem:${code}`, title: 'No', status, detail: 'do otherwise' }),
    headers,
  );

it('3: nobody answers', async () => {
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  expectOneLineError(
    await notarize('--url', `http://127.0.0.1:${port}`),
    3,
    /127\.0\.0\.1:\d+ does not answer \(ECONNREFUSED\): check --url/,
  );
});

it('asks a busy service again with the same Idempotency-Key', async () => {
  handle = (request, response, body) => {
    const next =
      requests.length === 1
        ? problem(503, 'busy', { 'retry-after': '0' })
        : answer(202, 'application/json', JSON.stringify({ id: SIGNER }));
    next(request, response, body);
  };
  const { exitCode, stdout } = await notarize('--wait', '0', '--json');
  expect({ exitCode, id: (JSON.parse(stdout) as { results: { id: string }[] }).results[0]?.id }).toEqual({
    exitCode: 0,
    id: SIGNER,
  });
  expect(requests).toHaveLength(2);
  expect(requests[0]?.key).toMatch(/^[0-9a-f-]{36}$/);
  expect(requests[1]).toEqual(requests[0]);
});

it('asks again when the connection breaks', async () => {
  handle = (request, response, body) => {
    if (requests.length === 1) request.socket.destroy();
    else answer(202, 'application/json', JSON.stringify({ id: SIGNER }))(request, response, body);
  };
  expect((await notarize('--wait', '0')).exitCode).toBe(0);
  expect(requests[1]).toEqual(requests[0]);
});

it('3: the receipt is not ready in time, and how to fetch it later', async () => {
  handle = (request, response, body) => {
    const next =
      request.method === 'POST'
        ? answer(202, 'application/json', JSON.stringify({ id: SIGNER }))
        : problem(404, 'receipt-pending');
    next(request, response, body);
  };
  const { exitCode, stdout, stderr } = await notarize('--wait', '1');
  expect(exitCode).toBe(3);
  expect(stdout).toMatch(/receipt {2}not ready yet/);
  expect(stderr).toMatch(new RegExp(`cunzheng receipt ID, such as ${SIGNER}`));
});

it('shows what a refusal says, and its problem document as JSON', async () => {
  handle = problem(422, 'invalid-content');
  expectOneLineError(await notarize(), 2, /the service refused \(422\): No: do otherwise/);
  const { stderr } = await notarize('--json');
  expect(JSON.parse(stderr)).toMatchObject({
    exitCode: 2,
    problem: { type: 'urn:cunzheng:problem:invalid-content', status: 422 },
  });
});

it.each<[string, number, RegExp, () => Handler]>([
  [
    'a refusal without a problem document',
    2,
    /refused \(403\): the service answered 403/,
    () => answer(403, 'text/html', '<h1>no</h1>'),
  ],
  ['a broken server', 3, /refused \(500\)/, () => answer(500, 'text/plain', '')],
  [
    'a redirect',
    3,
    /redirects elsewhere/,
    () => answer(307, 'text/plain', '', { location: 'http://127.0.0.1:1/' }),
  ],
  [
    'another kind of service',
    3,
    /something else than a JSON object/,
    () => answer(200, 'text/html', '<html>'),
  ],
  [
    'an answer without an id',
    3,
    /something else than the text id/,
    () => answer(202, 'application/json', '{}'),
  ],
  [
    'an endless answer',
    3,
    /something else than at most 16000000 bytes/,
    () => answer(200, 'application/json', ' '.repeat(16_000_001)),
  ],
  [
    'no receipt at all',
    3,
    /something else than a receipt/,
    () => answer(200, 'application/vnd.cunzheng.receipt+json', '{}'),
  ],
  [
    'a receipt for another document',
    3,
    /something else than a receipt for the fingerprints that were sent/,
    () => answer(200, 'application/vnd.cunzheng.receipt+json', buildReceipt().receipt),
  ],
])('%s: exit code %i, nothing written', async (_, exitCode, message, handler) => {
  handle = handler();
  expectOneLineError(await notarize(), exitCode, message);
  expect(existsSync(join(cwd, 'file.txt.receipt.json'))).toBe(false);
});

describe('a challenge that is something else', () => {
  const foreignKeyid = '0'.repeat(64);
  it.each([
    ['a statement to be signed', 'DSSEv1 43 application/vnd.cunzheng.statement+json 2 {}'],
    [
      'for another signer',
      `cunzheng/key-challenge@v1\norganization firm\nsigner ${SIGNER.replace('3f', '4f')}\nkeyid KEYID\nnonce ${'0'.repeat(32)}\n`,
    ],
    [
      'for another key',
      `cunzheng/key-challenge@v1\norganization firm\nsigner ${SIGNER}\nkeyid ${foreignKeyid}\nnonce ${'0'.repeat(32)}\n`,
    ],
    [
      'with more in it',
      `cunzheng/key-challenge@v1\norganization firm\nsigner ${SIGNER}\nkeyid KEYID\nnonce ${'0'.repeat(32)}\nand 100 yuan\n`,
    ],
  ])('is not signed: %s', async (_, message) => {
    handle = (request, response, body) => {
      const { publicKey } = JSON.parse(body) as { publicKey: string };
      const own = hashKey(publicKey);
      answer(
        200,
        'application/json',
        JSON.stringify({
          challenge: SIGNER,
          message: Buffer.from(message.replace('KEYID', own)).toString('base64'),
        }),
      )(request, response, body);
    };
    expectOneLineError(
      await run('signer', 'add-key', SIGNER, '--key', 'key.pem'),
      3,
      /so nothing was signed/,
    );
    expect(requests).toHaveLength(1);
    expect(requests[0]?.body).not.toContain('signature');
  });
});

function hashKey(publicKey: string): string {
  return createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex');
}
