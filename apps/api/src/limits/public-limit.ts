/**
 * Strangers may look things up, but only so often: a fixed window of one minute for each network address, counted in
 * PostgreSQL so that all API processes share it. Without the count, guessing fingerprints of likely documents would
 * cost nothing, and having hostile receipts verified neither.
 */
import { type Pool } from 'pg';
import { type RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { ProblemError } from '../problems/problem-error.js';
import { createMinuteLimiter } from './minute-limiter.js';
import { networkOf } from './network.js';

export class PublicLimit {
  private readonly limiter: RateLimiterPostgres;

  constructor(pool: Pool, requestsPerMinute: number) {
    this.limiter = createMinuteLimiter(pool, 'public', requestsPerMinute);
  }

  /** Counts a request from `address`. @throws ProblemError `rate-limited` when the minute's share is used up. */
  async admit(address: string): Promise<void> {
    try {
      await this.limiter.consume(networkOf(address));
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      const retryAfterSeconds = Math.max(1, Math.ceil(error.msBeforeNext / 1_000));
      throw new ProblemError(
        'rate-limited',
        'too many lookups and verifications from your network: wait and repeat',
        {
          retryAfterSeconds,
        },
      );
    }
  }
}
