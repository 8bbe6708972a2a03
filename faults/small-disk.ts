/**
 * A file system of a few megabytes, to be filled: a tmpfs in a mount namespace of its own, reached from here through
 * /proc/PID/root. It is gone with the process that holds it, whatever becomes of us. Needs the right to mount, or user
 * namespaces.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../test/support/eventually.js';
import { FaultError } from './fault-error.js';
import { PATIENCE_MS } from './patience.js';

const MOUNT = 'mount -t tmpfs -o "size=$1,nr_inodes=$2" tmpfs "$0" && echo mounted && exec cat';
const PAGE_BYTES = 4_096;

export class SmallDisk {
  private constructor(
    private readonly holder: ChildProcess,
    private readonly root: string,
  ) {}

  /** Mounts one at `mountPoint`, which is made. @throws FaultError `cannot-inject` where this is not allowed. */
  static async mount(mountPoint: string, sizeBytes: number, inodes: number): Promise<SmallDisk> {
    mkdirSync(mountPoint, { recursive: true });
    const refusals: string[] = [];
    for (const namespaces of [['--mount'], ['--user', '--map-root-user', '--mount']]) {
      const command = [...namespaces, 'sh', '-c', MOUNT, mountPoint, String(sizeBytes), String(inodes)];
      const holder = spawn('unshare', command, { stdio: 'pipe' });
      const heard = { text: '', ended: false };
      for (const stream of [holder.stdout, holder.stderr])
        stream.on('data', (chunk: Buffer) => (heard.text += chunk.toString('utf8')));
      holder.once('error', (error) => (heard.text += error.message));
      for (const event of ['error', 'exit']) holder.once(event, () => (heard.ended = true));
      await eventually(
        'the file system is mounted',
        () => heard.text.includes('mounted\n') || heard.ended,
        PATIENCE_MS,
      );
      if (!heard.ended) return new SmallDisk(holder, `/proc/${holder.pid ?? 0}/root${mountPoint}`);
      refusals.push(heard.text.trim());
    }
    throw new FaultError(
      'cannot-inject',
      `a small file system cannot be mounted here (${refusals.join('; ')}): run it as root, with CAP_SYS_ADMIN in a ` +
        `container, or where users may make namespaces`,
    );
  }

  /** Where the ledgers go. */
  get ledgerDir(): string {
    return join(this.root, 'ledger');
  }

  /** Leaves at most `bytes` free. */
  fillBytes(bytes: number): void {
    const file = openSync(join(this.root, 'ballast'), 'a');
    const { bavail, bsize } = statfsSync(this.root);
    const page = Buffer.alloc(PAGE_BYTES, 1);
    for (let left = bavail * bsize - bytes; left > 0; left -= PAGE_BYTES) writeSync(file, page);
    closeSync(file);
  }

  /** Leaves no room for the name of any new file. */
  fillNames(): void {
    const folder = join(this.root, 'names');
    mkdirSync(folder, { recursive: true });
    for (let left = statfsSync(this.root).ffree; left > 0; left -= 1)
      writeFileSync(join(folder, String(left)), '');
  }

  /** Takes back what filled it. */
  free(): void {
    for (const name of ['ballast', 'names']) rmSync(join(this.root, name), { recursive: true, force: true });
  }

  async unmount(): Promise<void> {
    if (this.holder.exitCode !== null || this.holder.signalCode !== null) return;
    const exit = once(this.holder, 'exit');
    this.holder.kill('SIGKILL');
    await exit;
  }
}
