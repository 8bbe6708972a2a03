/**
 * Check 12, `time`: the operator's times agree with each other and with those of outsiders. `acceptedAt` and `createdAt`
 * are the operator's and shown as such; existed-by is the earliest time that witnesses or timestamps vouch for. Five
 * minutes of difference are allowed for clocks.
 */
import { formatTime, parseTime } from '@cunzheng/ledger';

import { type EvidenceRecord } from '../record/record.js';
import { type Checked, failed, notChecked, passed } from './checked.js';
import { type ExistedBy, type Facts } from './report.js';
import { type TimestampedCheckpoint } from './timestamps.js';
import { type WitnessedCheckpoint } from './witnesses.js';

export const CLOCK_TOLERANCE_MS = 300_000;

/** The earliest time anybody beside the operator vouches for, if anybody does. */
export function computeExistedBy(
  witnessed: WitnessedCheckpoint | undefined,
  timestamped: TimestampedCheckpoint | undefined,
): ExistedBy | undefined {
  const witnessedMs = witnessed?.sinceMs ?? Infinity;
  const timestampedMs = timestamped?.sinceMs ?? Infinity;
  const earliest = Math.min(witnessedMs, timestampedMs);
  if (earliest === Infinity) return undefined;
  return { time: formatTime(earliest), according: witnessedMs <= timestampedMs ? 'witnesses' : 'timestamps' };
}

export function checkTime(
  record: EvidenceRecord,
  createdAt: string | undefined,
  existedBy: ExistedBy | undefined,
  documentStamps: Facts = {},
): Checked<never> {
  const acceptedAt = formatTime(record.acceptedAtMs);
  const facts = {
    operatorAcceptedAt: acceptedAt,
    ...(existedBy === undefined ? {} : { existedBy: existedBy.time }),
    ...documentStamps,
  };
  if (createdAt === undefined)
    return notChecked('block-not-proven', 'the time of the block is not proven', facts);
  const withBlock = { ...facts, operatorCreatedAt: createdAt };
  const createdAtMs = parseTime(createdAt);
  if (record.acceptedAtMs > createdAtMs + CLOCK_TOLERANCE_MS) {
    return failed(
      'accepted-after-block',
      `accepted at ${acceptedAt}, after its block of ${createdAt}`,
      withBlock,
    );
  }
  if (existedBy !== undefined && createdAtMs > parseTime(existedBy.time) + CLOCK_TOLERANCE_MS) {
    const message = `the block says ${createdAt}, but it existed by ${existedBy.time}`;
    return failed('block-after-existence', message, withBlock);
  }
  return passed(withBlock);
}
