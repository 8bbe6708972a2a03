/**
 * The log that takes new records. The worker opens it; until it has, the intake answers `not-ready`. When another log takes
 * its place, the worker says so, and the database refuses what still comes for the old one: it is made anew for the new.
 */
import { parseOrigin } from '@cunzheng/ledger';
import { isLogClosed, LOG_CHANNEL, PersistenceError } from '@cunzheng/persistence';
import { type Database } from '../database/database.js';
import { type Notifications } from '../database/notifications.js';
import { ProblemError } from '../problems/problem-error.js';

const REMEMBER_MS = 5_000;
/** A log lives for months: the second attempt is for one that was closed just now. */
const MAX_ATTEMPTS = 3;

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
    notifications: Notifications,
    private readonly now: () => number,
  ) {
    notifications.on(LOG_CHANNEL, () => {
      this.known = undefined;
    });
  }

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

  /**
   * Does `work` for the log that takes records, again for another one if that took its place meanwhile. Work that fails
   * because its log was closed must have stored nothing.
   *
   * @throws ProblemError `not-ready`, and what `work` throws.
   */
  async using<T>(work: (log: OpenLog) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const log = await this.current();
      try {
        return await work(log);
      } catch (error) {
        if (!wasForClosedLog(error) || attempt === MAX_ATTEMPTS) throw error;
        if (this.known?.log.id === log.id) this.known = undefined;
      }
    }
  }

  private async find(): Promise<OpenLog | undefined> {
    const [row] = await this.database.query<{ id: number; name: string; origin: string }>(
      `SELECT id, name, origin FROM log WHERE closing_at IS NULL AND closed_at IS NULL ORDER BY id DESC LIMIT 1`,
    );
    return row && { ...row, service: parseOrigin(row.origin).host };
  }
}

/** An error may be wrapped in the problem that the client would be told of. */
function wasForClosedLog(error: unknown): boolean {
  if (error instanceof ProblemError) return wasForClosedLog(error.cause);
  return isLogClosed(error) || (error instanceof PersistenceError && error.code === 'log-entry-refused');
}
