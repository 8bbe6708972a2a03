/**
 * When an authority may be asked again: at once after an answer, later and later after failures, and after five in a row
 * only now and then, until it answers again.
 */
const OPEN_AFTER = 5;
const OPEN_INTERVALS = 32;

export class Circuit {
  private failures = 0;
  private notBeforeMs = 0;

  /** `intervalMs`: the wait after a first failure; it doubles with each further one. */
  constructor(private readonly intervalMs: number) {}

  /** Whether so many failed that the authority is only tried now and then. */
  get isOpen(): boolean {
    return this.failures >= OPEN_AFTER;
  }

  mayAsk(nowMs: number): boolean {
    return nowMs >= this.notBeforeMs;
  }

  succeed(): void {
    this.failures = 0;
    this.notBeforeMs = 0;
  }

  fail(nowMs: number): void {
    this.failures += 1;
    const intervals = this.isOpen ? OPEN_INTERVALS : 2 ** (this.failures - 1);
    this.notBeforeMs = nowMs + intervals * this.intervalMs;
  }
}
