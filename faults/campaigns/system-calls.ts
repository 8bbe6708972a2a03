/**
 * (b) Each system call on the append path fails with EIO, then with ENOSPC, or the process dies in it. A clean run is
 * traced first: a worker takes over from one that was killed, finishes what is unfinished, and puts one block into the
 * ledger. Then the same again for every call in that trace, one at a time.
 */
import { addCounts, type Arena, type Counts } from '../target.js';
import { describePoint, pointsOf, type Point } from '../system-call-points.js';
import { Takeovers, type Situation } from '../takeovers.js';

export interface SystemCallOptions {
  readonly situations: readonly Situation[];
  /** Which of a situation's points are tried; all of them if absent. */
  readonly choose?: (points: readonly Point[]) => readonly Point[];
}

export async function failSystemCalls(arena: Arena, options: SystemCallOptions): Promise<Counts> {
  const counts: Counts = {};
  const shown = new Set<string>();
  for (const situation of options.situations) {
    const takeovers = await Takeovers.begin(arena, situation);
    try {
      const clean = await takeovers.traceCleanRun();
      // What an earlier situation has shown is not shown again.
      const points = clean.filter(({ label }) => !shown.has(label)).flatMap(pointsOf);
      const chosen = options.choose?.(points) ?? points;
      for (const [i, point] of chosen.entries()) {
        arena.progress(i, chosen.length, `points, ${situation.name}: ${describePoint(point)}`);
        addCounts(counts, await takeovers.run(point));
        shown.add(point.label);
      }
      addCounts(counts, await takeovers.finish());
    } finally {
      await takeovers.close();
    }
  }
  return counts;
}
