/**
 * The time, for whatever is dated by this process: with the bound that holds for it, or refused while the clock is known to be
 * wrong. What timestamping authorities say comes through the database, from the worker.
 */
import { type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { ClockGuard, type ClockReason, type ClockVerdict } from '@cunzheng/clock';
import { readDatabaseClock } from '@cunzheng/persistence';
import { type Settings } from '@cunzheng/settings';
import { type Database } from '../database/database.js';
import { ProblemError } from '../problems/problem-error.js';

const READ_INTERVAL_MS = 1_000;
const RETRY_AFTER_SECONDS = 30;
/** As the worker has it: so many intervals after its last word an authority confirms nothing any more. */
const FRESH_INTERVALS = 3;

const WHY: Record<ClockReason, string> = {
  authorities: 'most timestamping authorities say that our clock is off',
  'jumped-back': 'our clock has jumped back',
  database: 'our clocks differ from each other',
};

export interface Dated {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** By how much it is off at most, as far as at least two authorities have confirmed it. */
  readonly boundMs: number | undefined;
}

export class Clock implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly guard: ClockGuard;
  private timer: NodeJS.Timeout | undefined;
  private said: ClockVerdict['state'] = 'fine';

  constructor(
    private readonly database: Database,
    { CLOCK_BOUND_MS, CLOCK_CHECK_INTERVAL_MS }: Settings,
    private readonly now: () => number,
    private readonly onError: (error: unknown) => void,
  ) {
    const freshMs = FRESH_INTERVALS * CLOCK_CHECK_INTERVAL_MS;
    const monotonic = (): number => performance.now();
    this.guard = new ClockGuard({ now, monotonic, boundMs: CLOCK_BOUND_MS, freshMs });
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.look();
    this.timer = setInterval(() => void this.look(), READ_INTERVAL_MS);
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** @throws ProblemError `clock-wrong`. */
  read(): Dated {
    const { state, reason, confirmedBoundMs } = this.guard.check();
    if (state === 'stop')
      throw new ProblemError(
        'clock-wrong',
        `${WHY[reason ?? 'database']}: nothing is dated until it is right`,
        {
          retryAfterSeconds: RETRY_AFTER_SECONDS,
        },
      );
    return { nowMs: this.now(), boundMs: confirmedBoundMs };
  }

  /** Compares with the database. Without an answer the last comparison is carried on. */
  private async look(): Promise<void> {
    const sentAtMs = performance.now();
    const clock = await readDatabaseClock(this.database.pool).catch(() => undefined);
    const halfTripMs = (performance.now() - sentAtMs) / 2;
    if (clock) this.guard.take({ ...clock, takenAtMs: sentAtMs + halfTripMs, uncertaintyMs: halfTripMs });
    const { state, reason } = this.guard.check();
    if (state !== this.said && reason) this.onError(new Error(`clock ${state}: ${WHY[reason]}`));
    this.said = state;
  }
}
