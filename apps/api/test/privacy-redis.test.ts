/** Nothing private ever goes to Redis: every command that it is sent, and every key and value that it holds. */
import { Redis } from 'ioredis';
import { eventually } from '@test/eventually.js';
import { evidenceOf } from '@test/evidence.js';
import { Planted } from '@test/planted.js';
import { accept, receiptOf } from '@test/receipts.js';
import { answer, Receiver } from '@test/receiver.js';
import { TestRedis } from '@test/redis.js';
import { TestStack } from '@test/stack.js';
import { describeWithTool } from '@test/tools.js';

describeWithTool('redis-server', 'private bytes and Redis', () => {
  const planted = new Planted();
  const commands: string[] = [];
  let redis: TestRedis;
  let client: Redis;
  let monitor: Redis;
  let receiver: Receiver;
  let stack: TestStack;

  beforeAll(async () => {
    redis = await TestRedis.start();
    client = new Redis(redis.url);
    monitor = await client.monitor();
    monitor.on('monitor', (_time: string, args: string[]) => commands.push(args.join(' ')));
    receiver = await Receiver.start(answer(500));
    stack = await TestStack.create({ REDIS_URL: redis.url });
  });
  afterAll(async () => {
    await stack.close();
    await receiver.stop();
    for (const connection of [monitor, client]) connection.disconnect();
    await redis.stop();
  });

  const privateEvidence = (): object => {
    const { fingerprints } = evidenceOf();
    planted.secrets.push(...fingerprints.map(({ digest }) => digest));
    return {
      fingerprints,
      title: planted.text('title'),
      clientRef: planted.text(`reference ${fingerprints[0]!.digest}`),
      metadata: [{ name: planted.text('name'), value: planted.text('value') }],
      signers: [{ name: planted.text('signer'), identifiers: [{ scheme: 'x', value: planted.text('id') }] }],
    };
  };

  test('records that are anchored, told to webhooks and left waiting', async () => {
    const api = await stack.startApi();
    const worker = await stack.startWorker();
    const tenant = await stack.createTenant();
    planted.secrets.push(tenant.token.split('_')[2]!);
    const http = api.http.as(tenant.token);
    const endpoint = {
      url: receiver.url,
      types: ['evidence.anchored'],
      description: planted.text('endpoint'),
    };
    expect((await http.post('/v1/webhook-endpoints', endpoint)).status).toBe(201);
    const { id } = await accept(http, privateEvidence());
    await receiptOf(http, id);
    await eventually('a delivery is tried', () => receiver.received.length > 0);
    await worker.stop();
    await accept(http, privateEvidence());
    const held = await eventually('a job waits', async () => {
      const all = await readEverything(client);
      return all.some(([key]) => /^bull:anchor:[0-9a-f-]{36}$/.test(key)) && all;
    });
    for (const member of ['"parcels":["', '"delivery":"'])
      await eventually(`the monitor has told of ${member}`, () =>
        commands.some((command) => command.includes(member)),
      );
    expect(planted.scanPublic([['commands', Buffer.from(commands.join('\n'))]]).found).toEqual([]);
    expect(planted.scanPublic(held).found).toEqual([]);
    const bodies = receiver.received.map(({ path, headers, body }) => JSON.stringify([path, headers, body]));
    expect(planted.scanPublic([['webhooks', Buffer.from(bodies.join('\n'))]]).found).toEqual([]);
  });
});

/** Keys with their values, read by type. */
async function readEverything(client: Redis): Promise<[string, Buffer][]> {
  const keys = await client.keys('*');
  const read = async (key: string): Promise<unknown> => {
    const type = await client.type(key);
    if (type === 'string') return await client.get(key);
    if (type === 'hash') return await client.hgetall(key);
    if (type === 'list') return await client.lrange(key, 0, -1);
    if (type === 'set') return await client.smembers(key);
    if (type === 'zset') return await client.zrangebyscore(key, '-inf', '+inf');
    if (type === 'stream') return await client.xrange(key, '-', '+');
    if (type === 'none') return null;
    throw new Error(`${key} is a ${type}`);
  };
  return await Promise.all(
    keys.map(async (key): Promise<[string, Buffer]> => [
      key,
      Buffer.from(`${key} ${JSON.stringify(await read(key))}`),
    ]),
  );
}
