/**
 * The API's connections: a pool for reads and small writes, and `forOrganization`, the only way to reach a tenant's
 * rows through it. Each such call is one transaction whose row-level security is bound to that organization.
 */
import { Pool, type PoolClient, type QueryResultRow } from 'pg';

export class Database {
  readonly pool: Pool;

  constructor(readonly url: string) {
    this.pool = new Pool({ connectionString: url, max: 10, connectionTimeoutMillis: 5_000, application_name: 'cunzheng-api' });
    // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
    this.pool.on('error', () => undefined);
  }

  /** Runs `work` in a transaction that sees the rows of `organization` (internal key) alone. */
  async forOrganization<T>(organization: number, work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let broken = false;
    try {
      await client.query('BEGIN');
      await client.query("SELECT set_config('app.organizations', $1, true)", [String(organization)]);
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      broken = await client.query('ROLLBACK').then(() => false, () => true);
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /** A query on tables that belong to no organization. */
  async query<R extends QueryResultRow>(text: string, values: unknown[] = []): Promise<R[]> {
    const { rows } = await this.pool.query<R>(text, values);
    return rows;
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}
