/** Sleeping until something happens: a signal that comes while nobody sleeps is not lost. */

export class Wake {
  private pending = false;
  private wakeUp: (() => void) | undefined;

  /** Ends the current sleep, or the next one at once. */
  signal(): void {
    this.pending = true;
    this.wakeUp?.();
  }

  /** Sleeps until signalled, at most `timeoutMs`. */
  async sleep(timeoutMs: number): Promise<void> {
    if (!this.pending) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.wakeUp = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.pending = false;
    this.wakeUp = undefined;
  }
}
