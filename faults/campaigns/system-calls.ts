/**
 * (b) Each system call on the append path fails with EIO, then with ENOSPC, or the process dies in it. A clean run is
 * traced first: a worker takes over from one that was killed, finishes what is unfinished, and puts one block into the
 * ledger. Then the same again for every call in that trace, one at a time. A call that could not be hit is an error.
 */
import { FaultError } from '../fault-error.js';
import { addCounts, type Arena, type Counts } from '../target.js';
import { describePoint, pointsOf, type Point } from '../system-call-points.js';
import { Takeovers, type Situation } from '../takeovers.js';

export interface SystemCallOptions {
  readonly situations: readonly Situation[];
  /** Which of a situation's points are tried; all of them if absent. */
  readonly choose?: (points: readonly Point[]) => readonly Point[];
  /** Installations at the same time: much of a takeover is waiting. */
  readonly lanes: number;
}

/** @throws FaultError `cannot-inject` naming the points that could not be hit, once all others were tried. */
export async function failSystemCalls(arena: Arena, options: SystemCallOptions): Promise<Counts> {
  const counts: Counts = {};
  const missed: string[] = [];
  const shown = new Set<string>();
  for (const situation of options.situations)
    await attack(arena, situation, options, { counts, missed, shown });
  if (missed.length === 0) return { ...counts, 'points not hit': 0 };
  throw new FaultError('cannot-inject', `${missed.length} points were not hit:\n${missed.join('\n')}`);
}

interface Results {
  readonly counts: Counts;
  readonly missed: string[];
  /** Labels that an earlier situation has shown: they are not shown again. */
  readonly shown: Set<string>;
}

async function attack(
  arena: Arena,
  situation: Situation,
  { choose, lanes }: SystemCallOptions,
  { counts, missed, shown }: Results,
): Promise<void> {
  const open: Takeovers[] = [];
  const begin = async (): Promise<Takeovers> => {
    const takeovers = await Takeovers.begin(arena, situation);
    open.push(takeovers);
    return takeovers;
  };
  const runLane = async (takeovers: Takeovers): Promise<void> => {
    for (let point = waiting.shift(); point !== undefined; point = waiting.shift()) {
      const what = `points, ${situation.name}: ${describePoint(point)}`;
      arena.progress(all - waiting.length, all, what);
      const outcome = await takeovers.run(point);
      if (outcome === undefined) missed.push(`${describePoint(point)} (${situation.name})`);
      addCounts(counts, outcome ?? {});
    }
    addCounts(counts, await takeovers.finish());
  };
  const first = await begin();
  const clean = (await first.traceCleanRun()).filter(({ label }) => !shown.has(label));
  const points = clean.flatMap(pointsOf);
  const waiting = [...(choose?.(points) ?? points)];
  const all = waiting.length;
  for (const { label } of waiting) shown.add(label);
  try {
    const others = Array.from({ length: lanes - 1 }, async () => runLane(await begin()));
    await Promise.all([runLane(first), ...others]);
  } finally {
    for (const takeovers of open) await takeovers.close();
  }
}
