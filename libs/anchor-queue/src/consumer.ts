/** The worker's side: every job is a signal and done at once; what waits is read from the database, not from the job. */
import { UnrecoverableError } from 'bullmq';
import { z } from 'zod';
import { ANCHOR_QUEUE, type AnchorJob } from './anchor-signals.js';
import { type QueueConnection } from './connection.js';
import { giveUpAfter } from './give-up.js';

const CLOSE_TIMEOUT_MS = 1_000;

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
    // A signal takes no time: there is no lock to renew, and no timer that would outlive a server that is away.
    { concurrency: 4, skipLockRenewal: true },
  );
  worker.on('error', onError);
  return { close: () => giveUpAfter(CLOSE_TIMEOUT_MS, 'close', worker.close()).catch(onError) };
}
