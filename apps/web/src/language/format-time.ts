/** Times as two clocks show them: UTC, which the formats use, and Beijing time (UTC+8, no daylight saving since 1991). */
const BEIJING_OFFSET_MS = 8 * 3_600_000;

export interface ShownTime {
  readonly utc: string;
  readonly beijing: string;
}

/** `isoTime` as the formats write it; anything else is given back as it is, for hostile receipts have such times too. */
export function formatTimes(isoTime: string): ShownTime {
  const ms = Date.parse(isoTime);
  if (Number.isNaN(ms)) return { utc: isoTime, beijing: isoTime };
  return { utc: `${clockText(ms)} UTC`, beijing: `${clockText(ms + BEIJING_OFFSET_MS)} UTC+8` };
}

function clockText(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
}
