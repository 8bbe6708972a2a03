/**
 * When a failed delivery is tried again: soon, then ever later, over three days. Each delay is spread by a tenth, so that
 * what failed together does not come back together.
 */

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** The last of them ends less than three days after the first attempt, whatever the spread. */
const DELAYS_MS = [
  5 * SECOND,
  60 * SECOND,
  300 * SECOND,
  1_800 * SECOND,
  2 * HOUR,
  4 * HOUR,
  8 * HOUR,
  12 * HOUR,
  16 * HOUR,
  22 * HOUR,
] as const;

const SPREAD = 0.1;
const MAX_RETRY_AFTER_MS = 24 * HOUR;

/** Milliseconds to wait after `failed` attempts, at least 1; undefined when it was the last. `random` is in 0…1. */
export function nextDelayMs(failed: number, random: number): number | undefined {
  const delay = DELAYS_MS[failed - 1];
  return delay === undefined ? undefined : Math.round(delay * (1 - SPREAD + 2 * SPREAD * random));
}

/** `Retry-After` (RFC 9110 §10.2.3), seconds or a date, as milliseconds from `nowMs`, at most a day. */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  const waitMs = /^\d{1,9}$/.test(text) ? Number(text) * SECOND : parseHttpDate(text) - nowMs;
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), MAX_RETRY_AFTER_MS);
}

/** Every form begins with the name of a day; `Date.parse` alone would take `1.5` for one as well. */
const parseHttpDate = (text: string): number =>
  /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : Number.NaN;
