/**
 * (e) Two workers, one ledger. The one that sequences is frozen under load, at a random moment or by strace right after a
 * system call on the ledger; its database session ends while it sleeps, and once its lock file is stale the other takes
 * over. Then it wakes up: it must stop, or stand by, and whatever it was about to do must do no harm.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../test/support/eventually.js';
import { type Program } from '../program.js';
import { endSequencerSession } from '../sequencer-lock.js';
import { Strace } from '../strace.js';
import { addCounts, Target, type Arena, type Counts } from '../target.js';
import { PATIENCE_MS } from '../patience.js';

const INTERRUPTED = 'sequencer interrupted: starting afresh';
const MAX_UNDER_LOAD_MS = 300;
/** A system call of the worker since strace was attached, after which the worker freezes; or some moment. */
export type Freeze = { readonly call: string; readonly ordinal: number } | 'some moment';

/**
 * First the reading of the lock file before a checkpoint is published: what the worker reads when it wakes up is still its
 * own name.
 */
export const FREEZES: readonly Freeze[] = [
  { call: 'openat', ordinal: 3 },
  ...[1, 2, 4, 5, 8].map((ordinal) => ({ call: 'openat', ordinal })),
  ...[1, 2, 3, 4].map((ordinal) => ({ call: 'pwrite64', ordinal })),
  ...['fdatasync', 'fsync', 'rename'].map((call) => ({ call, ordinal: 1 })),
  ...Array.from({ length: 5 }, () => 'some moment' as const),
];

export interface FrozenWorkerOptions {
  /** Installations at the same time: most of a round is waiting. */
  readonly lanes: number;
  readonly freezes: readonly Freeze[];
}

export async function freezeWorkers(arena: Arena, { lanes, freezes }: FrozenWorkerOptions): Promise<Counts> {
  const counts: Counts = {};
  const waiting = [...freezes];
  const runLane = async (): Promise<void> => {
    // One thread for files: the order of their system calls is the same in every block.
    const target = await Target.create(arena, { environment: { UV_THREADPOOL_SIZE: '1' } });
    try {
      const { installation } = target;
      const workers = [await installation.startWorker(), await installation.startWorker()];
      await installation.startApi();
      await target.load.send(1);
      await target.check('the first record');
      for (let freeze = waiting.shift(); freeze !== undefined; freeze = waiting.shift()) {
        addCounts(counts, await freezeOne(arena, target, workers, freeze));
        for (const [i, { isRunning }] of workers.entries())
          if (!isRunning) workers[i] = await installation.startWorker();
        arena.progress(freezes.length - waiting.length, freezes.length, 'workers frozen');
      }
      await target.inspection.checkEverything();
      addCounts(counts, target.counts);
    } finally {
      await target.close();
    }
  };
  await Promise.all(Array.from({ length: lanes }, runLane));
  return counts;
}

async function freezeOne(
  arena: Arena,
  target: Target,
  workers: readonly Program[],
  freeze: Freeze,
): Promise<Counts> {
  const where = freeze === 'some moment' ? 'at some moment' : `after ${freeze.call} #${freeze.ordinal}`;
  const sequencer = await eventually(
    'a worker sequences',
    () => workers.find(({ isSequencing }) => isSequencing),
    PATIENCE_MS,
  );
  const other = workers.find((worker) => worker !== sequencer) as Program;
  const trace = await freezeUnderLoad(arena, target, sequencer, freeze);
  const takenBefore = other.times('sequencing');
  await endSequencerSession(target.installation);
  await eventually('the other takes over', () => other.times('sequencing') > takenBefore, PATIENCE_MS);
  await target.check(`a worker frozen ${where}, while it is`);
  await trace?.detach(target.installation.ledgerDir);
  const interruptedBefore = sequencer.times(INTERRUPTED);
  sequencer.send('SIGCONT');
  await eventually(
    'the thawed worker stops or stands by',
    () => !sequencer.isRunning || sequencer.times(INTERRUPTED) > interruptedBefore,
    PATIENCE_MS,
  );
  await target.check(`a worker frozen ${where}, and thawed`);
  target.beginLoad();
  await delay(arena.random.below(MAX_UNDER_LOAD_MS));
  await target.check(`a worker frozen ${where}, thawed, and load again`);
  return {
    [freeze === 'some moment' ? 'frozen at some moment' : 'frozen after a system call']: 1,
    [sequencer.isRunning ? 'thawed: stands by' : 'thawed: ended itself']: 1,
  };
}

/** Gives the strace that did it, if one did. */
async function freezeUnderLoad(
  { random, directory }: Arena,
  target: Target,
  worker: Program,
  freeze: Freeze,
): Promise<Strace | undefined> {
  if (freeze === 'some moment') {
    target.beginLoad();
    await delay(random.below(MAX_UNDER_LOAD_MS));
    worker.send('SIGSTOP');
    return undefined;
  }
  const logFile = join(directory, `frozen-${worker.pid}.log`);
  rmSync(logFile, { force: true });
  const trace = await Strace.attach(worker.pid, logFile, { ...freeze, tampering: 'signal=STOP' });
  target.beginLoad();
  await eventually('strace has frozen it', () => trace.says('--- stopped by SIGSTOP ---'), PATIENCE_MS);
  return trace;
}
