/**
 * Keeps what is known about the clock: reads the database's every second, and asks the timestamping authorities for the time,
 * by tokens over random bytes, every interval and sooner while something is wrong. What they say is stored for the API too.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { ClockGuard, type ClockReading, type ClockVerdict } from '@cunzheng/clock';
import { computeKeyid } from '@cunzheng/crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  forgetOldClockSources,
  isOwnTsaKey,
  readDatabaseClock,
  storeClockSource,
} from '@cunzheng/persistence';
import { fetchTimestamp, type Tsa } from '@cunzheng/timestamp/node';

const READ_INTERVAL_MS = 1_000;
/** While something is wrong, authorities are asked so much more often. */
const HURRY = 10;
/** So many intervals after its last word an authority confirms nothing any more. */
const FRESH_INTERVALS = 3;

export interface ClockWatchOptions {
  readonly tsas: readonly Tsa[];
  /** DER roots that a token's chain may end in. */
  readonly roots: readonly Uint8Array[];
  readonly timeoutMs: number;
  readonly boundMs: number;
  /** Between two questions to an authority. */
  readonly intervalMs: number;
  readonly now: () => number;
}

export class ClockWatch {
  private readonly stopping = new AbortController();
  private readonly guard: ClockGuard;
  private askedAtMs = -Infinity;
  private askedAtSteps = 0;
  private asking: Promise<void> | undefined;
  private said = 'fine';

  constructor(
    private readonly options: ClockWatchOptions,
    private readonly pool: Pool,
    private readonly logger: Logger,
  ) {
    const { now, boundMs, intervalMs } = options;
    const monotonic = (): number => performance.now();
    this.guard = new ClockGuard({ now, monotonic, boundMs, freshMs: FRESH_INTERVALS * intervalMs });
  }

  /** Whether a block may be dated now. Says it in the log when that changes. */
  mayDate(): boolean {
    const verdict = this.guard.check();
    this.say(verdict);
    return verdict.state !== 'stop';
  }

  /** How it stands, for whoever watches. */
  describe(): ClockVerdict & { readonly databaseOffsetMs: number | undefined } {
    return { ...this.guard.check(), databaseOffsetMs: this.guard.databaseOffsetMs };
  }

  /** Runs until stopped; what fails is tried again. */
  async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.look().catch((error: unknown) => {
        this.logger.debug({ err: error }, 'the clock was not compared: trying again');
      });
      await delay(READ_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    }
    await this.asking;
  }

  stop(): void {
    this.stopping.abort();
  }

  /** One comparison with the database's clock; authorities are asked beside it where they are due. */
  async look(): Promise<void> {
    this.guard.take(await this.read());
    this.mayDate();
    if (this.asking || !this.isDue()) return;
    this.askedAtMs = performance.now();
    this.askedAtSteps = this.guard.steps;
    this.asking = this.askAll().finally(() => {
      this.asking = undefined;
    });
  }

  private isDue(): boolean {
    if (this.options.tsas.length === 0) return false;
    if (this.guard.steps !== this.askedAtSteps) return true;
    const { intervalMs } = this.options;
    const waitMs = this.guard.check().state === 'fine' ? intervalMs : intervalMs / HURRY;
    return performance.now() >= this.askedAtMs + waitMs;
  }

  private async read(): Promise<ClockReading> {
    const sentAtMs = performance.now();
    const clock = await readDatabaseClock(this.pool);
    const halfTripMs = (performance.now() - sentAtMs) / 2;
    return { ...clock, takenAtMs: sentAtMs + halfTripMs, uncertaintyMs: halfTripMs };
  }

  private async askAll(): Promise<void> {
    const asked = this.options.tsas.map((tsa) =>
      this.ask(tsa).catch((error: unknown) => {
        if (!this.stopping.signal.aborted)
          this.logger.warn({ tsa: tsa.name, err: error }, 'authority did not say the time');
      }),
    );
    await Promise.all(asked);
    await forgetOldClockSources(this.pool)
      .then(async () => {
        this.guard.take(await this.read());
        this.mayDate();
      })
      .catch(() => undefined);
  }

  private async ask({ url }: Tsa): Promise<void> {
    const { roots, timeoutMs, now } = this.options;
    const { signal } = this.stopping;
    const sentAtMs = performance.now();
    const data = randomBytes(32);
    const { verified } = await fetchTimestamp(nativeCrypto, {
      ...{ url, data, roots, timeoutMs, now, signal },
      anyTime: true,
    });
    const halfTripMs = (performance.now() - sentAtMs) / 2;
    const { tsa: authority, genTimeMs, accuracyMs, path } = verified;
    if (
      await isOwnTsaKey(this.pool, computeKeyid(nativeCrypto, path[0]?.publicKey.bytes ?? new Uint8Array()))
    )
      throw new Error('the token is signed with our own key: it says what our clock says');
    const { databaseMs, takenAtMs, uncertaintyMs } = await this.read();
    // What the database's clock showed when the token was made, give or take half of the way there and back.
    const thenMs = databaseMs - (takenAtMs - sentAtMs - halfTripMs);
    await storeClockSource(this.pool, {
      authority,
      aheadMs: genTimeMs - thenMs,
      uncertaintyMs: accuracyMs + halfTripMs + uncertaintyMs,
    });
  }

  private say({ state, reason }: ClockVerdict): void {
    const now = reason === undefined ? state : `${state} ${reason}`;
    if (now === this.said) return;
    this.said = now;
    const what = { clock: state, reason };
    if (state === 'stop')
      this.logger.error(
        what,
        'the clock is wrong: no blocks until it is right, see docs/operations.md, Clock',
      );
    else if (state === 'warn') this.logger.warn(what, 'the clock may be wrong: look at it');
    else this.logger.info(what, 'the clock is right again');
  }
}
