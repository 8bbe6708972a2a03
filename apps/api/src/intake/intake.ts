/**
 * The intake: concurrent requests share one multi-row insert, one commit and one queue job. A single item waits at
 * most a few milliseconds for company; a batch is a parcel of its own. What is accepted is durable: the promise
 * resolves after the commit. The buffer is bounded; beyond it the client is told to come back.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type AnchorSignals } from '@cunzheng/anchor-queue';
import { type ApiMetrics } from '../metrics/api-metrics.js';
import { traced, type Tracing } from '@cunzheng/telemetry';
import { ProblemError } from '../problems/problem-error.js';
import { currentTrace } from '../tracing/trace-requests.js';
import { type ParcelConnections } from './parcel-connections.js';
import { storeEvidence, type Acceptance, type NewEvidence, type OutcomesOf } from './store-evidence.js';

/** Of the requests of one parcel so many can be followed to its block. */
const MAX_TRACES = 16;
const WINDOW_MS = 2;
const MAX_PARCEL_ROWS = 512;

interface Waiting {
  readonly item: NewEvidence;
  readonly log: number;
  readonly trace: string | undefined;
  readonly resolve: (acceptance: Acceptance) => void;
  readonly reject: (error: unknown) => void;
}

export class Intake {
  private waiting: Waiting[] = [];
  private timer: NodeJS.Timeout | undefined;
  private bufferedRows = 0;
  private readonly wantRoom: (() => void)[] = [];

  constructor(
    private readonly connections: ParcelConnections,
    private readonly signals: Pick<AnchorSignals, 'signal'>,
    private readonly maxRows: number,
    private readonly metrics: Pick<ApiMetrics, 'accepted' | 'refused' | 'buffered' | 'storing'>,
    private readonly tracing: Tracing,
  ) {}

  /** Stores one item together with whatever arrives at the same time. @throws ProblemError `busy` when full. */
  async accept(log: number, item: NewEvidence): Promise<Acceptance> {
    return await this.reserving(
      1,
      () =>
        new Promise<Acceptance>((resolve, reject) => {
          this.waiting.push({ item, log, trace: currentTrace(), resolve, reject });
          if (this.waiting.length >= MAX_PARCEL_ROWS) this.flush();
          else
            this.timer ??= setTimeout(() => {
              this.flush();
            }, WINDOW_MS);
        }),
    );
  }

  /** Stores up to 1,000 items as one parcel. @throws ProblemError `busy` when full. */
  async acceptAll(
    log: number,
    items: readonly NewEvidence[],
    outcomesOf?: OutcomesOf,
  ): Promise<readonly Acceptance[]> {
    if (items.length === 0) return [];
    return await this.reserving(items.length, () => this.store(log, items, [currentTrace()], outcomesOf));
  }

  /**
   * As {@link acceptAll}, but waits for room instead of refusing, for streams that can be held back. They fill half of
   * the buffer at most: the other half is for requests that cannot wait.
   */
  async acceptWhenFree(log: number, items: readonly NewEvidence[]): Promise<readonly Acceptance[]> {
    while (this.bufferedRows > 0 && this.bufferedRows + items.length > this.maxRows / 2)
      await new Promise<void>((resolve) => this.wantRoom.push(resolve));
    return await this.acceptAll(log, items);
  }

  /** Stores what still waits and disconnects. */
  async close(): Promise<void> {
    while (this.bufferedRows > 0) {
      this.flush();
      await delay(WINDOW_MS);
    }
    await this.connections.close();
  }

  private async reserving<T>(rows: number, work: () => Promise<T>): Promise<T> {
    if (this.bufferedRows + rows > this.maxRows) {
      this.metrics.refused.inc();
      throw new ProblemError('busy', 'too many records wait to be stored: repeat the request shortly', {
        retryAfterSeconds: 1,
      });
    }
    this.bufferedRows += rows;
    this.metrics.buffered.inc(rows);
    return await work().finally(() => {
      this.bufferedRows -= rows;
      for (const look of this.wantRoom.splice(0)) look();
      this.metrics.buffered.dec(rows);
    });
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.waiting.length === 0) return;
    // With both connections busy the parcel keeps growing instead of queueing many small ones.
    if (!this.connections.hasIdle && this.waiting.length < MAX_PARCEL_ROWS) {
      this.timer = setTimeout(() => {
        this.flush();
      }, WINDOW_MS);
      return;
    }
    const log = this.waiting[0]?.log;
    const unit = this.waiting.filter((waiting) => waiting.log === log).slice(0, MAX_PARCEL_ROWS);
    this.waiting =
      this.waiting.length === unit.length ? [] : this.waiting.filter((waiting) => !unit.includes(waiting));
    void this.storeWaiting(unit);
    if (this.waiting.length > 0) this.flush();
  }

  private async storeWaiting(unit: readonly Waiting[]): Promise<void> {
    try {
      const acceptances = await this.store(
        unit[0]?.log ?? 0,
        unit.map(({ item }) => item),
        unit.map(({ trace }) => trace),
      );
      unit.forEach(({ resolve }, index) => {
        resolve(acceptances[index] ?? { kind: 'failed', error: new Error('no outcome') });
      });
    } catch (error) {
      for (const { reject } of unit) reject(error);
    }
  }

  private async store(
    log: number,
    items: readonly NewEvidence[],
    requests: readonly (string | undefined)[],
    outcomesOf?: OutcomesOf,
  ): Promise<readonly Acceptance[]> {
    const stop = this.metrics.storing.startTimer();
    const traces = [...new Set(requests)].filter((trace) => trace !== undefined).slice(0, MAX_TRACES);
    const [parent, ...links] = traces;
    const options = { parent, links, attributes: { 'cunzheng.records': items.length } };
    const { acceptances, parcels } = await traced(this.tracing, 'store parcel', options, () =>
      this.connections.use((client) => storeEvidence(client, log, items, { outcomesOf, traces })),
    ).catch((cause: unknown) => {
      throw new ProblemError(
        'busy',
        'the database did not confirm the record: repeat the request with its clientRef or Idempotency-Key',
        {
          retryAfterSeconds: 2,
          cause,
        },
      );
    });
    stop();
    this.metrics.accepted.inc(acceptances.filter(({ kind }) => kind === 'accepted').length);
    for (const parcel of parcels) this.signals.signal(parcel);
    return acceptances;
  }
}
