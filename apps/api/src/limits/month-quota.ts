/** The quota of an organization for a calendar month, in UTC. The database counts it while it stores. */
import { type QuotaExceeded } from '@cunzheng/persistence';
import { ProblemError } from '../problems/problem-error.js';
import { secondsUntil } from './leased-limit.js';

export interface Month {
  /** Such as `2026-11-01`. */
  readonly firstDay: string;
  readonly startMs: number;
  /** When the next one begins. */
  readonly endMs: number;
}

/** The month of a time. */
export function monthOf(atMs: number): Month {
  const at = new Date(atMs);
  const startMs = Date.UTC(at.getUTCFullYear(), at.getUTCMonth());
  const endMs = Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1);
  return { firstDay: new Date(startMs).toISOString().slice(0, 10), startMs, endMs };
}

/** What a client is told whose records do not fit any more. */
export function quotaProblem({ month, quota, left }: QuotaExceeded, nowMs: number): ProblemError {
  const { endMs } = monthOf(Date.parse(month));
  const next = new Date(endMs).toISOString().slice(0, 10);
  const detail =
    `your organization may send ${quota} records in ${month.slice(0, 7)} and ${left} were left: ` +
    `ask the operator for more, or wait for the next quota on ${next} (UTC)`;
  return new ProblemError('quota-exceeded', detail, {
    retryAfterSeconds: Math.max(1, secondsUntil(endMs, nowMs)),
  });
}
