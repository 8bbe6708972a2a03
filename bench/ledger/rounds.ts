/** Rounds of a measurement and its baseline, side by side, so that whatever else the machine does meets both. */
export interface Round {
  readonly value: number;
  readonly baseline: number;
}

/** The round whose ratio is the median of all. */
export function medianRound(rounds: readonly Round[]): Round {
  const sorted = [...rounds].sort((a, b) => a.value / a.baseline - b.value / b.baseline);
  const round = sorted[Math.floor(sorted.length / 2)];
  if (round === undefined) throw new Error('no round was measured');
  return round;
}
