/**
 * One installation under attack: a database, a ledger directory, an organization with a key, and the built programs. The
 * programs of a round are started and ended by the campaigns; what is asked of the database is asked as its owner.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { API_KEY_SCOPES, createApiKeyToken } from '@cunzheng/persistence';
import { HttpClient } from '../test/support/http-client.js';
import { type DatabaseServer, type Role } from './database-server.js';
import { Program, type ProgramName } from './program.js';

export interface InstallationOptions {
  /** Where the ledgers lie; below the installation's own directory if absent. */
  readonly ledgerDir?: string;
  readonly environment?: NodeJS.ProcessEnv;
}

export class Installation {
  readonly #programs: Program[] = [];
  #http: HttpClient | undefined;

  private constructor(
    readonly server: DatabaseServer,
    readonly database: string,
    readonly directory: string,
    readonly ledgerDir: string,
    private readonly owner: pg.Pool,
    private readonly token: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  /** Makes everything but the programs, below `parent`. */
  static async create(
    server: DatabaseServer,
    parent: string,
    options: InstallationOptions = {},
  ): Promise<Installation> {
    const directory = mkdtempSync(join(parent, 'installation-'));
    const database = await server.createDatabase();
    const owner = new pg.Pool({ connectionString: server.url('owner', database), max: 2 });
    // Its server will be restarted.
    owner.on('error', () => undefined);
    const token = await createOrganization(owner);
    const { ledgerDir = join(directory, 'ledger'), environment = {} } = options;
    return new Installation(server, database, directory, ledgerDir, owner, token, environment);
  }

  get trustDir(): string {
    return join(this.directory, 'trust');
  }

  databaseUrl(role: Role): string {
    return this.server.url(role, this.database);
  }

  /** A client with a key for the API that was started last. */
  get http(): HttpClient {
    if (this.#http === undefined) throw new Error('no API was started');
    return this.#http;
  }

  /** Launches a program without waiting for it. */
  launch(name: ProgramName, environment: NodeJS.ProcessEnv = {}): Program {
    const role = name === 'api' ? 'api' : 'worker';
    const program = Program.launch(name, this.directory, {
      PATH: process.env['PATH'],
      NODE_ENV: 'test',
      DATA_DIR: this.directory,
      LEDGER_DIR: this.ledgerDir,
      DATABASE_URL: this.databaseUrl(role),
      PORT: '0',
      LOG_LEVEL: 'debug',
      BATCH_MAX_AGE_MS: '20',
      SWEEP_INTERVAL_MS: '200',
      ...this.environment,
      ...environment,
    });
    this.#programs.push(program);
    return program;
  }

  async startWorker(environment: NodeJS.ProcessEnv = {}): Promise<Program> {
    const worker = this.launch('anchor-worker', environment);
    await worker.ready();
    return worker;
  }

  /** From now on {@link http} leads to this one. */
  async startApi(): Promise<Program> {
    const api = this.launch('api');
    this.useApi(await api.ready());
    return api;
  }

  useApi(port: number): void {
    this.#http?.close();
    this.#http = HttpClient.to(`http://127.0.0.1:${port}`).as(this.token);
  }

  /** Rows of a query as the owner, who sees everything. */
  async query<T extends pg.QueryResultRow>(sql: string): Promise<T[]> {
    return (await this.owner.query<T>(sql)).rows;
  }

  /** Rows of a query as the superuser, who may end others' sessions. */
  async asSuperuser<T extends pg.QueryResultRow>(sql: string): Promise<T[]> {
    const client = new pg.Client({ connectionString: this.databaseUrl('superuser') });
    await client.connect();
    return (await client.query<T>(sql).finally(() => client.end())).rows;
  }

  /** The last words of all programs that were started last, for an error message. */
  lastWords(): string {
    return this.#programs
      .slice(-3)
      .map(({ name, pid, output }) => `--- ${name} ${pid}\n${output.slice(-3_000)}`)
      .join('\n');
  }

  async close(): Promise<void> {
    this.#http?.close();
    for (const program of this.#programs) {
      program.send('SIGCONT');
      await program.end('SIGKILL');
    }
    await this.owner.end();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

async function createOrganization(owner: pg.Pool): Promise<string> {
  const { id, secretSha256, token } = createApiKeyToken();
  const { rows } = await owner.query<{ key: number }>(
    "INSERT INTO organization (id, name) VALUES ('faults', 'Faults') RETURNING key",
  );
  await owner.query('INSERT INTO api_key (id, organization, secret_sha256, scopes) VALUES ($1, $2, $3, $4)', [
    id,
    rows[0]?.key,
    secretSha256,
    [...API_KEY_SCOPES],
  ]);
  return token;
}
