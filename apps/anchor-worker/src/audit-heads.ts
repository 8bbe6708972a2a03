/** Binds the heads of the audit log into the ledger at intervals. Several workers may do it: each takes other chains. */
import { randomBytes } from 'node:crypto';
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { queueAuditHeads } from '@cunzheng/persistence';

const NONCE_BYTES = 16;
/** A head may be late by this part of its interval, or a second. */
const CHECKS = 60;
const MIN_CHECK_INTERVAL_MS = 1_000;

export class AuditHeads {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly intervalMs: number,
    private readonly logger: Logger,
  ) {}

  /** What is due says the database, so a worker that is started anew goes on where the last one was. */
  start(): void {
    this.timer = setInterval(
      () => {
        this.running = this.bind().catch((error: unknown) => {
          this.logger.warn({ err: error }, 'heads of the audit log wait for the next attempt');
        });
      },
      Math.min(this.intervalMs, Math.max(this.intervalMs / CHECKS, MIN_CHECK_INTERVAL_MS)),
    );
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private async bind(): Promise<void> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      const { rows } = await client.query<{ id: number }>(
        'SELECT id FROM log WHERE closing_at IS NULL AND closed_at IS NULL ORDER BY id DESC LIMIT 1',
      );
      const log = rows[0]?.id;
      if (log === undefined) throw new Error('no log is open');
      const bound = await queueAuditHeads(client, {
        log,
        intervalMs: this.intervalMs,
        nonce: () => randomBytes(NONCE_BYTES),
      });
      await client.query('COMMIT');
      if (bound > 0) this.logger.info({ chains: bound }, 'audit log bound into the ledger');
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  }
}
