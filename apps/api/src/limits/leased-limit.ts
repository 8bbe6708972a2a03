/**
 * So much a minute for each key, counted in PostgreSQL over all API processes. Each process takes a lease of a hundredth
 * of the limit at a time, so that most requests cost the database nothing; what remains of a lease ends with it.
 */
import { type Pool } from 'pg';
import { type RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { ProblemError } from '../problems/problem-error.js';
import { createMinuteLimiter } from './minute-limiter.js';

/** A lease is this part of the limit: so much may be lost with a process. */
const LEASES = 100;
/** More keys than this are held only as long as their leases last. */
const MAX_KEYS = 10_000;

/** How long this process remembers that there was not enough left: whoever insists asks the database no more often. */
const REFUSED_MS = 1_000;

interface Lease {
  points: number;
  /** What the database had left when it was given. */
  readonly left: number;
  readonly untilMs: number;
  /** So many points were not to be had. */
  readonly refused?: { readonly points: number; readonly untilMs: number };
}

export interface Taken {
  readonly isTaken: boolean;
  /** Of this window, as far as this process knows. */
  readonly remaining: number;
  /** When the window ends. */
  readonly untilMs: number;
}

export interface LeasedLimitOptions {
  /** Tells this limit's keys from others'. */
  readonly name: string;
  readonly perMinute: number;
  readonly now: () => number;
}

export class LeasedLimit {
  private readonly limiter: RateLimiterPostgres;
  private readonly leases = new Map<string, Lease>();

  constructor(
    pool: Pool,
    private readonly options: LeasedLimitOptions,
  ) {
    this.limiter = createMinuteLimiter(pool, options.name, options.perMinute);
  }

  /** @throws ProblemError `not-ready` while the database does not answer. */
  async take(key: string, points: number): Promise<Taken> {
    const held = this.held(key);
    if (held && held.points >= points) return spend(held, points);
    if (held?.refused && held.refused.untilMs > this.options.now() && points >= held.refused.points)
      return { isTaken: false, remaining: held.left, untilMs: held.untilMs };
    const block = Math.max(points, Math.floor(this.options.perMinute / LEASES));
    for (const wanted of new Set([block, points])) {
      const { isTaken, remainingPoints, msBeforeNext } = await this.consume(key, wanted);
      const nowMs = this.options.now();
      // Read only now: others may have taken and spent leases meanwhile.
      const kept = this.held(key)?.points ?? 0;
      const lease = { points: kept, left: remainingPoints, untilMs: nowMs + msBeforeNext };
      if (isTaken) {
        this.keep(key, { ...lease, points: kept + wanted - points });
        return { isTaken, remaining: lease.left + kept + wanted - points, untilMs: lease.untilMs };
      }
      if (wanted === points) {
        this.keep(key, { ...lease, refused: { points, untilMs: nowMs + REFUSED_MS } });
        return { isTaken, remaining: lease.left, untilMs: lease.untilMs };
      }
    }
    throw new Error('got no answer for what was asked for, want one');
  }

  private held(key: string): Lease | undefined {
    const lease = this.leases.get(key);
    return lease && lease.untilMs > this.options.now() ? lease : undefined;
  }

  private keep(key: string, lease: Lease): void {
    if (this.leases.size >= MAX_KEYS) {
      const nowMs = this.options.now();
      for (const [other, { untilMs }] of this.leases) if (untilMs <= nowMs) this.leases.delete(other);
      if (this.leases.size >= MAX_KEYS) this.leases.clear();
    }
    this.leases.set(key, lease);
  }

  /** Takes points, or gives back at once what went beyond the limit: a smaller request may still fit. */
  private async consume(
    key: string,
    points: number,
  ): Promise<{ isTaken: boolean; msBeforeNext: number; remainingPoints: number }> {
    try {
      const { msBeforeNext, remainingPoints } = await this.limiter.consume(key, points);
      return { isTaken: true, msBeforeNext, remainingPoints };
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw unavailable(refusal);
      const { msBeforeNext, remainingPoints } = await this.limiter.reward(key, points);
      return { isTaken: false, msBeforeNext, remainingPoints };
    }
  }
}

/** Whole seconds, not less than 0. */
export function secondsUntil(untilMs: number, nowMs: number): number {
  return Math.max(0, Math.ceil((untilMs - nowMs) / 1_000));
}

function spend(lease: Lease, points: number): Taken {
  lease.points -= points;
  return { isTaken: true, remaining: lease.left + lease.points, untilMs: lease.untilMs };
}

const unavailable = (cause: unknown): ProblemError =>
  new ProblemError('not-ready', 'the database does not answer: repeat the request shortly', {
    retryAfterSeconds: 2,
    cause,
  });
