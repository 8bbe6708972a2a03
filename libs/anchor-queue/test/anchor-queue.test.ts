/** The anchor queue: the same table of tests on both backends, PostgreSQL and a real redis-server. */
import { type Queue } from 'bullmq';
import {
  AnchorSignals,
  connectQueue,
  consumeAnchorSignals,
  type AnchorConsumer,
  type QueueConnection,
} from '@cunzheng/anchor-queue';
import { eventually } from '@test/eventually.js';
import { freePort, TestRedis } from '@test/redis.js';
import { createTestDatabase, type TestDatabase } from '@test/test-database.js';
import { describeWithTool } from '@test/tools.js';
import pg from 'pg';

/** What a backend must offer to be tested. */
interface Backend {
  /** Connections as the API and as the worker have them. */
  connectApi(): QueueConnection;
  connectWorker(): QueueConnection;
  /** A connection to where nothing listens. */
  connectNowhere(): Promise<QueueConnection>;
  /** Breaks every connection that is open now. */
  interrupt(): Promise<void>;
  stop(): Promise<void>;
}

describe('the anchor queue on PostgreSQL', () => {
  testBackend(startPostgres);
});
describeWithTool('redis-server', 'the anchor queue on Redis', () => {
  testBackend(startRedis);
});

async function startPostgres(): Promise<Backend> {
  const database: TestDatabase = await createTestDatabase();
  return {
    connectApi: () => connectQueue({ redisUrl: undefined, databaseUrl: database.apiUrl }),
    connectWorker: () => connectQueue({ redisUrl: undefined, databaseUrl: database.workerUrl }),
    connectNowhere: async () =>
      connectQueue({ redisUrl: undefined, databaseUrl: `postgres://x:x@127.0.0.1:${await freePort()}/x` }),
    interrupt: async () => {
      const owner = new pg.Client({ connectionString: database.superuserUrl });
      await owner.connect();
      await owner.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      );
      await owner.end();
    },
    stop: () => database.drop(),
  };
}

async function startRedis(): Promise<Backend> {
  const redis = await TestRedis.start();
  const connect = (): QueueConnection =>
    connectQueue({ redisUrl: redis.url, databaseUrl: 'postgres://unused' });
  return {
    connectApi: connect,
    connectWorker: connect,
    connectNowhere: async () =>
      connectQueue({ redisUrl: `redis://127.0.0.1:${await freePort()}`, databaseUrl: 'postgres://unused' }),
    interrupt: async () => {
      await redis.halt();
      await redis.resume();
    },
    stop: () => redis.stop(),
  };
}

