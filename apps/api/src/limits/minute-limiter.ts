/** Counts of a minute in PostgreSQL, which all API processes share: a fixed window from the first point of a key on. */
import { type Pool } from 'pg';
import { RateLimiterPostgres } from 'rate-limiter-flexible';

export const WINDOW_SECONDS = 60;

/** `name` tells this limit's keys from others'; `points` may be consumed for each key in a window. */
export function createMinuteLimiter(pool: Pool, name: string, points: number): RateLimiterPostgres {
  return new RateLimiterPostgres({
    storeClient: pool,
    storeType: 'pool',
    tableName: 'rate_limit',
    // The migration made it; the worker removes what has expired.
    tableCreated: true,
    clearExpiredByTimeout: false,
    keyPrefix: name,
    points,
    duration: WINDOW_SECONDS,
  });
}
