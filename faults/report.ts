/** What a run says: progress on a terminal (a line now and then elsewhere), and at the end what was counted. */
import { type Counts } from './target.js';

const LINE_EVERY_MS = 15_000;

export class Report {
  readonly #startedMs = performance.now();
  readonly #totals = new Map<string, number>();
  #campaign = '';
  #campaignMs = 0;
  #lineMs = 0;

  /** Gives what the campaign tells its progress to. */
  begin(campaign: string): (done: number, of: number, what: string) => void {
    this.#campaign = campaign;
    this.#campaignMs = this.#lineMs = performance.now();
    return (done, of, what) => {
      const text = `${campaign}: ${done} of ${of} ${what}`;
      if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${text}`);
      else if (performance.now() - this.#lineMs > LINE_EVERY_MS) {
        this.#lineMs = performance.now();
        console.log(text);
      }
    };
  }

  /** Prints the campaign's counts. */
  end(counts: Counts): void {
    if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
    console.log(`${this.#campaign}: held, in ${seconds(this.#campaignMs)}`);
    printCounts(counts);
    for (const [name, count] of Object.entries(counts))
      this.#totals.set(name, (this.#totals.get(name) ?? 0) + count);
  }

  fail(reason: unknown): void {
    console.error(`\n${this.#campaign}: FAILED after ${seconds(this.#campaignMs)}`);
    console.error(reason);
  }

  summarize(): void {
    console.log(`all: held, in ${seconds(this.#startedMs)}`);
    printCounts(Object.fromEntries(this.#totals));
  }
}

function printCounts(counts: Counts): void {
  for (const [name, count] of Object.entries(counts))
    console.log(`  ${count.toLocaleString('en').padStart(9)}  ${name}`);
}

function seconds(sinceMs: number): string {
  return `${((performance.now() - sinceMs) / 1_000).toFixed(1)} s`;
}
