/**
 * The API's side: tells the worker which parcels wait. Signals are gathered: one `add` in flight at a time, at least
 * 50 ms apart, each carrying every parcel since the last. A signal that is lost costs time, never a record: the
 * worker's sweeper reads the table.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type QueueConnection } from './connection.js';
import { giveUpAfter } from './give-up.js';

export const ANCHOR_QUEUE = 'anchor';
const MIN_INTERVAL_MS = 50;
const ADD_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 1_000;

/** Payload of a job: ids of parcels that wait for a block. */
export interface AnchorJob {
  readonly parcels: readonly string[];
}

export class AnchorSignals {
  private readonly queue: ReturnType<QueueConnection['createQueue']>;
  private waiting: string[] = [];
  private sending: Promise<void> | undefined;

  /** `onError` hears of signals that could not be sent; the sweeper makes up for them. */
  constructor(
    connection: QueueConnection,
    private readonly onError: (error: unknown) => void,
  ) {
    this.queue = connection.createQueue<AnchorJob>(ANCHOR_QUEUE, {
      defaultJobOptions: { removeOnComplete: true, removeOnFail: 100 },
    });
    this.queue.on('error', onError);
  }

  signal(parcel: string): void {
    this.waiting.push(parcel);
    this.sending ??= this.sendAll();
  }

  /** Sends what waits, unless the queue does not answer, and closes it. */
  async close(): Promise<void> {
    await giveUpAfter(CLOSE_TIMEOUT_MS, 'close', this.finish()).catch(this.onError);
  }

  private async finish(): Promise<void> {
    await this.sending;
    await this.queue.close();
  }

  private async sendAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const job: AnchorJob = { parcels: this.waiting };
      this.waiting = [];
      // An id of our own: the PostgreSQL backend would create a sequence for its numbers, which our role may not.
      const added = this.queue.add('parcels', job, { jobId: randomUUID() });
      await giveUpAfter(ADD_TIMEOUT_MS, 'take a signal', added).catch(this.onError);
      await delay(MIN_INTERVAL_MS);
    }
    // In the same turn as the last look: a signal that comes now starts afresh.
    this.sending = undefined;
  }
}
