/**
 * What one process knows about its clock. The database's clock is what the processes have in common: authorities are
 * compared with it by whoever asks them, and each process compares itself with it. Between two readings a monotonic clock
 * carries it on, so that a step of our own clock shows at once. A step of the database's own clock makes void what was compared
 * with it before.
 */
import { judgeClock, type ClockVerdict } from './judge-clock.js';

/** What an authority said, compared with the database's clock. Milliseconds. */
export interface ClockSource {
  readonly authority: string;
  /** Its time minus the database's. */
  readonly aheadMs: number;
  readonly uncertaintyMs: number;
  /** By the database's clock, since 1970. */
  readonly observedAtMs: number;
}

export interface ClockReading {
  /** The database's clock, since 1970, at `takenAtMs` of the monotonic clock. */
  readonly databaseMs: number;
  readonly takenAtMs: number;
  readonly uncertaintyMs: number;
  /** `createdAt` of the newest block. */
  readonly newestMs: number | undefined;
  readonly sources: readonly ClockSource[];
}

export interface ClockGuardOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds since anything, never set. */
  readonly monotonic: () => number;
  readonly boundMs: number;
  /** How old the word of an authority may be that confirms. */
  readonly freshMs: number;
}

/** How fast two clocks may drift apart. */
const DRIFT = 0.0005;
/** The database's clock was set when it moves so much more or less than the monotonic one. */
const STEP_MS = 1_000;

export class ClockGuard {
  private last: { readonly nowMs: number; readonly monotonicMs: number } | undefined;
  private reading: ClockReading | undefined;
  /** Jumped back until the clock shows this. */
  private notBeforeMs = -Infinity;
  private readonly voided = new Set<string>();
  private stepCount = 0;

  constructor(private readonly options: ClockGuardOptions) {}

  /** How often a clock was seen to be set: whoever asks authorities asks again when it grows. */
  get steps(): number {
    return this.stepCount;
  }

  /** How far our clock is ahead of the database's now; undefined before they were compared. */
  get databaseOffsetMs(): number | undefined {
    return this.compare(this.options.now(), this.options.monotonic()).database?.offsetMs;
  }

  take(reading: ClockReading): void {
    const before = this.reading;
    if (before) {
      const elapsedMs = reading.takenAtMs - before.takenAtMs;
      const stepMs = Math.abs(reading.databaseMs - before.databaseMs - elapsedMs);
      if (stepMs > STEP_MS + elapsedMs * DRIFT + before.uncertaintyMs + reading.uncertaintyMs) {
        this.voided.clear();
        for (const source of reading.sources) this.voided.add(nameOf(source));
        this.stepCount += 1;
      }
    }
    this.reading = reading;
    const { newestMs = -Infinity } = reading;
    if (newestMs - this.options.now() > this.options.boundMs)
      this.notBeforeMs = Math.max(this.notBeforeMs, newestMs);
  }

  /** What holds now. Cheap: to be asked before each thing that is dated. */
  check(): ClockVerdict {
    const nowMs = this.options.now();
    const monotonicMs = this.options.monotonic();
    this.watch(nowMs, monotonicMs);
    const verdict = judgeClock({
      boundMs: this.options.boundMs,
      jumpedBack: nowMs < this.notBeforeMs,
      ...this.compare(nowMs, monotonicMs),
    });
    if (verdict.confirmedBoundMs !== undefined) this.notBeforeMs = -Infinity;
    return verdict;
  }

  private watch(nowMs: number, monotonicMs: number): void {
    const { boundMs } = this.options;
    if (this.last) {
      const expectedMs = this.last.nowMs + monotonicMs - this.last.monotonicMs;
      if (Math.abs(nowMs - expectedMs) > boundMs) this.stepCount += 1;
      if (expectedMs - nowMs > boundMs) this.notBeforeMs = Math.max(this.notBeforeMs, expectedMs);
    }
    this.last = { nowMs, monotonicMs };
  }

  private compare(
    nowMs: number,
    monotonicMs: number,
  ): Pick<Parameters<typeof judgeClock>[0], 'authorities' | 'database'> {
    if (!this.reading) return { authorities: [], database: undefined };
    const { databaseMs, takenAtMs, uncertaintyMs, sources } = this.reading;
    const elapsedMs = monotonicMs - takenAtMs;
    const database = {
      offsetMs: nowMs - databaseMs - elapsedMs,
      uncertaintyMs: uncertaintyMs + elapsedMs * DRIFT,
    };
    const authorities = sources
      .filter((source) => !this.voided.has(nameOf(source)))
      .map((source) => {
        const ageMs = databaseMs + elapsedMs - source.observedAtMs;
        return {
          offsetMs: database.offsetMs - source.aheadMs,
          uncertaintyMs: database.uncertaintyMs + source.uncertaintyMs + Math.abs(ageMs) * DRIFT,
          isFresh: ageMs >= -STEP_MS && ageMs <= this.options.freshMs,
        };
      });
    return { authorities, database };
  }
}

const nameOf = ({ authority, observedAtMs }: ClockSource): string => `${observedAtMs} ${authority}`;