function testBackend(start: () => Promise<Backend>): void {
  let backend: Backend;
  const closing: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    backend = await start();
  });

  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  afterAll(() => backend.stop());

  function startSignals(connection = backend.connectApi()): { signals: AnchorSignals; errors: unknown[] } {
    const errors: unknown[] = [];
    const signals = new AnchorSignals(connection, (error) => errors.push(error));
    closing.push(
      () => connection.close(),
      () => signals.close(),
    );
    return { signals, errors };
  }

  function startConsumer(): {
    parcels: string[];
    jobs: string[][];
    consumer: AnchorConsumer;
    errors: unknown[];
  } {
    const connection = backend.connectWorker();
    const [jobs, parcels, errors]: [string[][], string[], unknown[]] = [[], [], []];
    const hear = (ids: readonly string[]): void => {
      jobs.push([...ids]);
      parcels.push(...ids);
    };
    const consumer = consumeAnchorSignals(
      connection,
      (job) => {
        hear(job.parcels);
      },
      (error) => errors.push(error),
    );
    closing.push(
      () => connection.close(),
      () => consumer.close(),
    );
    return { parcels, jobs, consumer, errors };
  }

  /** The queue itself, to look into it. */
  function openQueue(): Queue {
    const connection = backend.connectWorker();
    const queue = connection.createQueue('anchor') as Queue;
    closing.push(
      () => connection.close(),
      () => queue.close(),
    );
    return queue;
  }

  const numbers = (from: number, count: number): string[] =>
    Array.from({ length: count }, (_, index) => String(from + index));

  test('a signal reaches the worker with the ids of its parcels', async () => {
    const { parcels } = startConsumer();
    startSignals().signals.signal('9007199254740993');
    await eventually('the signal arrives', () => parcels.includes('9007199254740993'));
  });

  test('signals that come close together share jobs, and none is missing', async () => {
    const { parcels, jobs } = startConsumer();
    const { signals } = startSignals();
    for (const id of numbers(1_000, 500)) {
      signals.signal(id);
      if (Number(id) % 50 === 0) await new Promise(setImmediate);
    }
    await eventually('all signals arrive', () => parcels.length === 500);
    expect([...parcels].sort()).toEqual(numbers(1_000, 500));
    expect(jobs.length).toBeLessThan(50);
  });

  test('a signal given at the very end of the one before is not forgotten', async () => {
    const { parcels } = startConsumer();
    const { signals } = startSignals();
    for (let id = 0; id < 20; id += 1) {
      signals.signal(String(id));
      await eventually('the signal arrives', () => parcels.includes(String(id)));
    }
  });

  test('signals wait for a worker that comes later', async () => {
    const { signals } = startSignals();
    for (const id of numbers(1, 3)) signals.signal(id);
    await signals.close();
    const { parcels } = startConsumer();
    await eventually('the signals arrive', () => parcels.length === 3);
  });

  test('of several workers one gets each job', async () => {
    const consumers = [startConsumer(), startConsumer(), startConsumer()];
    const { signals } = startSignals();
    for (let id = 0; id < 10; id += 1) {
      signals.signal(String(id));
      await eventually('somebody hears it', () =>
        consumers.some(({ parcels }) => parcels.includes(String(id))),
      );
    }
    expect(consumers.flatMap(({ parcels }) => parcels).sort()).toEqual(numbers(0, 10));
  });

  test('a finished job leaves nothing behind', async () => {
    const queue = openQueue();
    const { parcels } = startConsumer();
    startSignals().signals.signal('1');
    await eventually('the signal arrives', () => parcels.length === 1);
    await eventually('the queue is empty', async () => {
      const counts = await queue.getJobCounts();
      return ['waiting', 'active', 'delayed', 'completed', 'prioritized'].every(
        (state) => (counts[state] ?? 0) === 0,
      );
    });
  });

  test('a job that is not ours fails for good and keeps nobody', async () => {
    const queue = openQueue();
    const failedBefore = await queue.getFailedCount();
    const { parcels } = startConsumer();
    const foreign = [
      { parcels: ['1; DROP TABLE evidence'] },
      { parcels: [1] },
      { fingerprints: ['x'] },
      null,
      'x',
    ];
    for (const [index, data] of foreign.entries())
      await queue.add('parcels', data, { jobId: `foreign-${Date.now()}-${index}`, attempts: 3 });
    startSignals().signals.signal('7');
    await eventually('ours arrives', () => parcels.includes('7'));
    await eventually(
      'the others failed',
      async () => (await queue.getFailedCount()) === failedBefore + foreign.length,
    );
    for (const job of await queue.getFailed()) expect(job.attemptsMade).toBe(1);
    expect(parcels).toEqual(['7']);
  });

  test('interrupted connections are taken up again on both sides', async () => {
    const { parcels } = startConsumer();
    const { signals } = startSignals();
    signals.signal('1');
    await eventually('a signal arrives before the interruption', () => parcels.includes('1'));
    await backend.interrupt();
    let id = 100;
    await eventually('a signal arrives after the interruption', async () => {
      signals.signal(String((id += 1)));
      await new Promise(setImmediate);
      return parcels.some((parcel) => Number(parcel) > 100);
    });
  });

  test('with no server at all nothing is thrown, the trouble is told, and closing ends', async () => {
    const connection = await backend.connectNowhere();
    const errors: unknown[] = [];
    const signals = new AnchorSignals(connection, (error) => errors.push(error));
    for (const id of numbers(1, 100)) signals.signal(id);
    await eventually('the trouble is told', () => errors.length > 0);
    // Neither waits for the server.
    await signals.close();
    await connection.close();
  });
}
