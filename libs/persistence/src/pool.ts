/** A connection pool that survives its server. */
import pg from 'pg';

/**
 * A pool whose connections may break at any time, idle or in the middle of a transaction: whoever uses one gets the error
 * of its query, and the next use gets a new connection. Without these listeners a broken connection ends the process.
 */
export function createPool(config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({ connectionTimeoutMillis: 5_000, ...config });
  pool.on('error', () => undefined);
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
  });
  return pool;
}
