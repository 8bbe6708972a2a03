/** UTCTime and GeneralizedTime in DER: X.690 §11.7 and §11.8, with the years of RFC 5280 §4.1.2.5. */

const UTC_TIME = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
const GENERALIZED_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{0,18}[1-9]))?Z$/;

/** Milliseconds since 1970, or undefined unless it is a moment that exists. Years 50–99 are 1950–1999. */
export function parseUtcTime(content: Uint8Array): number | undefined {
  const [, year = '', ...rest] = UTC_TIME.exec(toAscii(content)) ?? [];
  if (year === '') return undefined;
  return toMs([Number(year) + (Number(year) < 50 ? 2000 : 1900), ...rest.map(Number)]);
}

/** Milliseconds since 1970, **rounded up** if the time is given more exactly; undefined as above. */
export function parseGeneralizedTime(content: Uint8Array): number | undefined {
  const match = GENERALIZED_TIME.exec(toAscii(content));
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = ''] = match;
  const ms = toMs([year, month, day, hour, minute, second].map(Number));
  if (ms === undefined) return undefined;
  const finer = /[1-9]/.test(fraction.slice(3)) ? 1 : 0;
  return ms + Number(fraction.slice(0, 3).padEnd(3, '0')) + finer;
}

function toMs(parts: readonly number[]): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const exists =
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second;
  return exists ? date.getTime() : undefined;
}

function toAscii(content: Uint8Array): string {
  return String.fromCharCode(...content.subarray(0, 64));
}
