/** The worker's side: every job is a signal and done at once; what waits is read from the database, not from the job. */
import { UnrecoverableError } from 'bullmq';
import { z } from 'zod';
import { ANCHOR_QUEUE, type AnchorJob } from './anchor-signals.js';
import { type QueueConnection } from './connection.js';

const jobSchema = z.strictObject({ parcels: z.array(z.string().regex(/^\d{1,19}$/)) });

export interface AnchorConsumer {
  close(): Promise<void>;
}

/** Calls `onSignal` for each job. A job that is not one of ours fails for good. */
export function consumeAnchorSignals(
  connection: QueueConnection,
  onSignal: (job: AnchorJob) => void,
  onError: (error: unknown) => void,
): AnchorConsumer {
  const worker = connection.createWorker<AnchorJob>(
    ANCHOR_QUEUE,
    ({ data }) => {
      const job = jobSchema.safeParse(data);
      if (!job.success) throw new UnrecoverableError(`not an anchor job: ${job.error.message}`);
      onSignal(job.data);
      return Promise.resolve();
    },
    { concurrency: 4 },
  );
  worker.on('error', onError);
  return { close: () => worker.close() };
}
