/** The queue of deliveries holds ids and nothing that cannot be lost. */
import { Redis } from 'ioredis';
import { eventually } from '@test/eventually.js';
import { evidenceOf } from '@test/evidence.js';
import { accept } from '@test/receipts.js';
import { answer, hang, Receiver } from '@test/receiver.js';
import { TestRedis } from '@test/redis.js';
import { TestStack } from '@test/stack.js';
import { describeWithTool } from '@test/tools.js';

describeWithTool('redis-server', 'the queue of deliveries on Redis', () => {
  test('emptied, it loses nothing; and it never holds more than ids', async () => {
    const redis = await TestRedis.start();
    const stack = await TestStack.create({
      REDIS_URL: redis.url,
      WEBHOOK_CONCURRENCY: '2',
      CLOCK_BOUND_MS: '2592000000',
    });
    /** How far the worker's clock is ahead. */
    let aheadMs = 0;
    const receiver = await Receiver.start(hang);
    const client = new Redis(redis.url);
    try {
      const api = await stack.startApi();
      await stack.startWorker({}, () => Date.now() + aheadMs);
      const http = api.http.as((await stack.createTenant()).token);
      const endpoint = await http.post('/v1/webhook-endpoints', {
        url: receiver.url,
        types: ['evidence.anchored'],
      });
      expect(endpoint.status).toBe(201);
      const ids: string[] = [];
      for (let sent = 0; sent < 6; sent += 1)
        ids.push((await accept(http, { ...evidenceOf(), title: 'A private title' })).id);
      await eventually('jobs are made', () => receiver.received.length > 0);
      const keys = await client.keys('bull:webhooks:*');
      const held = await Promise.all(keys.map(async (key) => [key, await client.dump(key)]));
      expect(JSON.stringify(held)).not.toContain('private');
      const hashes = await Promise.all(keys.map((key) => client.hget(key, 'data').catch(() => null)));
      for (const data of hashes.filter((text) => text !== null))
        expect(Object.keys(JSON.parse(data) as object).sort()).toEqual(['delivery', 'lease']);
      await client.flushall();
      receiver.behave(answer(204));
      receiver.hangUp();
      // All leases have run out, and what failed is tried again.
      aheadMs = 60_000;
      await eventually('every event is taken', async () => {
        const { items } = (await http.get('/v1/webhook-deliveries')).json<{ items: { state: string }[] }>();
        return items.length === 6 && items.every(({ state }) => state === 'succeeded');
      });
      const told = receiver.ofType('evidence.anchored').map(({ data }) => data['evidence']);
      expect(new Set(told)).toEqual(new Set(ids));
    } finally {
      client.disconnect();
      await stack.close();
      await receiver.stop();
      await redis.stop();
    }
  });
});
