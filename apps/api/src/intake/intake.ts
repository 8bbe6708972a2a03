/**
 * The intake: concurrent requests share one multi-row insert, one commit and one queue job. A single item waits at
 * most a few milliseconds for company, and for a connection; a batch is stored by itself. What is accepted is durable:
 * the promise resolves after the commit. The buffer is bounded; beyond it the client is told to come back.
 *
 * Whoever sends much does not delay others: organizations share the buffer, take turns at the connections, where all
 * single items together are one of them, and item by item in a shared insert.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type AnchorSignals } from '@cunzheng/anchor-queue';
import { type Client } from 'pg';
import { type ApiMetrics } from '../metrics/api-metrics.js';
import { traced, type Tracing } from '@cunzheng/telemetry';
import { ProblemError } from '../problems/problem-error.js';
import { currentTrace } from '../tracing/trace-requests.js';
import { FairQueue } from './fair-queue.js';
import { IntakeBuffer } from './intake-buffer.js';
import { type ParcelConnections } from './parcel-connections.js';
import { storeEvidence, type Acceptance, type NewEvidence, type OutcomesOf } from './store-evidence.js';

/** Of the requests of one parcel so many can be followed to its block. */
const MAX_TRACES = 16;
const WINDOW_MS = 2;
const MAX_SHARED_ROWS = 512;
/** Whose turn it is when single items of all organizations are stored together. No organization has this key. */
const SHARED = 0;

interface Waiting {
  readonly item: NewEvidence;
  readonly trace: string | undefined;
  readonly resolve: (acceptance: Acceptance) => void;
  readonly reject: (error: unknown) => void;
}

/** Single items for one log. */
interface Singles {
  readonly queue: FairQueue<Waiting>;
  timer?: NodeJS.Timeout | undefined;
  /** A connection has been asked for: what comes until there is one goes along. */
  isAsking: boolean;
}

export class Intake {
  private readonly singles = new Map<number, Singles>();
  private readonly buffer: IntakeBuffer;

  constructor(
    private readonly connections: ParcelConnections,
    private readonly signals: Pick<AnchorSignals, 'signal'>,
    maxRows: number,
    private readonly metrics: Pick<ApiMetrics, 'accepted' | 'refused' | 'buffered' | 'storing'>,
    private readonly tracing: Tracing,
  ) {
    this.buffer = new IntakeBuffer(maxRows);
  }

  /**
   * Holds room for so many rows of an organization while they are made ready and stored, so that what cannot be stored
   * soon costs nothing before it is refused. @throws ProblemError `busy` when there is none.
   */
  async withRoom<T>(organization: number, rows: number, work: () => Promise<T>): Promise<T> {
    if (!this.buffer.reserve(organization, rows)) throw this.refuse();
    return await this.holding(organization, rows, work);
  }

  /** Whether a batch of the organization is worth reading. */
  hasRoomForBatch(organization: number): boolean {
    return this.buffer.hasRoom(organization);
  }

  /** What is thrown when there is no room. */
  refuse(): ProblemError {
    this.metrics.refused.inc();
    return new ProblemError('busy', 'too many records wait to be stored: repeat the request shortly', {
      retryAfterSeconds: 1,
    });
  }

  /** As {@link withRoom}, but waits for room instead of refusing, for streams that can be held back. */
  async withRoomWhenFree<T>(organization: number, rows: number, work: () => Promise<T>): Promise<T> {
    await this.buffer.reserveHalf(organization, rows);
    return await this.holding(organization, rows, work);
  }

  /** Stores one item together with whatever arrives at the same time. Room for it must be held. */
  async accept(log: number, item: NewEvidence): Promise<Acceptance> {
    return await new Promise<Acceptance>((resolve, reject) => {
      const singles = this.singlesFor(log);
      singles.queue.push(item.row.organization, { item, trace: currentTrace(), resolve, reject });
      if (singles.queue.size >= MAX_SHARED_ROWS) this.storeSingles(log, singles);
      else
        singles.timer ??= setTimeout(() => {
          this.storeSingles(log, singles);
        }, WINDOW_MS);
    });
  }

  /** Stores up to 1,000 items of one organization by one statement. Room for them must be held. */
  async acceptAll(
    log: number,
    items: readonly NewEvidence[],
    outcomesOf?: OutcomesOf,
  ): Promise<readonly Acceptance[]> {
    const organization = items[0]?.row.organization;
    if (organization === undefined) return [];
    const trace = currentTrace();
    return await this.connections
      .use(organization, (client) => this.store(client, log, items, [trace], outcomesOf))
      .catch((cause: unknown) => {
        throw toBusy(cause);
      });
  }

  /** Stores what still waits and disconnects. */
  async close(): Promise<void> {
    while (!this.buffer.isEmpty) {
      for (const [log, singles] of this.singles) this.storeSingles(log, singles);
      await delay(WINDOW_MS);
    }
    await this.connections.close();
  }

  private async holding<T>(organization: number, rows: number, work: () => Promise<T>): Promise<T> {
    this.metrics.buffered.inc(rows);
    try {
      return await work();
    } finally {
      this.buffer.release(organization, rows);
      this.metrics.buffered.dec(rows);
    }
  }

  private singlesFor(log: number): Singles {
    const known = this.singles.get(log) ?? { queue: new FairQueue<Waiting>(), isAsking: false };
    this.singles.set(log, known);
    return known;
  }

  private storeSingles(log: number, singles: Singles): void {
    clearTimeout(singles.timer);
    singles.timer = undefined;
    // While connections are busy the insert keeps growing instead of many small ones queueing.
    if (singles.isAsking || singles.queue.size === 0) return;
    singles.isAsking = true;
    this.connections
      .use(SHARED, async (client) => {
        singles.isAsking = false;
        const unit = singles.queue.take(MAX_SHARED_ROWS);
        this.storeSingles(log, singles);
        await this.storeUnit(client, log, unit);
      })
      .catch((cause: unknown) => {
        // There was no connection.
        singles.isAsking = false;
        for (const { reject } of singles.queue.take(Number.POSITIVE_INFINITY)) reject(toBusy(cause));
      });
  }

  private async storeUnit(client: Client, log: number, unit: readonly Waiting[]): Promise<void> {
    try {
      const acceptances = await this.store(
        client,
        log,
        unit.map(({ item }) => item),
        unit.map(({ trace }) => trace),
      );
      unit.forEach(({ resolve }, index) => {
        resolve(acceptances[index] ?? { kind: 'failed', error: new Error('no outcome') });
      });
    } catch (error) {
      for (const { reject } of unit) reject(toBusy(error));
    }
  }

  private async store(
    client: Client,
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
      storeEvidence(client, log, items, { outcomesOf, traces }),
    );
    stop();
    this.metrics.accepted.inc(acceptances.filter(({ kind }) => kind === 'accepted').length);
    for (const parcel of parcels) this.signals.signal(parcel);
    return acceptances;
  }
}

/** Nobody knows whether the record was stored. */
function toBusy(cause: unknown): ProblemError {
  return new ProblemError(
    'busy',
    'the database did not confirm the record: repeat the request with its clientRef or Idempotency-Key',
    { retryAfterSeconds: 2, cause },
  );
}
