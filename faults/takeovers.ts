/**
 * Takeovers under a microscope. The worker that sequences loses its lock, by losing its database session or its life; a
 * record is accepted and the ledger brought into a situation; strace is attached to the worker that is next; then it gets
 * the lock, opens the ledger, recovers, and appends one block, every system call of it in the trace.
 */
import { readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../test/support/eventually.js';
import { FaultError, promise } from './fault-error.js';
import { type Ending, type Program } from './program.js';
import { endSequencerSession, takeSequencerLock } from './sequencer-lock.js';
import { Strace } from './strace.js';
import { describePoint, findHit, nameCalls, type NamedCall, type Point } from './system-call-points.js';
import { Target, type Arena, type Counts } from './target.js';
import { ONE_FILE_THREAD } from './threads.js';
import { PATIENCE_MS } from './patience.js';

/** From where the append path is entered, and in which state it finds the files. */
export interface Situation {
  readonly name: string;
  /** A session that ended: the same worker begins afresh. A death: another one takes over, and finds the dead one's lock. */
  readonly after: 'session' | 'death';
  /** Records for the one block. */
  readonly records: number;
  /** Changes the log's directory while nobody writes it. */
  readonly prepare: (directory: string) => void;
}

const asItIs = (): void => undefined;

export const SITUATIONS = {
  block: { name: 'a small block', after: 'session', records: 1, prepare: asItIs },
  tile: { name: 'a block that fills a tile', after: 'session', records: 260, prepare: asItIs },
  torn: { name: 'a torn end of a published block', after: 'session', records: 1, prepare: tearLastBlock },
  anew: { name: 'the ledger made anew from the database', after: 'session', records: 1, prepare: removeAll },
  death: { name: 'the lock of a dead worker', after: 'death', records: 1, prepare: asItIs },
} as const satisfies Record<string, Situation>;

/** When one of these fails, what is on the disk is not known: the process must end. */
const FATAL_CALLS = ['pwrite64', 'fsync', 'fdatasync', 'rename', 'ftruncate'];
const TORN_BYTES = 40;
/** The first sweep finds the records; more of them would be in one trace and not in the next. */
const NO_SWEEPS = { SWEEP_INTERVAL_MS: '10000' };
/** A heartbeat of the lock in between shifts the count, as does a state of the files that differs a little. */
const ATTEMPTS_TO_HIT = 8;
const ATTEMPTS_TO_TRACE = 12;
const INTERRUPTED = 'sequencer interrupted: starting afresh';

interface Outcome {
  /** How the worker that was next ended; undefined if it goes on. */
  readonly ending: Ending | undefined;
  readonly calls: readonly NamedCall[];
}

export class Takeovers {
  #sequencer: Program | undefined;

  private constructor(
    private readonly arena: Arena,
    private readonly situation: Situation,
    private readonly target: Target,
  ) {}

  static async begin(arena: Arena, situation: Situation): Promise<Takeovers> {
    const environment = { ...ONE_FILE_THREAD, ...NO_SWEEPS };
    const target = await Target.create(arena, { environment });
    const takeovers = new Takeovers(arena, situation, target);
    await Promise.all([takeovers.#sequencing(), target.installation.startApi()]);
    await target.load.send(3);
    await target.check('the first records');
    return takeovers;
  }

  /** The calls of a takeover in which nothing fails, without a heartbeat in between. */
  async traceCleanRun(): Promise<readonly NamedCall[]> {
    for (let attempt = 1; attempt <= ATTEMPTS_TO_TRACE; attempt += 1) {
      const { ending, calls } = await this.#takeOver();
      promise(ending === undefined, () => `the worker ended (${ending ?? ''}) in a clean run`);
      // A lock is written before it takes its name: what is written to it later are heartbeats.
      if (!calls.some(({ name, path }) => name === 'pwrite64' && path.endsWith('/lock'))) return calls;
    }
    throw new FaultError(
      'cannot-inject',
      `no takeover was done within a heartbeat in ${ATTEMPTS_TO_TRACE} attempts`,
    );
  }

  /** Gives what happened, for the counts; undefined when the point was not hit. */
  async run(point: Point): Promise<Counts | undefined> {
    let aim = point;
    for (let attempt = 1; attempt <= ATTEMPTS_TO_HIT; attempt += 1) {
      const outcome = await this.#takeOver(aim);
      const died = point.tampering !== 'signal=KILL' || outcome.ending === 'SIGKILL';
      const hit = died ? findHit(outcome.calls, aim) : undefined;
      if (hit !== undefined) assertFatal(aim, hit, outcome);
      if (hit?.label === point.label) return countsOf(point, outcome.ending);
      // What was hit instead was checked like any other.
      aim = { ...point, ordinal: await this.#expectOrdinal(point) };
    }
    return undefined;
  }

  /**
   * Where the call will be in the next takeover. Each leaves a block more: where all blocks are written anew, what comes
   * after them moves on by as much as between two clean runs.
   */
  async #expectOrdinal({ label, ordinal }: Point): Promise<number> {
    const seen: number[] = [];
    for (let run = 0; run < 2; run += 1) {
      const there = (await this.traceCleanRun()).find((call) => call.label === label);
      seen.push(there?.ordinal ?? ordinal);
    }
    const [before = ordinal, now = ordinal] = seen;
    return now + (now - before);
  }

  async finish(): Promise<Counts> {
    await this.target.inspection.checkEverything();
    return this.target.counts;
  }

  async close(): Promise<void> {
    await this.target.close();
  }

  async #takeOver(point?: Point): Promise<Outcome> {
    const { installation, inspection, load } = this.target;
    const before = await this.#sequencing();
    const next = this.situation.after === 'session' ? before : await installation.startWorker();
    const interrupted = next.times(INTERRUPTED);
    const release = await takeSequencerLock(installation, async () => {
      if (next !== before) await before.end('SIGKILL');
      else await endSequencerSession(installation);
    });
    if (next === before)
      await eventually(
        'the sequencer has let go of the ledger',
        () => next.times(INTERRUPTED) > interrupted,
        PATIENCE_MS,
      );
    await load.send(this.situation.records);
    this.situation.prepare(await inspection.logDirectory());
    const logFile = join(this.arena.directory, `strace-${next.pid}.log`);
    rmSync(logFile, { force: true });
    const trace = await Strace.attach(next.pid, logFile, point);
    await release();
    const ending = await this.#outcome(next, point);
    const calls = nameCalls(await trace.detach(installation.ledgerDir));
    this.#sequencer = ending === undefined ? next : undefined;
    await this.#sequencing();
    await this.target.check(point === undefined ? 'a clean run' : describePoint(point));
    return { ending, calls };
  }

  /** The worker that sequences; one is started if there is none. */
  async #sequencing(): Promise<Program> {
    const worker = (this.#sequencer ??= this.target.installation.launch('anchor-worker'));
    await worker.ready();
    await eventually('the worker sequences', () => worker.isSequencing, PATIENCE_MS);
    return worker;
  }

  /** How it ended; undefined once it has finished the block, at the first attempt or after beginning afresh. */
  async #outcome(worker: Program, point: Point | undefined): Promise<Ending | undefined> {
    const [anchored, interrupted] = [worker.times('anchored'), worker.times(INTERRUPTED)];
    const goesOn = eventually(
      'the worker ends or goes on',
      async () => {
        if (!worker.isRunning) return true;
        const turned = worker.times('anchored') > anchored || worker.times(INTERRUPTED) > interrupted;
        return turned && worker.isSequencing && (await this.target.inspection.isSettled());
      },
      PATIENCE_MS,
    );
    await goesOn.catch((cause: unknown) => {
      const what = point === undefined ? 'a clean run' : describePoint(point);
      const words = this.target.installation.lastWords();
      throw new FaultError('promise-broken', `${what}: ${String(cause)}\n${words}`, { cause });
    });
    return worker.isRunning ? undefined : await worker.ended;
  }
}

/** A failed write or fsync ends the process, and is not tried again; a lock file's is the exception, it holds nothing. */
function assertFatal(point: Point, hit: NamedCall, { ending, calls }: Outcome): void {
  if (!point.tampering.startsWith('error=')) return;
  const what = describePoint({ ...point, label: hit.label });
  const isFatal = FATAL_CALLS.includes(hit.name) && !/\/lock$/.test(hit.path);
  promise(!isFatal || ending === 1, () => `${what}: the worker ${ending ?? 'goes on'}, it should end with 1`);
  const again = calls
    .slice(calls.indexOf(hit) + 1)
    .filter(({ name, path }) => /^f(data)?sync$/.test(hit.name) && name === hit.name && path === hit.path);
  promise(again.length === 0, () => `${what}: the failed ${hit.name} was tried again`);
}

function countsOf({ call, tampering }: Point, ending: Ending | undefined): Counts {
  const outcome =
    ending === undefined ? 'worker went on' : ending === 'SIGKILL' ? 'worker died' : 'worker ended itself';
  return { 'points tried': 1, [`${call} ${tampering}`]: 1, [`outcome: ${outcome}`]: 1 };
}

/** As if the last block had been half written when the power went. */
function tearLastBlock(directory: string): void {
  const segments = join(directory, 'segments');
  const last = readdirSync(segments)
    .filter((name) => name.endsWith('.seg'))
    .sort()
    .at(-1);
  const path = join(segments, last ?? '');
  truncateSync(path, statSync(path).size - TORN_BYTES);
  // What recovery keeps of it goes to a folder that is made each time anew.
  rmSync(join(directory, 'damaged'), { recursive: true, force: true });
}

function removeAll(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}
