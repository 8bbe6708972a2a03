/**
 * The API's connections: a pool for reads and small writes, and `forOrganization`, the only way to reach a tenant's
 * rows through it. Each such call is one transaction whose row-level security is bound to that organization. A database
 * that is away is a `not-ready`, not an error of ours.
 */
import { createPool } from '@cunzheng/persistence';
import { DatabaseError, type Pool, type PoolClient, type QueryResultRow } from 'pg';
import { ProblemError } from '../problems/problem-error.js';

export class Database {
  readonly pool: Pool;

  constructor(readonly url: string) {
    this.pool = createPool({ connectionString: url, max: 10, application_name: 'cunzheng-api' });
  }

  /** Runs `work` in a transaction that sees the rows of `organization` (internal key) alone. */
  async forOrganization<T>(organization: number, work: (client: PoolClient) => Promise<T>): Promise<T> {
    return await this.bound('app.organizations', organization, work);
  }

  /** Runs `work` in a transaction that sees only what grants of `supervisor` (internal key) name, and changes nothing. */
  async forSupervisor<T>(supervisor: number, work: (client: PoolClient) => Promise<T>): Promise<T> {
    return await this.bound('app.supervisor', supervisor, work);
  }

  private async bound<T>(
    setting: 'app.organizations' | 'app.supervisor',
    organization: number,
    work: (client: PoolClient) => Promise<T>,
  ): Promise<T> {
    const client = await this.pool.connect().catch(explain);
    let broken = false;
    try {
      await client.query('BEGIN');
      await client.query('SELECT set_config($1, $2, true)', [setting, String(organization)]);
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      broken = await client.query('ROLLBACK').then(
        () => false,
        () => true,
      );
      return explain(error);
    } finally {
      client.release(broken);
    }
  }

  /** A query on tables that belong to no organization. */
  async query<R extends QueryResultRow>(text: string, values: unknown[] = []): Promise<R[]> {
    const { rows } = await this.pool.query<R>(text, values).catch(explain);
    return rows;
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}

/** SQLSTATE classes and codes of a server that is away, starting, stopping or full (PostgreSQL, appendix A). */
const AWAY = /^(08|53|57P)/;

/** Throws `not-ready` for a database that is away, and any other error as it is. */
function explain(error: unknown): never {
  const { code, message } = error as { code?: string; message?: string };
  const lost = /^(Connection terminated|timeout exceeded when trying to connect)/.test(message ?? '');
  const unreachable = /^E[A-Z]+$/.test(code ?? '');
  if (!lost && !unreachable && !(error instanceof DatabaseError && AWAY.test(code ?? ''))) throw error;
  throw new ProblemError('not-ready', 'the database does not answer: repeat the request shortly', {
    retryAfterSeconds: 2,
    cause: error,
  });
}
