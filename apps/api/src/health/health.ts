/**
 * Whether evidence can be accepted, and whether an operator should look: ready, degraded (it serves, but something behind it
 * is late) or not ready. The reasons name no organization, no address and no secret.
 */
import { findReasons, readLogHealth, type DegradedReason } from '@cunzheng/persistence';
import { type Database } from '../database/database.js';
import { type OpenLogs } from '../logs/open-log.js';
import { ProblemError } from '../problems/problem-error.js';

/** Health is public: it costs one query in this time at most. */
const REMEMBER_MS = 1_000;

export interface Readiness {
  readonly status: 'ready' | 'degraded';
  readonly log: string;
  readonly reasons: readonly DegradedReason[];
}

export class Health {
  private known: { readonly readiness: Promise<Readiness>; readonly untilMs: number } | undefined;

  constructor(
    private readonly database: Database,
    private readonly logs: OpenLogs,
    private readonly attestLateMs: number,
  ) {}

  /** @throws ProblemError `not-ready` when nothing can be accepted. */
  async read(): Promise<Readiness> {
    const nowMs = performance.now();
    if (this.known && this.known.untilMs > nowMs) return await this.known.readiness;
    const readiness = this.ask();
    this.known = { readiness, untilMs: nowMs + REMEMBER_MS };
    return await readiness;
  }

  /** As {@link read}, for who wants an answer in any case. */
  async readOrNot(): Promise<Readiness | { readonly status: 'not-ready'; readonly detail: string }> {
    return await this.read().catch((error: unknown) => {
      if (error instanceof ProblemError) return { status: 'not-ready' as const, detail: error.message };
      throw error;
    });
  }

  private async ask(): Promise<Readiness> {
    await this.database.query('SELECT 1').catch((cause: unknown) => {
      throw new ProblemError('not-ready', 'the database does not answer', { retryAfterSeconds: 2, cause });
    });
    const { id, origin } = await this.logs.current();
    const reasons = findReasons(await readLogHealth(this.database.pool, id), this.attestLateMs);
    return { status: reasons.length === 0 ? 'ready' : 'degraded', log: origin, reasons };
  }
}
