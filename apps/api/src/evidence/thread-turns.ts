/**
 * Turns at the one thread there is: long work is cut into slices, one slice runs between two looks at the network, and
 * organizations take turns at them. Without that, slices of many batches would run one after the other before any other
 * request is heard.
 */
import { FairQueue } from '../intake/fair-queue.js';

export class ThreadTurns {
  private readonly waiting = new FairQueue<() => void>();
  private isRunning = false;

  /** Resolves when it is the organization's turn to run a slice. */
  async next(organization: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.waiting.push(organization, resolve);
      if (!this.isRunning) this.schedule();
    });
  }

  private schedule(): void {
    this.isRunning = this.waiting.size > 0;
    if (!this.isRunning) return;
    setImmediate(() => {
      this.waiting.shift()?.();
      this.schedule();
    });
  }
}
