/**
 * The sequencer: puts waiting parcels into blocks, one block at a time, one sequencer at a time. A batch closes when
 * it is full or when its oldest parcel has waited long enough. Others stand by for the lock.
 *
 * When the database connection is lost, and the lock with it, everything is put down and taken up again from the
 * start: lock, ledger, recovery. Anything that leaves the state of the disk or the history in doubt ends the process.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Logger } from 'pino';
import { formatOpenEvent, formatTime, LedgerError } from '@cunzheng/ledger';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { logDirectory, openLedgerWriter, type LedgerWriter } from '@cunzheng/ledger/node';
import {
  HEARTBEAT_INTERVAL_MS,
  PersistenceError,
  readPendingLogEntries,
  readPendingParcels,
  SequenceConflictError,
  storeHeartbeat,
  summarizePending,
  type PendingSummary,
} from '@cunzheng/persistence';
import { type Settings } from '@cunzheng/settings';
import { type Tracing } from '@cunzheng/telemetry';
import { type ClockWatch } from '../clock/clock-watch.js';
import { WitnessAheadError } from '../attester/witness-client.js';
import { type LogIdentity } from '../log-key/log-identity.js';
import { type WorkerMetrics } from '../metrics/worker-metrics.js';
import { anchorContents, type AnchorContext } from './anchor.js';
import { assertNoneUnknown, closeLog, switchIfAsked, type Closing } from './closing.js';
import { changeKeysIfAsked } from './key-change.js';
import { HistoryConflictError } from './history-conflict.js';
import { recover } from './recovery.js';
import { openSession, type SequencerSession } from './session.js';
import { Turns } from './turns.js';
import { Wake } from './wake.js';

const RECONNECT_DELAY_MS = 1_000;
const CLOCK_RETRY_MS = 200;
/** No parcel is larger, so a batch with less room than this is full. */
const MAX_PARCEL_RECORDS = 1_000;

export type SequencerSettings = Settings & { readonly DATABASE_URL: string };

export interface SequencerListener {
  /** Ledger and database agree, before anything new is written, or keys have changed; what it throws ends the run. */
  readonly onRecovered: () => Promise<void>;
  /** Another log takes the records from now on. */
  readonly onSwitched: () => void;
}

