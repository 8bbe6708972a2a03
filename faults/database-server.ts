/** A PostgreSQL server of this run's own, so that it may be stopped, crashed and started again under everything. */
import { rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import {
  embeddedUrl,
  ensurePostgres,
  migrate,
  provision,
  type EmbeddedPostgres,
} from '@cunzheng/persistence';
import { eventually } from '../test/support/eventually.js';
import { SteadyPort } from './steady-port.js';
import { PATIENCE_MS } from './patience.js';

const TEMPLATE = 'cunzheng_template';

export type Role = 'owner' | 'api' | 'worker' | 'superuser';

export class DatabaseServer {
  private constructor(
    private readonly directory: string,
    private server: EmbeddedPostgres,
    private readonly front: SteadyPort,
  ) {}

  /** Starts a server below `directory`, with a migrated template. */
  static async start(directory: string): Promise<DatabaseServer> {
    const server = await ensurePostgres(join(directory, 'postgres'));
    await provision(server, TEMPLATE);
    await migrate(embeddedUrl(server, 'owner', TEMPLATE));
    return new DatabaseServer(directory, server, await SteadyPort.open(server.port));
  }

  /** A URL that outlives restarts. */
  url(role: Role, database: string): string {
    const url = new URL(embeddedUrl(this.server, role, database));
    url.port = String(this.front.port);
    return url.href;
  }

  /** A fresh migrated database; gives its name. */
  async createDatabase(): Promise<string> {
    const name = `faults_${randomBytes(6).toString('hex')}`;
    const client = new pg.Client({ connectionString: embeddedUrl(this.server, 'superuser', 'postgres') });
    await client.connect();
    await client
      .query(`CREATE DATABASE ${name} OWNER cunzheng TEMPLATE ${TEMPLATE}`)
      .finally(() => client.end());
    return name;
  }

  /** `crash`: every session dies without a word and the server starts with the recovery of its own log. */
  async restart(how: 'orderly' | 'crash'): Promise<void> {
    if (how === 'orderly') await this.server.stop();
    else {
      process.kill(this.server.pid, 'SIGQUIT');
      await eventually('PostgreSQL is gone', () => !this.server.isAlive(), PATIENCE_MS);
    }
    this.server = await ensurePostgres(join(this.directory, 'postgres'));
    this.front.leadTo(this.server.port);
  }

  async stop(): Promise<void> {
    await this.front.close();
    await this.server.stop();
    rmSync(join(this.directory, 'postgres'), { recursive: true, force: true });
  }
}
