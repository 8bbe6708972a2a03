/**
 * Who holds a lock, precisely enough to tell a dead holder from a living one. A process id alone says little: ids are
 * reused, every container has a process 1, and host names change when a container is made anew. So it counts together
 * with the machine's boot, the pid namespace and the start time of the process (all from /proc, so on Linux only).
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

export interface ProcessIdentity {
  readonly hostname: string;
  readonly pid: number;
  /** Clock ticks between boot and the start of the process; empty where unknown. */
  readonly startTime: string;
  /** Random id of this boot of the machine; empty where unknown. */
  readonly bootId: string;
  /** The namespace in which `pid` means something; empty where unknown. */
  readonly pidNamespace: string;
}

/** The identity of this process. */
export function currentProcess(): ProcessIdentity {
  return {
    hostname: hostname(),
    pid: process.pid,
    startTime: startTimeOf(process.pid) ?? '',
    bootId: readOr('', () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidNamespace: readOr('', () => readlinkSync('/proc/self/ns/pid')),
  };
}

/** Whether `other` is certainly dead. False when it lives or when that cannot be seen from here. */
export function isDead(other: ProcessIdentity, self: ProcessIdentity): boolean {
  const visible =
    other.hostname === self.hostname &&
    other.bootId === self.bootId &&
    other.pidNamespace === self.pidNamespace;
  if (!visible) return false;
  if (other.startTime !== '') return startTimeOf(other.pid) !== other.startTime;
  return !respondsToSignal(other.pid);
}

/** Field 22 of /proc/<pid>/stat, or null for a process that is not there, or is only waiting to be reaped. */
function startTimeOf(pid: number): string | null {
  const stat = readOr('', () => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  // The second field, a name in parentheses, may contain anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  return state === 'Z' || state === 'X' ? null : (fields[19] ?? null);
}

function respondsToSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function readOr<T>(fallback: T, read: () => T): T {
  try {
    return read();
  } catch {
    return fallback;
  }
}
