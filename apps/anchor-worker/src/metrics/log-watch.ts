/**
 * What is known of the log that takes records only by asking: the database for what waits, the disk for its room. Read
 * when somebody looks at metrics or health, and by every worker, whether it sequences or stands by. Which log that is may
 * change while the worker runs.
 */
import { statfs } from 'node:fs/promises';
import { type Pool } from 'pg';
import {
  findReasons,
  listLogStates,
  readLogHealth,
  readLogKeys,
  readWitnessSizes,
  type DegradedReason,
  type LogHealth,
  type LogState,
} from '@cunzheng/persistence';
import { type PolicyWitness } from '@cunzheng/receipt';
import { type Settings } from '@cunzheng/settings';
import { type WorkerMetrics } from './worker-metrics.js';

/** Less than this, or than one part in twenty, and an operator should look. */
const DISK_LOW_BYTES = 1_073_741_824;
const DISK_LOW_PART = 20;

/** Nothing is overdue at an endpoint that is disabled or has a pause. */
const WEBHOOKS = `
  SELECT count(*) AS pending,
    coalesce(extract(epoch FROM now() - min(d.next_attempt_at) FILTER (WHERE w.enabled AND w.paused_until <= now())), 0) AS oldest,
    (SELECT count(*) FROM webhook_endpoint WHERE disabled_at IS NOT NULL) AS disabled
  FROM webhook_delivery d JOIN webhook_endpoint w ON w.id = d.endpoint WHERE d.state = 'pending'`;

export interface WorkerHealth {
  readonly status: 'ready' | 'degraded';
  readonly log: string;
  readonly reasons: readonly DegradedReason[];
}

export class LogWatch {
  constructor(
    private readonly settings: Settings,
    private readonly readWitnesses: (vkeys: readonly string[]) => readonly PolicyWitness[],
    private readonly pool: Pool,
    private readonly metrics: WorkerMetrics,
  ) {}

  async readHealth(): Promise<WorkerHealth> {
    const { id, origin } = await this.findOpen();
    const health = await readLogHealth(this.pool, id);
    const reasons = [...findReasons(health, this.settings.ATTEST_LATE_MS), ...(await this.findDiskReason())];
    return { status: reasons.length === 0 ? 'ready' : 'degraded', log: origin, reasons };
  }

  /** Brings the gauges up to date. */
  async refresh(): Promise<void> {
    const { id } = await this.findOpen();
    this.setLogGauges(await readLogHealth(this.pool, id));
    const sizes = await readWitnessSizes(this.pool, id);
    const windows = await readLogKeys(this.pool, id);
    for (const { name, key } of this.readWitnesses(windows.map(({ vkey }) => vkey)))
      this.metrics.witnessTreeSize.set({ witness: name }, sizes.get(key.vkey) ?? 0);
    await this.setWebhookGauges();
    this.metrics.diskFree.set((await this.readDisk()).free);
  }

  private async setWebhookGauges(): Promise<void> {
    const { rows } = await this.pool.query<{ pending: string; oldest: string; disabled: string }>(WEBHOOKS);
    this.metrics.webhookPending.set(Number(rows[0]?.pending ?? 0));
    this.metrics.webhookOldest.set(Math.max(0, Number(rows[0]?.oldest ?? 0)));
    this.metrics.webhookDisabled.set(Number(rows[0]?.disabled ?? 0));
  }

  private async findOpen(): Promise<LogState> {
    const open = (await listLogStates(this.pool)).find(({ isClosing, isClosed }) => !isClosing && !isClosed);
    if (open) return open;
    throw new Error('no log takes records');
  }

  private setLogGauges(health: LogHealth): void {
    const { metrics } = this;
    metrics.pendingParcels.set(health.waitingParcels);
    metrics.pendingRecords.set(health.waitingRecords);
    metrics.pendingOldest.set(health.oldestWaitingMs / 1_000);
    metrics.treeSize.set(health.treeSize);
    metrics.attestedTreeSize.set(health.attestedTreeSize);
    metrics.unattestedAge.set(health.unattestedMs / 1_000);
    if (health.checkpointAgeMs !== null) metrics.checkpointAge.set(health.checkpointAgeMs / 1_000);
    if (health.heartbeatAgeMs !== null) metrics.heartbeatAge.set(health.heartbeatAgeMs / 1_000);
  }

  private async findDiskReason(): Promise<DegradedReason[]> {
    const { free, size } = await this.readDisk();
    if (free >= Math.min(DISK_LOW_BYTES, size / DISK_LOW_PART)) return [];
    return [
      { code: 'disk-nearly-full', detail: `${Math.round(free / 1_048_576)} MiB are left for the ledger` },
    ];
  }

  private async readDisk(): Promise<{ free: number; size: number }> {
    const { bavail, blocks, bsize } = await statfs(this.settings.LEDGER_DIR);
    return { free: bavail * bsize, size: blocks * bsize };
  }
}
