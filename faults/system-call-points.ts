/** The points at which a system call can be made to fail, under names that are the same in every run. */
import { type Call, type Injection, type Tampering } from './strace.js';
import { type ThreadName } from './threads.js';

export interface NamedCall extends Call {
  /** What the call is for, and the how-many-eth of these it is: `fsync /segments/H.seg #1`. */
  readonly label: string;
}

export interface Point extends Injection {
  readonly thread: ThreadName;
  readonly label: string;
}

export function nameCalls(calls: readonly Call[]): NamedCall[] {
  const seen = new Map<string, number>();
  return calls.map((call) => {
    const where = call.thread === 'main' ? ' in the main thread' : '';
    const kind = `${call.name}${call.readsOnly ? ' to read' : ''} ${kindOfPath(call.path)}${where}`;
    const times = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, times);
    return { ...call, label: `${kind} #${times}` };
  });
}

/** Reading cannot run out of space, and dying before a read is dying after the write before it. */
export function pointsOf({ name, thread, ordinal, label, readsOnly }: NamedCall): Point[] {
  const tamperings: readonly Tampering[] = readsOnly
    ? ['error=EIO']
    : ['error=EIO', 'error=ENOSPC', 'signal=KILL'];
  return tamperings.map((tampering) => ({ call: name, thread, ordinal, label, tampering }));
}

export function describePoint({ label, tampering }: Point): string {
  return `${tampering} in ${label}`;
}

/** What the tampering hit: strace marks a failed call, and a process that is killed ends in the call that it dies in. */
export function findHit(calls: readonly NamedCall[], { call, tampering }: Point): NamedCall | undefined {
  return tampering.startsWith('error=')
    ? calls.find(({ tampered }) => tampered)
    : calls.findLast(({ name }) => name === call);
}

/** A path below LEDGER_DIR without the log's name and without what is random or grows. */
function kindOfPath(path: string): string {
  return path
    .replace(/^[^/]+/, '')
    .replace(/tmp\/[0-9a-f]{32}/, 'tmp/W')
    .replace(/\.[0-9a-f]{24}\.tmp$/, '*')
    .replace(/(claim|probe|new)-[0-9a-f]+$/, '$1')
    .replace(/block-\d+-\d+/, 'block')
    .replace(/(x\d{3}\/)*\d{3}(?=$|\.p)/, 'N')
    .replace(/\.p\/\d+$/, '.p/W')
    .replace(/\d{12}/, 'H');
}