export class Sequencer {
  private readonly stopping = new AbortController();
  private readonly wake = new Wake();
  private readonly turns = new Turns();
  private beatAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly settings: SequencerSettings,
    private readonly log: LogIdentity,
    private readonly clock: Pick<ClockWatch, 'mayDate'>,
    private readonly logger: Logger,
    private readonly now: () => number,
    private readonly metrics: WorkerMetrics,
    private readonly tracing: Tracing,
  ) {}

  /** Parcels wait. */
  signal(): void {
    this.wake.signal();
  }

  /** Finishes the block under way and ends. */
  stop(): void {
    this.stopping.abort();
    this.wake.signal();
  }

  /**
   * Runs until stopped, or until the log is closed.
   *
   * @throws whatever leaves disk or history in doubt: the process must end.
   */
  async run(listener: SequencerListener): Promise<void> {
    const stop = this.stopping.signal;
    let isClosed = false;
    while (!stop.aborted && !isClosed) {
      try {
        const session = await openSession(this.settings.DATABASE_URL, this.log.origin, stop);
        if (session) isClosed = await this.sequence(session, listener).finally(() => session.close());
      } catch (error) {
        if (isFatal(error)) throw error;
        this.metrics.errors.inc({ part: 'sequencer' });
        this.logger.warn({ err: error }, 'sequencer interrupted: starting afresh');
        await delay(RECONNECT_DELAY_MS, undefined, { signal: stop }).catch(() => undefined);
      }
    }
  }

  /** Whether the log is closed. */
  private async sequence(session: SequencerSession, listener: SequencerListener): Promise<boolean> {
    const ledger = await openLedgerWriter({
      dir: logDirectory(this.settings.LEDGER_DIR, this.log.name),
      origin: this.log.origin,
      crypto: nativeCrypto,
      onNotice: (notice) => {
        this.logger.warn({ notice }, 'ledger put right');
      },
    });
    try {
      const { log, now, metrics, tracing } = this;
      const context = { client: session.client, ledger, log, now, metrics, tracing };
      await recover(context, this.settings.KEYS_DIR, (height, of) => {
        this.logger.info({ height, of }, 'ledger completed from the database');
      });
      await listener.onRecovered();
      if (ledger.head?.isClosed === true) return true;
      await assertNoneUnknown(context, this.settings);
      if (!(await this.untilDatable(context, session.lost))) return false;
      if (!ledger.head) await anchorContents(context, { events: [this.openEvent()] });
      this.logger.info({ origin: this.log.origin, height: ledger.head?.height }, 'sequencing');
      return await this.anchorBatches(context, session.lost, listener);
    } finally {
      await closeLedger(ledger);
    }
  }

  private async anchorBatches(
    context: AnchorContext,
    lost: AbortSignal,
    listener: SequencerListener,
  ): Promise<boolean> {
    let sweepAtMs = 0;
    let closing: Closing | undefined;
    while (!this.stopping.signal.aborted) {
      const isDatable = await this.untilDatable(context, lost);
      if (lost.aborted) throw new Error('the database connection, and with it the sequencer lock, was lost');
      if (!isDatable) break;
      if (performance.now() >= sweepAtMs) {
        closing = await this.sweep(context, listener);
        sweepAtMs = performance.now() + this.settings.SWEEP_INTERVAL_MS;
      }
      await this.beat(context);
      const pending = await summarizePending(context.client, this.log.id, this.settings.BATCH_MAX_SIZE);
      if (closing && pending.records + pending.logEntries === 0) {
        if (!(await closeLog(context, closing.next))) continue;
        this.logger.info({ origin: this.log.origin, next: closing.next }, 'log closed');
        await listener.onRecovered();
        return true;
      }
      const waitMs = this.millisecondsToNextBatch(pending);
      if (waitMs > 0) await this.wake.sleep(Math.min(waitMs, HEARTBEAT_INTERVAL_MS));
      else await this.anchorBatch(context);
    }
    return false;
  }

  /** What the operator has asked for, and what others may have done to the files. */
  private async sweep(context: AnchorContext, listener: SequencerListener): Promise<Closing | undefined> {
    if (await context.ledger.republishIfReplaced())
      this.logger.warn('the checkpoint file had been replaced: published again');
    const closing = await switchIfAsked(context, this.settings).catch((error: unknown) => {
      this.logger.error({ err: error }, 'the next log cannot be opened: records go on to this one');
      return undefined;
    });
    if (closing?.hasSwitched === true) {
      this.logger.info({ origin: this.log.origin, next: closing.next }, 'records go to the next log');
      listener.onSwitched();
    }
    if (!closing && (await changeKeysIfAsked(context, this.settings))) {
      this.logger.info({ keys: this.log.keys.current.map(({ vkey }) => vkey) }, 'keys changed');
      await listener.onRecovered();
    }
    return closing;
  }

  /** Says in the database that this loop still turns, for whoever asks after the service's health. */
  private async beat({ client, log }: AnchorContext): Promise<void> {
    const nowMs = performance.now();
    if (nowMs - this.beatAtMs < HEARTBEAT_INTERVAL_MS) return;
    await storeHeartbeat(client, log.id);
    this.beatAtMs = nowMs;
  }

  /** No block is dated by a clock that is wrong; what was accepted waits. False when it was stopped before. */
  private async untilDatable(context: AnchorContext, lost: AbortSignal): Promise<boolean> {
    if (this.clock.mayDate()) return true;
    const signal = AbortSignal.any([this.stopping.signal, lost]);
    while (!signal.aborted) {
      await delay(CLOCK_RETRY_MS, undefined, { signal }).catch(() => undefined);
      if (this.clock.mayDate()) return !signal.aborted;
      await this.beat(context);
    }
    return false;
  }

  /** 0 when a batch is due. */
  private millisecondsToNextBatch({ records, logEntries, oldestAgeMs }: PendingSummary): number {
    const { BATCH_MAX_SIZE, BATCH_MAX_AGE_MS, SWEEP_INTERVAL_MS } = this.settings;
    // With nothing waiting, a signal wakes us; the sweep finds what a queue forgot, and log entries, which nobody signals.
    if (records + logEntries === 0) return SWEEP_INTERVAL_MS;
    const isFull = records > BATCH_MAX_SIZE - MAX_PARCEL_RECORDS;
    const waitMs = isFull ? 0 : Math.max(0, Math.ceil(BATCH_MAX_AGE_MS - oldestAgeMs));
    if (waitMs === 0) this.metrics.batchAge.observe(oldestAgeMs / 1_000);
    return waitMs;
  }

  private async anchorBatch(context: AnchorContext): Promise<void> {
    const startedMs = performance.now();
    const logEntries = await readPendingLogEntries(context.client, this.log.id);
    const { BATCH_MAX_SIZE } = this.settings;
    const parcels = await readPendingParcels(context.client, this.log.id, BATCH_MAX_SIZE, this.turns.leads());
    if (logEntries.length + parcels.length === 0) return;
    // The clock may have been set since the last look at it.
    if (!this.clock.mayDate()) return;
    const { height, treeSize } = await anchorContents(context, { logEntries, parcels });
    this.turns.take(parcels);
    const records = parcels.reduce((sum, { n }) => sum + n, 0);
    const durationMs = Math.round(performance.now() - startedMs);
    this.metrics.batchRecords.observe(records);
    this.logger.debug({ height, treeSize, records, logEntries: logEntries.length, durationMs }, 'anchored');
  }

  private openEvent(): Uint8Array {
    const { OPERATOR_NAME, OPERATOR_CREDIT_CODE, OPERATOR_FILING_NUMBER } = this.settings;
    return formatOpenEvent({
      createdAt: formatTime(this.now()),
      log: this.log.origin,
      verifierKeys: this.log.keys.current.map(({ vkey }) => vkey),
      operator: {
        name: OPERATOR_NAME,
        ...(OPERATOR_CREDIT_CODE !== undefined && { creditCode: OPERATOR_CREDIT_CODE }),
        ...(OPERATOR_FILING_NUMBER !== undefined && { filingNumber: OPERATOR_FILING_NUMBER }),
      },
    });
  }
}

async function closeLedger(ledger: LedgerWriter): Promise<void> {
  await ledger.close().catch(() => undefined);
}

/** Errors after which this process must not write any more; a restart begins with recovery. */
function isFatal(error: unknown): boolean {
  return (
    // A directory lock that another host still holds is waited for, like the one in the database.
    (error instanceof LedgerError && error.code !== 'ledger-locked') ||
    error instanceof PersistenceError ||
    error instanceof SequenceConflictError ||
    error instanceof HistoryConflictError ||
    error instanceof WitnessAheadError
  );
}
