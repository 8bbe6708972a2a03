/**
 * The queue of deliveries. A job holds two ids, the delivery's and its lease's, and nothing of it matters: what is due
 * stands in the database, and a job that is lost is made again when its lease has run out.
 */
import { randomUUID } from 'node:crypto';
import { UnrecoverableError } from 'bullmq';
import { z } from 'zod';
import { giveUpAfter, type QueueConnection } from '@cunzheng/anchor-queue';
import { type LeasedDelivery } from '@cunzheng/persistence';

const QUEUE = 'webhooks';
const ADD_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 2_000;

const jobSchema = z.strictObject({ delivery: z.uuid(), lease: z.int() });

export interface DeliveryJobsOptions {
  readonly concurrency: number;
  /** Longer than any attempt takes. */
  readonly lockMs: number;
  readonly onError: (error: unknown) => void;
}

export class DeliveryJobs {
  private readonly queue: ReturnType<QueueConnection['createQueue']>;
  private readonly worker: { close(): Promise<void> };

  constructor(
    connection: QueueConnection,
    attempt: (leased: LeasedDelivery) => Promise<void>,
    private readonly options: DeliveryJobsOptions,
  ) {
    this.queue = connection.createQueue<LeasedDelivery>(QUEUE, {
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
    });
    const worker = connection.createWorker<LeasedDelivery>(
      QUEUE,
      async ({ data }) => {
        const job = jobSchema.safeParse(data);
        if (!job.success) throw new UnrecoverableError(`not a delivery job: ${job.error.message}`);
        await attempt(job.data);
      },
      { concurrency: options.concurrency, lockDuration: options.lockMs, skipLockRenewal: true },
    );
    this.queue.on('error', options.onError);
    worker.on('error', options.onError);
    this.worker = worker;
  }

  async add(leased: readonly LeasedDelivery[]): Promise<void> {
    if (leased.length === 0) return;
    // One by one, with ids of our own: the PostgreSQL backend would create a sequence for a bulk, which our role may not.
    const added = leased.map(({ delivery, lease }) =>
      this.queue.add('attempt', { delivery, lease }, { jobId: randomUUID() }),
    );
    await giveUpAfter(ADD_TIMEOUT_MS, 'take deliveries', Promise.all(added));
  }

  /** Lets what is under way end, for a moment. */
  async close(): Promise<void> {
    for (const part of [this.worker, this.queue])
      await giveUpAfter(CLOSE_TIMEOUT_MS, 'close', part.close()).catch(this.options.onError);
  }
}
