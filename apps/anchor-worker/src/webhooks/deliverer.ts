/**
 * Delivers webhooks. Every worker runs one: in each round, whoever gets the lock turns what happened into events, leases
 * the deliveries that are due and puts them into the queue; all of them take jobs from it. It shares nothing with the
 * sequencer but the process and the database, and what goes wrong here is tried again and stops nobody.
 */
import { randomBytes } from 'node:crypto';
import { type Pool, type PoolClient } from 'pg';
import { type Logger } from 'pino';
import { type Agent } from 'undici';
import { type QueueConnection } from '@cunzheng/anchor-queue';
import {
  forgetOldEvents,
  giveUpOldDeliveries,
  leaseDueDeliveries,
  loadValueKeys,
  publishOutbox,
  ValueCipher,
  WEBHOOK_LOCK,
  type LeasedDelivery,
} from '@cunzheng/persistence';
import { policyFromSettings } from '@cunzheng/webhooks';
import { type Tracing } from '@cunzheng/telemetry';
import { type SequencerSettings } from '../sequencer/sequencer.js';
import { type WorkerMetrics } from '../metrics/worker-metrics.js';
import { Wake } from '../sequencer/wake.js';
import { createGuardedAgent, type Outbound } from '../outbound/guarded-agent.js';
import { attemptDelivery, type AttemptContext } from './attempt.js';
import { DeliveryJobs } from './delivery-jobs.js';
import { inTransaction } from './transaction.js';
import { listenForWebhooks } from './wake-listener.js';

/** Deliveries to one endpoint at the same time. */
const PER_ENDPOINT = 4;
const KEEP_EVENTS_MS = 30 * 24 * 3_600_000;
const FORGET_INTERVAL_MS = 3_600_000;

export interface DelivererDependencies {
  readonly settings: SequencerSettings;
  /** Its own: it is closed with the deliverer. */
  readonly pool: Pool;
  readonly queue: QueueConnection;
  readonly logger: Logger;
  readonly now: () => number;
  readonly outbound: Outbound;
  readonly metrics: WorkerMetrics;
  readonly tracing: Tracing;
}

interface Round {
  readonly leased: readonly LeasedDelivery[];
  readonly more: boolean;
}

export class Deliverer {
  private readonly stopping = new AbortController();
  private readonly aborting = new AbortController();
  private readonly wake = new Wake();
  private readonly agent: Agent;
  private readonly jobs: DeliveryJobs;
  private readonly leaseMs: number;
  private forgetAtMs = 0;
  private running: Promise<void> | undefined;

  constructor(private readonly dependencies: DelivererDependencies) {
    const { settings, queue, logger, outbound } = dependencies;
    const timeoutMs = settings.WEBHOOK_TIMEOUT_MS;
    // Time to come up in the queue, and for one attempt; then somebody else may try.
    this.leaseMs = 2 * timeoutMs + 5_000;
    this.agent = createGuardedAgent({ policy: policyFromSettings(settings), timeoutMs, ...outbound });
    const context = this.createContext();
    this.jobs = new DeliveryJobs(queue, (leased) => this.attempt(context, leased), {
      concurrency: settings.WEBHOOK_CONCURRENCY,
      lockMs: this.leaseMs,
      onError: (error) => {
        logger.warn({ err: error }, 'webhook queue');
      },
    });
  }

  /** Runs until stopped; a round that fails is logged and the next one tries again. */
  run(): Promise<void> {
    return (this.running ??= this.goOn());
  }

  private async goOn(): Promise<void> {
    const { settings, logger, metrics } = this.dependencies;
    const stop = this.stopping.signal;
    const listening = listenForWebhooks(
      settings.DATABASE_URL,
      () => {
        this.wake.signal();
      },
      stop,
    );
    while (!stop.aborted) {
      const again = await this.round().catch((error: unknown) => {
        metrics.errors.inc({ part: 'webhooks' });
        logger.warn({ err: error }, 'webhooks: trying again');
        return false;
      });
      if (!again) await this.wake.sleep(settings.SWEEP_INTERVAL_MS);
    }
    await listening;
  }

  /** Lets attempts under way end for a moment, then breaks them off: they are made again. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake.signal();
    await this.jobs.close();
    this.aborting.abort(new Error('the worker stops'));
    await this.agent.destroy();
    await this.running;
    await this.dependencies.pool.end();
  }

  /** True when there is more to do at once. */
  private async round(): Promise<boolean> {
    const { pool, now } = this.dependencies;
    const nowMs = now();
    const { leased, more } = await inTransaction(pool, (client) => this.schedule(client, new Date(nowMs)));
    await this.jobs.add(leased);
    if (nowMs >= this.forgetAtMs) {
      const before = new Date(nowMs - KEEP_EVENTS_MS);
      const isMore = await inTransaction(pool, (client) => forgetOldEvents(client, before));
      if (!isMore) this.forgetAtMs = nowMs + FORGET_INTERVAL_MS;
    }
    return more;
  }

  private async schedule(client: PoolClient, now: Date): Promise<Round> {
    const { rows } = await client.query<{ locked: boolean }>(
      'SELECT pg_try_advisory_xact_lock($1) AS locked',
      [WEBHOOK_LOCK],
    );
    if (rows[0]?.locked !== true) return { leased: [], more: false };
    const { metrics } = this.dependencies;
    const more = await publishOutbox(client, now);
    metrics.webhookDeliveries.inc({ outcome: 'failed' }, await giveUpOldDeliveries(client, now));
    const leased = await leaseDueDeliveries(client, {
      now,
      leaseMs: this.leaseMs,
      perEndpoint: PER_ENDPOINT,
      inFlight: 2 * this.dependencies.settings.WEBHOOK_CONCURRENCY,
    });
    return { leased, more };
  }

  private async attempt(context: AttemptContext, leased: LeasedDelivery): Promise<void> {
    try {
      await attemptDelivery(context, leased);
    } catch (error) {
      // Its lease runs out, and somebody tries again.
      if (!this.stopping.signal.aborted) this.dependencies.logger.warn({ err: error }, 'webhook attempt');
      throw error;
    } finally {
      // A place is free: its endpoint may have more.
      this.wake.signal();
    }
  }

  private createContext(): AttemptContext {
    const { settings, pool, now, metrics, tracing } = this.dependencies;
    return {
      metrics,
      tracing,
      pool,
      dispatcher: this.agent,
      policy: policyFromSettings(settings),
      values: lazyValues(settings.VALUE_KEYS_DIR),
      timeoutMs: settings.WEBHOOK_TIMEOUT_MS,
      leaseMs: settings.WEBHOOK_TIMEOUT_MS + 5_000,
      userAgent: 'cunzheng-webhooks/1',
      now,
      random: Math.random,
      stop: this.aborting.signal,
    };
  }
}

/** Read when the first secret is opened: the API, which seals them, may be the one that makes the keys. */
function lazyValues(directory: string): () => ValueCipher {
  let values: ValueCipher | undefined;
  const load = (): ReturnType<typeof loadValueKeys> => loadValueKeys(directory);
  return () => (values ??= new ValueCipher(load(), randomBytes, load));
}
