/** Requests that strangers make us send: to allowed addresses alone, whatever names, certificates and receivers say. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { type Agent } from 'undici';
import { policyFromSettings, type AddressPolicy } from '@cunzheng/webhooks';
import { answer, createTestCertificate, hang, Receiver, type Behaviour } from '@test/receiver.js';
import { describeWithTool } from '@test/tools.js';
import { createGuardedAgent, type GuardOptions } from '../src/outbound/guarded-agent.js';
import { postEvent, type PostOutcome } from '../src/webhooks/post-event.js';

const policyWith = (allowed: string): AddressPolicy =>
  policyFromSettings({ NODE_ENV: 'production', WEBHOOK_PORTS: '443', WEBHOOK_ALLOWED_NETWORKS: allowed });
/** 127.0.0.2 stands for the outside, the rest of loopback for what must not be reached. */
const OUTSIDE = policyWith('127.0.0.2/32');
/** Longer than a test may take: who waits for it fails. */
const PATIENCE_MS = 600_000;

const agents: Agent[] = [];
const receivers: Receiver[] = [];
const servers: Server[] = [];

afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.destroy();
  for (const receiver of receivers.splice(0)) await receiver.stop();
  for (const server of servers.splice(0)) server.close();
});

const receive = async (...args: Parameters<typeof Receiver.start>): Promise<Receiver> => {
  const receiver = await Receiver.start(...args);
  receivers.push(receiver);
  return receiver;
};

async function post(url: string, options: Partial<GuardOptions> = {}): Promise<PostOutcome> {
  const agent = createGuardedAgent({ policy: OUTSIDE, timeoutMs: PATIENCE_MS, ...options });
  agents.push(agent);
  return await send(agent, url, options.timeoutMs);
}

const send = (agent: Agent, url: string, timeoutMs = PATIENCE_MS): Promise<PostOutcome> =>
  postEvent(agent, {
    url: new URL(url),
    headers: { 'webhook-id': 'x' },
    body: '{}',
    timeoutMs,
    stop: new AbortController().signal,
  });

describe('addresses', () => {
  test.each([
    '127.0.0.1',
    '0.0.0.0',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:2]',
    '[::]',
    '2130706433',
    '0x7f.1',
  ])('the literal address %s is not connected to', async (host) => {
    const receiver = await receive();
    expect(await post(`http://${host}:${receiver.port}/`)).toEqual({ error: 'address-not-allowed' });
    expect(receiver.received).toEqual([]);
  });

  test.each([
    ['one that is not allowed', ['127.0.0.1']],
    ['an allowed one and one that is not', ['127.0.0.2', '127.0.0.1']],
    ['an IPv4-mapped one', ['::ffff:127.0.0.2']],
    ['cloud metadata', ['169.254.169.254']],
    ['none that is one', ['nonsense']],
  ])('a name that resolves to %s is not connected to', async (_, addresses) => {
    const receiver = await receive();
    const outcome = await post(`http://hooks.example:${receiver.port}/`, {
      resolve: () => Promise.resolve(addresses),
    });
    expect([outcome, receiver.received]).toEqual([{ error: 'address-not-allowed' }, []]);
  });

  test('a name is resolved once for a connection, and the connection goes where the check looked', async () => {
    const inside = await receive(answer(200, {}, 'secrets'));
    const outside = await receive(answer(204, { connection: 'close' }), undefined, '127.0.0.2', inside.port);
    const answers = [['127.0.0.2'], ['127.0.0.1']];
    let asked = 0;
    const agent = createGuardedAgent({
      policy: OUTSIDE,
      timeoutMs: PATIENCE_MS,
      // Changes its mind after every answer.
      resolve: () => Promise.resolve(answers[asked++ % 2]!),
    });
    agents.push(agent);
    const url = `http://rebinding.example:${inside.port}/`;
    expect(await send(agent, url)).toMatchObject({ status: 204 });
    expect(asked).toBe(1);
    expect(await send(agent, url)).toEqual({ error: 'address-not-allowed' });
    expect([inside.received.length, outside.received.length]).toEqual([0, 1]);
  });

  test('a name without addresses, and a name server that is silent, are failures like others', async () => {
    expect(await post('http://nowhere.example/', { resolve: () => Promise.resolve([]) })).toEqual({
      error: 'name-not-found',
    });
    const silent = await post('http://silent.example/', {
      resolve: () => new Promise(() => undefined),
      timeoutMs: 200,
    });
    expect(silent).toEqual({ error: 'timeout' });
  });
});

