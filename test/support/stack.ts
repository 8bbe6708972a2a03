/**
 * A whole installation for one test file: a database of its own, a ledger in a temporary folder, and as many API and
 * worker instances as the test starts, each built like the real process. Nothing is replaced by a double.
 */
import 'reflect-metadata';
import { createHmac, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { type INestApplicationContext } from '@nestjs/common';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import { pino, type Logger } from 'pino';
import { type DataSource } from 'typeorm';
import {
  ApiKey,
  API_KEY_SCOPES,
  createApiKeyToken,
  createDataSource,
  createPool,
  Organization,
  type ApiKeyScope,
  type RoleName,
} from '@cunzheng/persistence';
import { loadSettings, type Settings } from '@cunzheng/settings';
import { type ApiSettings } from '../../apps/api/src/app.module.js';
import { createApi } from '../../apps/api/src/bootstrap.js';
import { type SequencerSettings } from '../../apps/anchor-worker/src/sequencer/sequencer.js';
import { Worker } from '../../apps/anchor-worker/src/worker.js';
import { WorkerModule, type WorkerDependencies } from '../../apps/anchor-worker/src/worker.module.js';
import { HttpClient } from './http-client.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

type Environment = Partial<Record<keyof Settings, string>>;

export interface TestApi {
  readonly app: NestFastifyApplication;
  readonly url: string;
  /** A client without a key. */
  readonly http: HttpClient;
  stop(): Promise<void>;
}

export interface TestWorker {
  readonly app: INestApplicationContext;
  /** As in the real process: resolves after a stop, rejects when it must not go on. */
  readonly finished: Promise<void>;
  stop(): Promise<void>;
}

/** An organization with one key for everything. */
export interface Tenant {
  readonly key: number;
  readonly id: string;
  readonly token: string;
}

export class TestStack {
  /** Everything that any API or worker of this stack has logged, at any level. */
  readonly logs: string[] = [];
  private readonly stops: (() => Promise<void>)[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly directory: string,
    readonly owner: DataSource,
    private readonly environment: Environment,
  ) {}

  /** `template: null` gives a database without a schema. */
  static async create(environment: Environment = {}, template?: null): Promise<TestStack> {
    const database = await createTestDatabase(template);
    const owner = await createDataSource(database.ownerUrl).initialize();
    return new TestStack(database, mkdtempSync(join(tmpdir(), 'cunzheng-stack-')), owner, environment);
  }

  /**
   * Settings as the process would read them; an environment may name another database. Batches close fast, so that tests
   * need not wait.
   */
  settings(databaseUrl: string, environment: Environment = {}): Settings & { DATABASE_URL: string } {
    const defaults: Environment = {
      NODE_ENV: 'test',
      LOG_LEVEL: 'debug',
      BATCH_MAX_AGE_MS: '20',
      SWEEP_INTERVAL_MS: '200',
      // The first heads would come a minute after the start, into the blocks of whichever test is slow.
      AUDIT_HEAD_INTERVAL_MS: '86400000',
    };
    const given = { ...defaults, ...this.environment, ...environment };
    return loadSettings({ DATABASE_URL: databaseUrl, ...given, DATA_DIR: this.directory }, [
      'DATABASE_URL',
    ]) as ApiSettings;
  }

  async startApi(environment: Environment = {}, databaseUrl = this.database.apiUrl): Promise<TestApi> {
    const app = await createApi(this.settings(databaseUrl, environment), this.logger('api'));
    const clients: HttpClient[] = [];
    const stop = once(async () => {
      for (const client of clients) client.close();
      await app.close();
    });
    try {
      await app.listen({ host: '127.0.0.1', port: 0 });
    } catch (error) {
      await stop();
      throw error;
    }
    const url = `http://127.0.0.1:${(app.getHttpServer().address() as { port: number }).port}`;
    const http = HttpClient.to(url);
    clients.push(http);
    this.stops.push(stop);
    return { app, url, http, stop };
  }

  /** `now` is the worker's clock, `outbound` how its webhooks get out. */
  async startWorker(
    environment: Environment = {},
    now = Date.now,
    outbound: NonNullable<WorkerDependencies['outbound']> = {},
  ): Promise<TestWorker> {
    const settings = this.settings(this.database.workerUrl, environment) as SequencerSettings;
    const pool = createPool({ connectionString: settings.DATABASE_URL, max: 2 });
    try {
      const module = WorkerModule.create({ settings, pool, logger: this.logger('worker'), now, outbound });
      const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
      const stop = once(() => app.close());
      this.stops.push(stop);
      return { app, finished: app.get(Worker).finished, stop };
    } catch (error) {
      await pool.end();
      throw error;
    }
  }

  async createTenant(id = `org-${randomBytes(4).toString('hex')}`): Promise<Tenant> {
    const { key } = await this.owner.getRepository(Organization).save({ id, name: `Organization ${id}` });
    return { key, id, token: await this.createKey({ key }) };
  }

  /** A further key of an organization. */
  async createKey(
    { key }: { key: number },
    {
      scopes = API_KEY_SCOPES,
      roles = [],
      member = null,
      expiresAt = null,
    }: {
      scopes?: readonly ApiKeyScope[];
      roles?: readonly RoleName[];
      member?: string | null;
      expiresAt?: Date | null;
    } = {},
  ): Promise<string> {
    const { id, secretSha256, token } = createApiKeyToken();
    await this.owner.getRepository(ApiKey).insert({
      id,
      organization: key,
      secretSha256,
      scopes: [...scopes],
      roles: [...roles],
      member,
      label: 'test',
      expiresAt,
    });
    return token;
  }

  /** Rows of a query as the owner, who sees everything. */
  async query<T>(sql: string, values: unknown[] = []): Promise<T[]> {
    return await this.owner.query<T[]>(sql, values);
  }

  /** Rows of a query as the superuser, for what only an administrator sees and may do. */
  async asSuperuser<T extends pg.QueryResultRow>(sql: string): Promise<T[]> {
    const client = new pg.Client({ connectionString: this.database.superuserUrl });
    await client.connect();
    const { rows } = await client.query<T>(sql).finally(() => client.end());
    return rows;
  }

  /** Runs `work` while nobody else can read or write `table`; what was waiting goes on afterwards. */
  async locking<T>(table: string, work: () => Promise<T>): Promise<T> {
    const runner = this.owner.createQueryRunner();
    await runner.startTransaction();
    try {
      await runner.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
      return await work();
    } finally {
      await runner.rollbackTransaction();
      await runner.release();
    }
  }

  /** How many connections of the program wait for a lock. */
  async countBlocked(applicationName: string): Promise<number> {
    const rows = await this.asSuperuser(
      `SELECT FROM pg_stat_activity WHERE application_name = '${applicationName}' AND wait_event_type = 'Lock' AND datname = current_database()`,
    );
    return rows.length;
  }

  /** How many rows there are of everything that a request could store. */
  async countRows(): Promise<Record<string, number>> {
    const tables = [
      'evidence',
      'parcel',
      'further_fingerprint',
      'signer',
      'signer_key',
      'key_challenge',
      'idempotency',
      'organization',
      'api_key',
      'member',
    ];
    const counts = tables.map((table) => `(SELECT count(*)::int FROM ${table}) AS ${table}`);
    const [row] = await this.query<Record<string, number>>(`SELECT ${counts.join(', ')}`);
    return row ?? {};
  }

  /** What a text that must be found by equality is stored as: half an HMAC-SHA256 under the lookup key. */
  macOf({ key }: { key: number }, column: string, text: string): Buffer {
    const file = readFileSync(join(this.directory, 'value-keys', 'value-keys.json'), 'utf8');
    const { lookup } = JSON.parse(file) as { lookup: string };
    const mac = createHmac('sha256', Buffer.from(lookup, 'base64')).update(`${key} ${column}\n${text}`);
    return mac.digest().subarray(0, 16);
  }

  /** The directory of a log: of the first one, unless it is named. */
  async logDirectory(name?: string): Promise<string> {
    const [log] = await this.query<{ name: string }>('SELECT name FROM log ORDER BY id LIMIT 1');
    if (!log) throw new Error('no log is open');
    return join(this.directory, 'ledger', name ?? log.name);
  }

  /** Runs `work` when the stack is closed, before what was registered earlier. */
  onClose(work: () => Promise<void>): void {
    this.stops.push(work);
  }

  private logger(name: string): Logger {
    return pino(
      { level: 'trace', name },
      {
        write: (line: string) => {
          this.logs.push(line);
        },
      },
    );
  }

  /** Stops whatever still runs, newest first, and removes everything. */
  async close(): Promise<void> {
    for (const stop of this.stops.reverse()) await stop();
    await this.owner.destroy();
    await this.database.drop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= work());
}
