/** Runs the logs and the deliverer, feeds the queue's signals in, sweeps what has expired, and stops all of it in order. */
import { type BeforeApplicationShutdown } from '@nestjs/common';
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { consumeAnchorSignals, type AnchorConsumer, type QueueConnection } from '@cunzheng/anchor-queue';
import { type AuditHeads } from './audit-heads.js';
import { type MetricsServer } from '@cunzheng/telemetry';
import { type ClockWatch } from './clock/clock-watch.js';
import { type LogRunners } from './log-runners.js';
import { type WorkerMetrics } from './metrics/worker-metrics.js';
import { type RevocationCollector } from './revocation/revocation-collector.js';
import { type Deliverer } from './webhooks/deliverer.js';

const EXPIRY_INTERVAL_MS = 3_600_000;

export class Worker implements BeforeApplicationShutdown {
  /** Resolves after a stop; rejects when the sequencer must not go on. */
  readonly finished: Promise<void>;
  private readonly consumer: AnchorConsumer;
  private readonly expiry: NodeJS.Timeout;

  constructor(
    private readonly runners: LogRunners,
    private readonly deliverer: Deliverer,
    private readonly clock: ClockWatch,
    private readonly revocation: RevocationCollector,
    private readonly auditHeads: AuditHeads,
    private readonly queue: QueueConnection,
    private readonly pool: Pool,
    private readonly logger: Logger,
    metrics: WorkerMetrics,
    private readonly metricsServer: MetricsServer | undefined,
  ) {
    this.consumer = consumeAnchorSignals(
      queue,
      () => {
        runners.signal();
      },
      (error) => {
        metrics.errors.inc({ part: 'queue' });
        logger.warn({ err: error }, 'anchor queue');
      },
    );
    this.expiry = setInterval(() => void this.forgetExpired(), EXPIRY_INTERVAL_MS);
    auditHeads.start();
    this.finished = this.run();
    // Whoever awaits it is told; nobody may have begun to yet.
    this.finished.catch(() => undefined);
  }

  /** Where metrics are served; undefined when they are not. */
  get metricsPort(): number | undefined {
    return this.metricsServer?.port;
  }

  private async run(): Promise<void> {
    await Promise.all([this.runners.run(), this.deliverer.run(), this.clock.run(), this.revocation.run()]);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.expiry);
    this.runners.stop();
    this.clock.stop();
    this.revocation.stop();
    await this.deliverer.stop();
    await this.auditHeads.stop();
    await this.finished.catch(() => undefined);
    await this.consumer.close();
    await this.queue.close();
    await this.metricsServer?.close();
    await this.pool.end();
  }

  /**
   * First answers to idempotent requests are kept for a day, imports for 90; row-level security shows the worker only older
   * ones.
   */
  private async forgetExpired(): Promise<void> {
    const expired = [
      'DELETE FROM idempotency',
      'DELETE FROM import WHERE id IN (SELECT id FROM import ORDER BY updated_at LIMIT 500)',
      'DELETE FROM rate_limit WHERE expire < extract(epoch FROM now()) * 1000',
    ];
    for (const statement of expired) {
      await this.pool.query(statement).catch((error: unknown) => {
        this.logger.warn({ err: error }, 'what has expired stays until the next sweep');
      });
    }
  }
}
