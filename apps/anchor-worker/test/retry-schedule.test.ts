/** When a delivery is tried again, and what `Retry-After` may say. */
import { nextDelayMs, parseRetryAfter } from '../src/webhooks/retry-schedule.js';

const HOUR = 3_600_000;

test('eleven attempts, ever further apart, the last between 58 and 72 hours after the first', () => {
  for (const random of [0, 0.5, 1]) {
    const delays = Array.from({ length: 10 }, (_, index) => nextDelayMs(index + 1, random)!);
    expect(nextDelayMs(11, random)).toBeUndefined();
    for (const [index, delay] of delays.slice(1).entries()) expect(delay).toBeGreaterThan(delays[index]!);
    const total = delays.reduce((sum, delay) => sum + delay, 0);
    expect(total).toBeGreaterThan(58 * HOUR);
    expect(total).toBeLessThan(72 * HOUR);
  }
  expect([nextDelayMs(1, 0), nextDelayMs(1, 0.5), nextDelayMs(1, 1)]).toEqual([4_500, 5_000, 5_500]);
});

test.each([
  ['120', 120_000],
  ['0', 0],
  [' 7 ', 7_000],
  ['Thu, 01 Jan 1970 00:01:00 GMT', 50_000],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['999999999', 24 * HOUR],
  ['Fri, 01 Jan 2100 00:00:00 GMT', 24 * HOUR],
  ['-1', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['', undefined],
  [undefined, undefined],
])('Retry-After: %s', (value, expected) => {
  expect(parseRetryAfter(value, 10_000)).toBe(expected);
});
