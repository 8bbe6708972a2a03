/**
 * `Prefer: wait=N` (RFC 7240): holds an answer back until the record is anchored. The worker notifies for each block;
 * a wait looks at its record then, and once more when notifications may have been missed.
 */
import { ANCHORED_CHANNEL } from '@cunzheng/persistence';
import { type Notifications } from '../database/notifications.js';

const MAX_WAIT_SECONDS = 30;

/** The seconds a `Prefer` header asks to wait, at most 30; undefined when it asks for nothing. */
export function readWait(prefer: string | string[] | undefined): number | undefined {
  const [, seconds] = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?/i.exec([prefer ?? ''].flat().join(',')) ?? [];
  return seconds === undefined ? undefined : Math.min(Number(seconds), MAX_WAIT_SECONDS);
}

export class AnchorWaits {
  private readonly sleepers = new Set<() => void>();
  private closing = false;

  constructor(notifications: Notifications) {
    notifications.on(ANCHORED_CHANNEL, () => {
      this.wakeAll();
    });
  }

  /** Asks `look` now and after every anchored block until it finds something or the time is over. */
  async until<T>(
    look: () => Promise<T | undefined>,
    seconds: number,
    closed: AbortSignal,
  ): Promise<T | undefined> {
    const deadline = Date.now() + seconds * 1_000;
    for (;;) {
      // Begun before looking: a block that is anchored in between is not missed.
      const block = this.nextBlock(deadline - Date.now(), closed);
      try {
        const found = await look();
        if (found !== undefined || closed.aborted || this.closing || Date.now() >= deadline) return found;
        await block.anchored;
      } finally {
        block.forget();
      }
    }
  }

  /** Ends every wait for good: the process is about to stop. */
  close(): void {
    this.closing = true;
    this.wakeAll();
  }

  private wakeAll(): void {
    for (const wake of this.sleepers) wake();
  }

  private nextBlock(timeoutMs: number, closed: AbortSignal): { anchored: Promise<void>; forget: () => void } {
    let wake = (): void => undefined;
    const anchored = new Promise<void>((resolve) => {
      wake = () => {
        clearTimeout(timer);
        this.sleepers.delete(wake);
        closed.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.max(timeoutMs, 0));
      this.sleepers.add(wake);
      closed.addEventListener('abort', wake);
    });
    return { anchored, forget: wake };
  }
}
