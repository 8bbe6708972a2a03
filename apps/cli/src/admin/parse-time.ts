/** A day or a time in UTC, as options of the operator's commands take it. */
import { InvalidArgumentError } from 'commander';

const DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z)?$/;

/** @throws InvalidArgumentError. */
export function parseTime(text: string): Date {
  const time = new Date(DATE.test(text) ? text : Number.NaN);
  // A day that does not exist, such as February 30, must not become another one.
  if (Number.isNaN(time.getTime()) || !time.toISOString().startsWith(text.slice(0, 10))) {
    throw new InvalidArgumentError('want a date such as 2027-12-31 or a time such as 2027-12-31T12:00:00Z');
  }
  return time;
}
