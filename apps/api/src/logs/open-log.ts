/**
 * The log that takes new records. The worker opens it; until it has, the intake answers `not-ready`. Which log is open
 * is looked up again every few seconds, because a log may be closed and another opened.
 */
import { parseOrigin } from '@cunzheng/ledger';
import { type Database } from '../database/database.js';
import { ProblemError } from '../problems/problem-error.js';

const REMEMBER_MS = 5_000;

export interface OpenLog {
  readonly id: number;
  readonly name: string;
  readonly origin: string;
  readonly service: string;
}

export class OpenLogs {
  private known: { log: OpenLog; untilMs: number } | undefined;

  constructor(
    private readonly database: Database,
    private readonly now: () => number,
  ) {}

  /** @throws ProblemError `not-ready` while no log is open. */
  async current(): Promise<OpenLog> {
    if (this.known && this.known.untilMs > this.now()) return this.known.log;
    const log = await this.find();
    if (!log)
      throw new ProblemError('not-ready', 'the log is not open yet: is the anchor worker running?', {
        retryAfterSeconds: 2,
      });
    this.known = { log, untilMs: this.now() + REMEMBER_MS };
    return log;
  }

  private async find(): Promise<OpenLog | undefined> {
    const [row] = await this.database.query<{ id: number; name: string; origin: string }>(
      'SELECT id, name, origin FROM log WHERE closed_at IS NULL ORDER BY id DESC LIMIT 1',
    );
    return row && { ...row, service: parseOrigin(row.origin).host };
  }
}
