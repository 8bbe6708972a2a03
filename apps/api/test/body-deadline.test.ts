/**
 * Bodies that come too slowly, by real clients over real sockets: cut off with a problem document, unless they are streams
 * that go on. Only the interval of the deadline is the test's own, so it strikes when the test says, and never because the
 * machine was busy.
 */
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { eventually } from '@test/eventually.js';
import { limitBodies } from '../src/http/body-deadline.js';
import { useNdjson } from '../src/http/ndjson-body.js';

const LIMIT_MS = 60_000;
/** All that jest would take but intervals. */
const REAL = [
  ...(['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask'] as const),
  ...(['setImmediate', 'clearImmediate', 'setTimeout', 'clearTimeout'] as const),
];

interface Client {
  readonly socket: Socket;
  /** The other end of it. */
  readonly served: Socket;
  received: string;
  readonly ended: Promise<unknown>;
}

describe('bodies have a deadline', () => {
  let fastify: FastifyInstance;
  let begun = 0;
  /** Until then nothing of an import is read. */
  let reading = Promise.resolve();
  const sockets: Socket[] = [];

  beforeAll(async () => {
    jest.useFakeTimers({ doNotFake: REAL });
    fastify = Fastify();
    limitBodies(fastify);
    useNdjson(fastify);
    fastify.addHook('onRequest', (_request, _reply, done) => {
      begun += 1;
      done();
    });
    fastify.post('/v1/evidence', ({ body }) => ({ body }));
    fastify.post('/v1/imports', async ({ body }) => {
      let bytes = 0;
      await reading;
      for await (const chunk of body as AsyncIterable<Buffer>) bytes += chunk.length;
      return { bytes };
    });
    await fastify.listen({ host: '127.0.0.1', port: 0 });
  });

  afterAll(async () => {
    jest.useRealTimers();
    for (const socket of sockets) socket.destroy();
    await fastify.close();
  });

  /** Sends the head of a request and what is given of its body; resolves when the request has begun. */
  const begin = async (path: string, headers: readonly string[], body: string): Promise<Client> => {
    const before = begun;
    const connection = once(fastify.server, 'connection') as Promise<[Socket]>;
    const socket = connect((fastify.server.address() as AddressInfo).port, '127.0.0.1');
    sockets.push(socket);
    const [served] = await connection;
    const client: Client = { socket, served, received: '', ended: once(socket, 'close') };
    socket.setEncoding('latin1').on('data', (text: string) => (client.received += text));
    const head = [`POST ${path} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n');
    socket.write(head + body);
    await eventually('it has begun', () => Promise.resolve(begun > before));
    return client;
  };
  const sendMore = async ({ socket, served }: Client, text: string): Promise<void> => {
    const before = served.bytesRead;
    socket.write(text);
    await eventually('it has come', () => Promise.resolve(served.bytesRead > before));
  };
  const strike = (): void => {
    jest.advanceTimersByTime(LIMIT_MS);
  };
  const expectCutOff = async (client: Client): Promise<void> => {
    await client.ended;
    expect(client.received).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(client.received).toContain('Content-Type: application/problem+json');
    expect(client.received).toContain('the request did not arrive in time');
  };
  const json = ['Content-Type: application/json'];
  const lines = ['Content-Type: application/x-ndjson', 'Transfer-Encoding: chunked'];

  test.each([
    ['whose length was said', '/v1/evidence', [...json, 'Content-Length: 10'], '{"a"'],
    ['of unknown length', '/v1/evidence', [...json, 'Transfer-Encoding: chunked'], '4\r\n{"a"\r\n'],
    ['of which nothing came', '/v1/evidence', [...json, 'Content-Length: 10'], ''],
  ])('a body %s that stops is cut off', async (_, path, headers, body) => {
    const client = await begin(path, headers, body);
    jest.advanceTimersByTime(LIMIT_MS - 1);
    expect(client.served.destroyed).toBe(false);
    jest.advanceTimersByTime(1);
    await expectCutOff(client);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('a body that trickles in is cut off all the same: it might never end', async () => {
    const client = await begin('/v1/evidence', [...json, 'Content-Length: 1000000'], '"');
    await sendMore(client, 'x');
    strike();
    await expectCutOff(client);
  });

  test('a stream may take as long as it needs, but not pause', async () => {
    const client = await begin('/v1/imports', lines, '');
    for (let minute = 0; minute < 10; minute++) {
      await sendMore(client, '1\r\n\n\r\n');
      strike();
      expect(client.served.writable).toBe(true);
    }
    strike();
    await expectCutOff(client);
  });

  test('a stream that we hold back is not cut off, until all is read and it pauses itself', async () => {
    let read: () => void = () => undefined;
    reading = new Promise((resolve) => (read = resolve));
    const client = await begin('/v1/imports', lines, '');
    await sendMore(client, '1\r\n\n\r\n');
    for (let minute = 0; minute < 3; minute++) strike();
    expect(client.served.writable).toBe(true);
    read();
    await reading;
    await sendMore(client, '1\r\n\n\r\n');
    strike();
    expect(client.served.writable).toBe(true);
    strike();
    await expectCutOff(client);
  });

  test('a stream that ends is answered, and nothing is left that could cut off the next request', async () => {
    const client = await begin('/v1/imports', lines, '1\r\n\n\r\n');
    await sendMore(client, '0\r\n\r\n');
    await eventually('the answer', () => Promise.resolve(client.received.includes('{"bytes":1}')));
    strike();
    expect(jest.getTimerCount()).toBe(0);
    expect(client.served.writable).toBe(true);
  });
});
