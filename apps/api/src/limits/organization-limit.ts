/**
 * How many records an organization may send in a minute and in a month, over all API processes: as the operator has set it for
 * the organization, else as the service is set. Told in `RateLimit` and `RateLimit-Policy`
 * (draft-ietf-httpapi-ratelimit-headers-10 §3 and §4), weighted by records. The month is held to where records are stored,
 * because what was stored before costs nothing; here it is told.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { readQuotaUsed } from '@cunzheng/persistence';
import { type FastifyReply } from 'fastify';
import { type Principal } from '../auth/principal.js';
import { type Database } from '../database/database.js';
import { ProblemError } from '../problems/problem-error.js';
import { LeasedLimit, secondsUntil } from './leased-limit.js';
import { WINDOW_SECONDS } from './minute-limiter.js';
import { monthOf } from './month-quota.js';

/** A stream takes this part of a minute at a time: all at once would never be there while others send a little. */
const PIECES = 10;
/** How often a stream that waits looks: a refusal is remembered for as long. */
const POLL_MS = 1_000;

type Sender = Pick<Principal, 'organizationKey' | 'limits'>;

/** What an organization may send, and what it has sent in this month. */
export interface LimitsInForce {
  readonly recordsPerMinute: number;
  readonly recordsPerMonth?: number;
  /** Of the month's quota. */
  readonly recordsLeft?: number;
}

export class OrganizationLimit {
  /** By records a minute. Each counts by itself: leases of another size would use up a smaller limit. */
  private readonly rates = new Map<number, LeasedLimit>();

  constructor(
    private readonly database: Database,
    private readonly recordsPerMinute: number,
    private readonly now: () => number,
  ) {}

  /** Counts `records` in the minute and tells the client how it stands. @throws ProblemError `rate-limited`, `not-ready`. */
  async admit(sender: Sender, records: number, reply: FastifyReply): Promise<void> {
    const perMinute = this.perMinute(sender);
    const { isTaken, remaining, untilMs } = await this.rate(perMinute).take(
      String(sender.organizationKey),
      records,
    );
    const nowMs = this.now();
    const seconds = secondsUntil(untilMs, nowMs);
    const policies = [`"records";q=${perMinute};w=${WINDOW_SECONDS}`];
    const states = [`"records";r=${Math.max(0, remaining)};t=${seconds}`];
    const { recordsPerMonth, recordsLeft = 0 } = await this.inForce(sender);
    if (recordsPerMonth !== undefined) {
      const { startMs, endMs } = monthOf(nowMs);
      const left = recordsLeft >= records && isTaken ? recordsLeft - records : recordsLeft;
      policies.push(`"month";q=${recordsPerMonth};w=${(endMs - startMs) / 1_000}`);
      states.push(`"month";r=${left};t=${secondsUntil(endMs, nowMs)}`);
    }
    void reply.header('RateLimit-Policy', policies.join(', ')).header('RateLimit', states.join(', '));
    if (isTaken) return;
    const detail = `your organization may send ${perMinute} records a minute`;
    throw new ProblemError('rate-limited', detail, { retryAfterSeconds: Math.max(1, seconds) });
  }

  /**
   * Counts `records` piece by piece and waits for the next minute when this one's are used up: for streams that can be held
   * back. @throws ProblemError `not-ready`; AbortError.
   */
  async admitWhenFree(sender: Sender, records: number, signal: AbortSignal): Promise<void> {
    const perMinute = this.perMinute(sender);
    const piece = Math.max(1, Math.floor(perMinute / PIECES));
    for (let left = records; left > 0;) {
      const points = Math.min(left, piece);
      const { isTaken } = await this.rate(perMinute).take(String(sender.organizationKey), points);
      if (isTaken) left -= points;
      else await delay(POLL_MS, undefined, { signal });
    }
  }

  async inForce(sender: Sender): Promise<LimitsInForce> {
    const { organizationKey, limits } = sender;
    const recordsPerMinute = this.perMinute(sender);
    const { recordsPerMonth } = limits;
    if (recordsPerMonth === null) return { recordsPerMinute };
    const { firstDay } = monthOf(this.now());
    const used = await this.database.forOrganization(organizationKey, (client) =>
      readQuotaUsed(client, organizationKey, firstDay),
    );
    return { recordsPerMinute, recordsPerMonth, recordsLeft: Math.max(0, recordsPerMonth - used) };
  }

  perMinute({ limits }: Sender): number {
    return limits.recordsPerMinute ?? this.recordsPerMinute;
  }

  private rate(perMinute: number): LeasedLimit {
    const options = { name: `records-${perMinute}`, perMinute, now: this.now };
    const rate = this.rates.get(perMinute) ?? new LeasedLimit(this.database.pool, options);
    this.rates.set(perMinute, rate);
    return rate;
  }
}
