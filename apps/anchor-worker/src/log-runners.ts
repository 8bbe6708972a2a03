/**
 * A runner for every log that has something to do: the one that takes records, and those before it until they are closed.
 * The database is asked again and again, because a log may be opened by another worker. One that was closed before is
 * looked at once, on start: a crash may have kept its last checkpoint from being published or attested.
 */
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { listLogStates, type LogState } from '@cunzheng/persistence';
import { type LogRunner } from './log-runner.js';
import { Wake } from './sequencer/wake.js';

export class LogRunners {
  private readonly runners = new Map<number, LogRunner>();
  private readonly runs: Promise<void>[] = [];
  private readonly wake = new Wake();
  private isStopping = false;

  constructor(
    private readonly createRunner: (log: LogState) => Promise<LogRunner>,
    private readonly pool: Pool,
    private readonly intervalMs: number,
    private readonly logger: Logger,
  ) {}

  /** Runs until stopped, or until a runner fails and the others have ended. @throws what it threw: the process must end. */
  async run(): Promise<void> {
    try {
      await this.watch();
    } finally {
      this.stop();
      await Promise.allSettled(this.runs);
    }
    await Promise.all(this.runs);
  }

  /** Parcels wait, in whichever log. */
  signal(): void {
    for (const runner of this.runners.values()) runner.signal();
  }

  /** A log may have been opened. */
  look(): void {
    this.wake.signal();
  }

  stop(): void {
    this.isStopping = true;
    this.wake.signal();
    for (const runner of this.runners.values()) runner.stop();
  }

  private async watch(): Promise<void> {
    await this.begin(true);
    while (!this.isStopping) {
      await this.wake.sleep(this.intervalMs);
      await this.begin(false).catch((error: unknown) => {
        this.logger.warn({ err: error }, 'cannot run a log that was opened: trying again');
      });
    }
  }

  private async begin(isStart: boolean): Promise<void> {
    for (const log of await listLogStates(this.pool)) {
      const isDue = !log.isClosed || (isStart && log.lastSize !== undefined);
      if (!isDue || this.runners.has(log.id) || this.isStopping) continue;
      const runner = await this.createRunner(log);
      this.runners.set(log.id, runner);
      const run = runner.run();
      run.catch(() => {
        this.stop();
      });
      this.runs.push(run);
      // It was told to stop while this one was made.
      if (this.isStopping as boolean) runner.stop();
    }
  }
}
