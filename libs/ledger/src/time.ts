/**
 * Times of every format: `YYYY-MM-DDTHH:MM:SS.mmmZ`, UTC with milliseconds and always 24 characters, so that comparing
 * the texts compares the times. This is RFC 3339 narrowed to one spelling; leap seconds have none.
 */
import { LedgerError } from './ledger-error.js';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Milliseconds since 1970 of a time. Throws `time-invalid` unless it is a moment that exists, in its one spelling. */
export function parseTime(text: string, name = 'time'): number {
  const ms = TIME.test(text) ? Date.parse(text) : NaN;
  // A day such as 30 February parses to another one: only what comes back the same exists.
  if (Number.isNaN(ms) || formatTime(ms) !== text) {
    throw new LedgerError(
      'time-invalid',
      `${name} is ${JSON.stringify(text)}, want YYYY-MM-DDTHH:MM:SS.mmmZ`,
    );
  }
  return ms;
}

/** The time `ms` milliseconds after 1970-01-01T00:00:00.000Z; years 0000 to 9999. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString();
}
