/**
 * The `accept-loss` event: that the operator's database was restored to an older state, and that entries which the ledger
 * has are without a record behind them since. They stay in the ledger, and receipts that were handed out stay valid.
 */
import { integerMember, type Members, type Refuse } from '../members.js';
import { type LogEvent } from './event.js';
import { defineEventKind } from './kind.js';

/** Entries without a row, one after the other; headers of blocks in between are not counted among them. */
export interface OrphanRange {
  readonly firstIndex: number;
  readonly lastIndex: number;
}

export interface AcceptLossEvent extends LogEvent {
  readonly event: 'accept-loss';
  /** Entries of records that the database no longer knows. */
  readonly count: number;
  /** First and last block with such an entry. */
  readonly fromHeight: number;
  readonly toHeight: number;
  /** Where the entries are, ascending; the first 1,000 ranges. */
  readonly ranges: readonly OrphanRange[];
}

export const MAX_ORPHAN_RANGES = 1_000;

export const { parse: parseAcceptLossEvent, format: formatAcceptLossEvent } =
  defineEventKind<AcceptLossEvent>('accept-loss', {
    required: ['count', 'fromHeight', 'ranges', 'toHeight'],
    read: (members, refuse) => {
      const fromHeight = integerMember(members, 'fromHeight', 0, refuse);
      return {
        count: integerMember(members, 'count', 1, refuse),
        fromHeight,
        toHeight: integerMember(members, 'toHeight', fromHeight, refuse),
        ranges: readRanges(members, refuse),
      };
    },
  });

function readRanges(members: Members, refuse: Refuse): readonly OrphanRange[] {
  const { ranges } = members;
  if (!Array.isArray(ranges) || ranges.length < 1 || ranges.length > MAX_ORPHAN_RANGES)
    return refuse(`"ranges" is no list of 1 to ${MAX_ORPHAN_RANGES} ranges`);
  let next = 0;
  return ranges.map((range) => {
    const members = range as Members;
    if (
      typeof range !== 'object' ||
      Array.isArray(range) ||
      Object.keys(range).join() !== 'firstIndex,lastIndex'
    )
      return refuse('a range is no {firstIndex, lastIndex}');
    const firstIndex = integerMember(members, 'firstIndex', next, refuse);
    const lastIndex = integerMember(members, 'lastIndex', firstIndex, refuse);
    next = lastIndex + 1;
    return { firstIndex, lastIndex };
  });
}
