/** (d) PostgreSQL restarts or crashes, Redis is emptied or restarts, under load: API and worker go on by themselves. */
import { setTimeout as delay } from 'node:timers/promises';
import { TestRedis } from '../../test/support/redis.js';
import { promise } from '../fault-error.js';
import { Target, type Arena, type Counts } from '../target.js';

const MAX_UNDER_LOAD_MS = 400;

export async function restartServers(arena: Arena, rounds: number): Promise<Counts> {
  const { random, progress, server } = arena;
  const redis = await TestRedis.start();
  const faults: Readonly<Record<string, () => Promise<void>>> = {
    'PostgreSQL restarted': () => server.restart('orderly'),
    'PostgreSQL crashed': () => server.restart('crash'),
    'Redis emptied': () => redis.flush(),
    'Redis restarted empty': async () => {
      await redis.halt();
      await redis.resume();
    },
  };
  // What a queue forgot is found by the sweep; with the usual one of 200 ms nobody would see the queue at work.
  const environment = { REDIS_URL: redis.url, SWEEP_INTERVAL_MS: '1000' };
  const target = await Target.create(arena, { environment });
  const counts: Counts = {};
  try {
    const programs = [await target.installation.startWorker(), await target.installation.startApi()];
    await target.load.send(1);
    await target.check('the first record');
    for (let round = 0; round < rounds; round += 1) {
      const names = Object.keys(faults);
      // Each in turn, at a random moment.
      const name = names[round % names.length] as string;
      target.beginLoad();
      await delay(random.below(MAX_UNDER_LOAD_MS));
      await faults[name]?.();
      await delay(random.below(MAX_UNDER_LOAD_MS));
      counts[name] = (counts[name] ?? 0) + 1;
      await target.check(name);
      const ended = programs.find(({ isRunning }) => !isRunning);
      promise(ended === undefined, () => `${ended?.name ?? ''} ended after: ${name}`);
      progress(round + 1, rounds, `restarts, ${target.load.acknowledged.length} records`);
    }
    await target.inspection.checkEverything();
    return { ...counts, ...target.counts };
  } finally {
    await target.close();
    await redis.stop();
  }
}
