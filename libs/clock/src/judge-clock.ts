/**
 * Whether a clock may be relied on. It may not when most of at least two timestamping authorities say that it is off by more
 * than the bound, when it jumped back, or when it differs from the database's and nobody says which of the two is right. An
 * authority has a say only where its uncertainty leaves no doubt.
 */

/** Our clock minus another one. */
export interface Offset {
  readonly offsetMs: number;
  /** How far the true difference may be from it. */
  readonly uncertaintyMs: number;
}

export type ClockReason = 'authorities' | 'jumped-back' | 'database';

export interface ClockVerdict {
  readonly state: 'fine' | 'warn' | 'stop';
  /** What is wrong; absent where nothing is. */
  readonly reason?: ClockReason;
  /** At least two authorities, and most of them, say that the clock is off by no more than this. */
  readonly confirmedBoundMs?: number;
}

export interface ClockEvidence {
  readonly boundMs: number;
  /** One for each authority. What is not fresh may contradict, but confirms nothing. */
  readonly authorities: readonly (Offset & { readonly isFresh: boolean })[];
  readonly database: Offset | undefined;
  readonly jumpedBack: boolean;
}

const MIN_AUTHORITIES = 2;

export function judgeClock({ boundMs, authorities, database, jumpedBack }: ClockEvidence): ClockVerdict {
  const isOff = ({ offsetMs, uncertaintyMs }: Offset): boolean =>
    Math.abs(offsetMs) - uncertaintyMs > boundMs;
  const isRight = ({ offsetMs, uncertaintyMs }: Offset): boolean =>
    Math.abs(offsetMs) + uncertaintyMs <= boundMs;
  const isMost = (count: number): boolean => count >= MIN_AUTHORITIES && 2 * count > authorities.length;
  const off = authorities.filter(isOff).length;
  const isDatabaseOff = database !== undefined && isOff(database);
  if (isMost(off)) return { state: 'stop', reason: 'authorities' };
  const isConfirmed = isMost(authorities.filter((source) => source.isFresh && isRight(source)).length);
  if (jumpedBack && !isConfirmed) return { state: 'stop', reason: 'jumped-back' };
  if (isDatabaseOff && !isConfirmed) return { state: 'stop', reason: 'database' };
  const confirmed = isConfirmed ? { confirmedBoundMs: boundMs } : {};
  if (off > 0) return { state: 'warn', reason: 'authorities', ...confirmed };
  if (isDatabaseOff) return { state: 'warn', reason: 'database', ...confirmed };
  return { state: 'fine', ...confirmed };
}
