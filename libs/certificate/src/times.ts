/** A time as courts read it: UTC as it stands in the records, and Beijing time, which is UTC+8 all year. */
import { parseTime } from '@cunzheng/ledger';
import { type Wording } from './wording.js';

const BEIJING_OFFSET_MS = 8 * 3_600_000;

export function formatBothTimes(time: string): (string | Wording)[] {
  const local = new Date(parseTime(time) + BEIJING_OFFSET_MS).toISOString();
  const beijing = `${local.slice(0, 10)} ${local.slice(11, 23)}`;
  return [
    `${time.slice(0, 10)} ${time.slice(11, 23)} UTC`,
    { zh: `北京时间 ${beijing}`, en: `Beijing time ${beijing}` },
  ];
}
