/**
 * How many timestamp queries may come in a minute from one network address, over all API processes: every token is a record
 * for good, and anybody may ask for one. Refused by HTTP (429, Retry-After) and not by a PKIFailureInfo: RFC 3161 has none
 * that says "later", and proxies that limit answer likewise.
 */
import { type Pool } from 'pg';
import { ProblemError } from '../problems/problem-error.js';
import { LeasedLimit, secondsUntil } from './leased-limit.js';
import { networkOf } from './network.js';

export class TsaLimit {
  private readonly limit: LeasedLimit;

  constructor(
    pool: Pool,
    queriesPerMinute: number,
    private readonly now: () => number,
  ) {
    this.limit = new LeasedLimit(pool, { name: 'tsa', perMinute: queriesPerMinute, now });
  }

  /** Counts a query from `address`. @throws ProblemError `rate-limited`, `not-ready`. */
  async admit(address: string): Promise<void> {
    const { isTaken, untilMs } = await this.limit.take(networkOf(address), 1);
    if (isTaken) return;
    throw new ProblemError('rate-limited', 'too many timestamp queries from your network: wait and repeat', {
      retryAfterSeconds: Math.max(1, secondsUntil(untilMs, this.now())),
    });
  }
}
