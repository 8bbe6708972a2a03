/**
 * How many records an organization may send in a minute, over all API processes: counted in PostgreSQL, but leased from
 * there in blocks, so that most requests cost no query. A process that ends takes the rest of its lease with it. Told in
 * `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10 §3 and §4), weighted by records.
 */
import { type FastifyReply } from 'fastify';
import { type Pool } from 'pg';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { ProblemError } from '../problems/problem-error.js';

const WINDOW_SECONDS = 60;
/** A lease is this part of the limit: so much may be lost with a process. */
const LEASES = 100;

interface Lease {
  points: number;
  /** What the database had left when it was given. */
  readonly left: number;
  readonly untilMs: number;
}

export class OrganizationLimit {
  private readonly limiter: RateLimiterPostgres;
  private readonly leases = new Map<number, Lease>();

  constructor(
    pool: Pool,
    private readonly recordsPerMinute: number,
    private readonly now: () => number,
  ) {
    this.limiter = new RateLimiterPostgres({
      storeClient: pool,
      storeType: 'pool',
      tableName: 'rate_limit',
      tableCreated: true,
      clearExpiredByTimeout: false,
      keyPrefix: 'records',
      points: recordsPerMinute,
      duration: WINDOW_SECONDS,
    });
  }

  /** Counts `records` and tells the client how it stands. @throws ProblemError `rate-limited`, `not-ready`. */
  async admit(organization: number, records: number, reply: FastifyReply): Promise<void> {
    let lease = this.leases.get(organization);
    if (!lease || lease.untilMs <= this.now() || lease.points < records)
      lease = await this.lease(organization, records, reply);
    lease.points -= records;
    this.tell(reply, lease.left + lease.points, lease.untilMs);
  }

  private async lease(organization: number, records: number, reply: FastifyReply): Promise<Lease> {
    const block = Math.max(records, Math.floor(this.recordsPerMinute / LEASES));
    for (const points of new Set([block, records])) {
      const taken = await this.take(organization, points);
      const untilMs = this.now() + taken.msBeforeNext;
      if (taken.isTaken) {
        const known = this.leases.get(organization);
        const kept = known && known.untilMs > this.now() ? known.points : 0;
        const lease = { points: points + kept, left: taken.remainingPoints, untilMs };
        this.leases.set(organization, lease);
        return lease;
      }
      if (points === records) this.tell(reply, taken.remainingPoints, untilMs);
    }
    const { msBeforeNext } = (await this.limiter.get(String(organization))) ?? { msBeforeNext: 1_000 };
    throw new ProblemError(
      'rate-limited',
      `your organization may send ${this.recordsPerMinute} records a minute`,
      {
        retryAfterSeconds: Math.max(1, Math.ceil(msBeforeNext / 1_000)),
      },
    );
  }

  /** Takes points, or gives back at once what went beyond the limit: a smaller request may still fit. */
  private async take(
    organization: number,
    points: number,
  ): Promise<{ isTaken: boolean; msBeforeNext: number; remainingPoints: number }> {
    const key = String(organization);
    try {
      const { msBeforeNext, remainingPoints } = await this.limiter.consume(key, points);
      return { isTaken: true, msBeforeNext, remainingPoints };
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes))
        throw new ProblemError('not-ready', 'the database does not answer: repeat the request shortly', {
          retryAfterSeconds: 2,
          cause: refusal,
        });
      const { msBeforeNext, remainingPoints } = await this.limiter.reward(key, points);
      return { isTaken: false, msBeforeNext, remainingPoints };
    }
  }

  private tell(reply: FastifyReply, remaining: number, untilMs: number): void {
    const seconds = Math.max(0, Math.ceil((untilMs - this.now()) / 1_000));
    void reply
      .header('RateLimit-Policy', `"records";q=${this.recordsPerMinute};w=${WINDOW_SECONDS}`)
      .header('RateLimit', `"records";r=${Math.max(0, remaining)};t=${seconds}`);
  }
}
