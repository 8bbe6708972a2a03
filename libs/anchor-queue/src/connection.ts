/**
 * One queue, two backends: Redis when `REDIS_URL` is set, else BullMQ's own tables in PostgreSQL, so that a first
 * start needs nothing but a database. Both behave alike and pass the same tests. Jobs hold parcel ids only.
 */
import {
  createPostgresBackend,
  DEFAULT_SCHEMA,
  withBackend,
  Queue,
  Worker,
  type QueueOptions,
  type WorkerOptions,
  type Processor,
} from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import pg from 'pg';

/** Makes queues and workers on the chosen backend and closes what they share. */
export interface QueueConnection {
  createQueue<T>(
    name: string,
    options?: Omit<QueueOptions, 'connection'>,
  ): Pick<Queue<T>, 'add' | 'close' | 'on' | 'waitUntilReady'>;
  createWorker<T>(
    name: string,
    processor: Processor<T>,
    options?: Omit<WorkerOptions, 'connection'>,
  ): Pick<Worker<T>, 'close' | 'on' | 'waitUntilReady'>;
  close(): Promise<void>;
}

export function connectQueue(settings: {
  redisUrl: string | undefined;
  databaseUrl: string;
}): QueueConnection {
  return settings.redisUrl === undefined ? onPostgres(settings.databaseUrl) : onRedis(settings.redisUrl);
}

function onRedis(url: string): QueueConnection {
  // A worker blocks on its connection and must keep trying for ever; BullMQ asks for exactly this setting.
  const connection = new RedisConnections(url, { maxRetriesPerRequest: null, disconnectTimeout: 500 });
  connection.on('error', () => undefined);
  return {
    createQueue: (name, options) => new Queue(name, { ...options, connection }),
    createWorker: (name, processor, options) => new Worker(name, processor, { ...options, connection }),
    close: async () => {
      // To a server that is away QUIT could only be queued.
      if (connection.status === 'ready') await connection.quit().catch(() => undefined);
      connection.disconnectAll();
    },
  };
}

/** Remembers the connections that workers make of it for waiting: one whose server is away cannot close them itself. */
class RedisConnections extends Redis {
  private readonly duplicates: Redis[] = [];

  override duplicate(override?: Partial<RedisOptions>): Redis {
    const copy = super.duplicate(override);
    this.duplicates.push(copy);
    return copy;
  }

  disconnectAll(): void {
    for (const connection of [this, ...this.duplicates]) connection.disconnect();
  }
}

function onPostgres(url: string): QueueConnection {
  const pool = new pg.Pool({
    connectionString: url,
    max: 4,
    keepAlive: true,
    // A pool of ours is taken to look there; `cunzheng admin migrate` makes the tables.
    options: `-c search_path=${DEFAULT_SCHEMA}`,
    application_name: 'cunzheng-queue',
  });
  // A connection may break idle or at work; whoever uses it gets the error, without listeners the process would end.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
  });
  const backend = withBackend(createPostgresBackend);
  return {
    createQueue: (name, options) =>
      new backend.Queue(name, { ...options, connection: pool as never }) as never,
    createWorker: (name, processor, options) =>
      new backend.Worker(name, processor as never, { ...options, connection: pool as never }) as never,
    close: () => pool.end(),
  };
}
