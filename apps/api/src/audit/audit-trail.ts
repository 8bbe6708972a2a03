/**
 * Writes the audit log for this process. Entries that arrive while one insert is under way share the next, so a request
 * waits for one commit and the database sees few. Acceptances of evidence are counted and written at least once a second:
 * they are in the ledger anyway, and an entry for each would double the work.
 */
import { appendAudit, type AuditEntry } from '@cunzheng/persistence';
import { type Database } from '../database/database.js';
import { ProblemError } from '../problems/problem-error.js';

const TALLY_MS = 1_000;
const MAX_GROUP = 500;
const MAX_WAITING = 20_000;

interface Waiting {
  readonly entry: AuditEntry;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class AuditTrail {
  private waiting: Waiting[] = [];
  private readonly tallies = new Map<string, AuditEntry & { requests: number }>();
  private writing: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Resolves once the entry is committed. @throws ProblemError `busy` or `not-ready`. */
  async record(entry: AuditEntry): Promise<void> {
    if (this.waiting.length >= MAX_WAITING)
      throw new ProblemError('busy', 'the audit log is behind: repeat the request shortly', {
        retryAfterSeconds: 1,
      });
    const written = new Promise<void>((resolve, reject) => {
      this.waiting.push({ entry, resolve, reject });
    });
    this.writing ??= this.write();
    await written;
  }

  /** Counts a request that is written together with others like it, within a second. */
  tally(entry: AuditEntry): void {
    const key = JSON.stringify([entry.organizationKey, entry.action, entry.actor, entry.from, entry.outcome]);
    const known = this.tallies.get(key);
    if (known) known.requests += 1;
    else this.tallies.set(key, { ...entry, requests: 1 });
    this.timer ??= setTimeout(() => void this.flush(), TALLY_MS);
  }

  /** Writes what was counted so far, and waits for what is under way. */
  async close(): Promise<void> {
    await this.flush();
    await this.writing;
  }

  private async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const entries = [...this.tallies.values()];
    this.tallies.clear();
    await Promise.all(entries.map((entry) => this.record(entry).catch(this.onError)));
  }

  private async write(): Promise<void> {
    while (this.waiting.length > 0) {
      const group = this.waiting.splice(0, MAX_GROUP);
      try {
        await appendAudit(
          this.database.pool,
          group.map(({ entry }) => entry),
        );
        for (const { resolve } of group) resolve();
      } catch (cause) {
        const error = new ProblemError(
          'not-ready',
          'the audit log cannot be written: repeat the request shortly',
          {
            retryAfterSeconds: 2,
            cause,
          },
        );
        for (const { reject } of group) reject(error);
      }
    }
    this.writing = undefined;
  }
}