describe('receivers', () => {
  const outside = (behaviour: Behaviour): Promise<Receiver> => receive(behaviour, undefined, '127.0.0.2');
  const postTo = async (behaviour: Behaviour): Promise<PostOutcome> => post((await outside(behaviour)).url);

  test('a redirect is an answer and is not followed', async () => {
    const target = await outside(answer(204));
    for (const status of [301, 302, 307, 308])
      expect(await postTo(answer(status, { location: target.url }))).toMatchObject({ status });
    expect(target.received).toEqual([]);
  });

  test('one that hangs is given up in time', async () => {
    const { url } = await outside(hang);
    expect(await post(url, { timeoutMs: 200 })).toEqual({ error: 'timeout' });
  });

  test('the first 2 kB of an answer are kept', async () => {
    const outcome = await postTo(answer(500, {}, 'é'.repeat(5_000)));
    expect([outcome.status, outcome.answer?.length]).toEqual([500, 2_048]);
  });

  test('an answer without end, too slow or shorter than it claims: its status counts, and nobody waits', async () => {
    const endless: Behaviour = (response) => {
      response.writeHead(200);
      const more = (): void => {
        if (!response.destroyed) response.write('x'.repeat(65_536), () => setImmediate(more));
      };
      more();
    };
    expect((await postTo(endless)).answer).toHaveLength(2_048);
    const trickling: Behaviour = (response) => {
      response.writeHead(200).write('a');
    };
    expect((await postTo(trickling)).status).toBe(200);
    const claiming: Behaviour = (response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('short', () => response.destroy());
    };
    const claimed = await postTo(claiming);
    expect([claimed.status, claimed.answer?.toString()]).toEqual([200, 'short']);
  });

  const speaking = async (text: string): Promise<string> => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(text));
    }).listen(0, '127.0.0.2');
    servers.push(server);
    await once(server, 'listening');
    return `http://127.0.0.2:${(server.address() as AddressInfo).port}/`;
  };

  test.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', 'no-http'],
    ['headers without end', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 'no-http'],
    ['nothing', '', 'connection-failed'],
  ])('%s is no answer', async (_, text, error) => {
    expect(await post(await speaking(text))).toEqual({ error });
  });

  test('nobody there is no answer', async () => {
    const gone = await outside(answer(204));
    const { url } = gone;
    await receivers.pop()!.stop();
    expect(await post(url)).toEqual({ error: 'connection-failed' });
  });
});

describeWithTool('openssl', 'TLS', () => {
  test('the certificate must be of the name, by an authority that is trusted', async () => {
    const certificate = createTestCertificate(['hooks.example']);
    const receiver = await receive(answer(204), certificate, '127.0.0.2');
    const resolve = (): Promise<string[]> => Promise.resolve(['127.0.0.2']);
    const url = (name: string): string => `https://${name}:${receiver.port}/`;
    const { ca } = certificate;
    expect(await post(url('hooks.example'), { resolve, ca })).toMatchObject({ status: 204 });
    expect(await post(url('other.example'), { resolve, ca })).toEqual({ error: 'tls-failed' });
    expect(await post(url('hooks.example'), { resolve })).toEqual({ error: 'tls-failed' });
    expect(receiver.received).toHaveLength(1);
  });
});
