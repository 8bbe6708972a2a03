/**
 * How many records an organization may send in a minute, over all API processes. Told in `RateLimit` and `RateLimit-Policy`
 * (draft-ietf-httpapi-ratelimit-headers-10 §3 and §4), weighted by records.
 */
import { type FastifyReply } from 'fastify';
import { type Pool } from 'pg';
import { ProblemError } from '../problems/problem-error.js';
import { LeasedLimit, secondsUntil, WINDOW_SECONDS } from './leased-limit.js';

export class OrganizationLimit {
  private readonly limit: LeasedLimit;

  constructor(
    pool: Pool,
    private readonly recordsPerMinute: number,
    private readonly now: () => number,
  ) {
    this.limit = new LeasedLimit(pool, { name: 'records', perMinute: recordsPerMinute, now });
  }

  /** Counts `records` and tells the client how it stands. @throws ProblemError `rate-limited`, `not-ready`. */
  async admit(organization: number, records: number, reply: FastifyReply): Promise<void> {
    const { isTaken, remaining, untilMs } = await this.limit.take(String(organization), records);
    const seconds = secondsUntil(untilMs, this.now());
    void reply
      .header('RateLimit-Policy', `"records";q=${this.recordsPerMinute};w=${WINDOW_SECONDS}`)
      .header('RateLimit', `"records";r=${Math.max(0, remaining)};t=${seconds}`);
    if (isTaken) return;
    const detail = `your organization may send ${this.recordsPerMinute} records a minute`;
    throw new ProblemError('rate-limited', detail, { retryAfterSeconds: Math.max(1, seconds) });
  }
}
