/**
 * One writer per directory: a lock file with a random token and the identity of its holder, touched every two seconds.
 *
 * A holder that is dead for certain is replaced at once; one that cannot be judged from here (another host or container)
 * once its file was not touched for 15 seconds, by the clock of the file system. A taker writes its own content to
 * `lock.new-<token>` first and links it to a name that must be free, so whoever finds a lock file can read whose it is.
 * To replace a holder it claims the removal of that very token as `lock.claim-<token>`, looks again, and renames the claim
 * over the lock, so of two takers one wins and there is no moment without a lock file. What takers that died have left is
 * removed by the next.
 *
 * Not guaranteed: a holder that slept past its time may wake up between `assertHeld` and its write. What it writes must
 * therefore be harmless (see segment-appender.ts).
 */
import { randomBytes } from 'node:crypto';
import { constants, readFileSync } from 'node:fs';
import { copyFile, type FileHandle, link, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LedgerError } from '../ledger-error.js';
import { fatalIfFails, syncDirectory, writeFully } from './durable.js';
import { currentProcess, isDead, type ProcessIdentity } from './process-identity.js';

export interface LockOptions {
  /** Called once when another process holds the lock; the caller must stop writing. */
  readonly onLost?: (error: LedgerError) => void;
  /** How often the lock file is touched and looked at. */
  readonly heartbeatMs?: number;
  /** Age at which an untouched lock file no longer counts. */
  readonly staleMs?: number;
}

/** The content of a lock file. */
interface Holder extends ProcessIdentity {
  readonly token: string;
}

/** Who wants the lock. */
interface Taker {
  readonly holder: Holder;
  readonly content: string;
  /** Path of a file with that content. */
  readonly draft: string;
  readonly staleMs: number;
}

const HEARTBEAT_MS = 2_000;
const STALE_MS = 15_000;
const MAX_ATTEMPTS = 10;
/** File systems without hard links: FAT, some network shares. */
const NO_LINKS = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'];

export class DirectoryLock {
  /** Of this holder alone, 32 hex digits. */
  readonly token: string;
  readonly #path: string;
  readonly #content: string;
  readonly #file: FileHandle;
  readonly #timer: NodeJS.Timeout;
  readonly #onLost: ((error: LedgerError) => void) | undefined;
  #lost: LedgerError | null = null;
  #released = false;

  private constructor(path: string, token: string, content: string, file: FileHandle, options: LockOptions) {
    this.token = token;
    this.#path = path;
    this.#content = content;
    this.#file = file;
    this.#onLost = options.onLost;
    this.#timer = setInterval(() => void this.#heartbeat(), options.heartbeatMs ?? HEARTBEAT_MS);
    this.#timer.unref();
  }

  /** Takes the lock at `path`, whose directory exists. Throws `ledger-locked` naming the holder, `io-fatal`. */
  static async acquire(path: string, options: LockOptions = {}): Promise<DirectoryLock> {
    const holder: Holder = { ...currentProcess(), token: randomBytes(16).toString('hex') };
    const content = JSON.stringify(holder);
    const draft = `${path}.new-${holder.token}`;
    await fatalIfFails(`take the lock ${path}`, async () => {
      try {
        await writeDraft(draft, content);
        await acquireFile(path, { holder, content, draft, staleMs: options.staleMs ?? STALE_MS });
      } finally {
        await unlinkIfThere(draft);
      }
      await removeLeftovers(path, holder.token);
      await syncDirectory(dirname(path));
    });
    return new DirectoryLock(path, holder.token, content, await open(path, 'r+'), options);
  }

  /** Throws `lock-lost` unless the lock file is still this holder's. */
  assertHeld(): Promise<void> {
    return new Promise((resolve) => {
      this.assertHeldNow();
      resolve();
    });
  }

  /** {@link assertHeld} for those who must do the next thing in the same breath. */
  assertHeldNow(): void {
    if (this.#released) throw new LedgerError('closed', `the lock ${this.#path} was released`);
    if (this.#lost === null && readOrNull(this.#path) !== this.#content) this.#lose();
    if (this.#lost !== null) throw this.#lost;
  }

  /** Gives the lock up; nothing if it was lost or released. */
  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    clearInterval(this.#timer);
    if (readOrNull(this.#path) === this.#content) await unlink(this.#path);
    await this.#file.close();
  }

  async #heartbeat(): Promise<void> {
    try {
      await this.assertHeld();
      // Writing lets the file system set the time; utimes would set that of this machine's clock.
      await writeFully(this.#file, Buffer.from(this.#content), 0);
    } catch {
      // Lost: onLost was told. Released: over. Not writable: the next append will say so, or the lock goes stale.
    }
  }

  #lose(): void {
    this.#lost = new LedgerError(
      'lock-lost',
      `the lock ${this.#path} is held by another process or gone; stop writing`,
    );
    clearInterval(this.#timer);
    this.#onLost?.(this.#lost);
  }
}

async function writeDraft(draft: string, content: string): Promise<void> {
  const file = await open(draft, 'wx');
  try {
    await writeFully(file, Buffer.from(content), 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function acquireFile(path: string, taker: Taker): Promise<void> {
  const { holder, content, draft, staleMs } = taker;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    if (await putExclusively(draft, path)) return;
    const found = readOrNull(path);
    if (found === content) return;
    if (found === null) continue;
    const current = parseHolder(found);
    const dead = current !== null && isDead(current, holder);
    if (!dead && (await ageOf(path)) <= staleMs) throw lockedBy(path, current);
    const claim = `${path}.claim-${current?.token ?? 'unreadable'}`;
    await removeAbandonedClaim(path, claim, holder, staleMs);
    await replace(path, found, claim, taker, dead);
  }
  throw new LedgerError('ledger-locked', `the lock ${path} changes hands too fast; try again`);
}

/** Throws `ledger-locked` while a taker that may be alive is at it. */
async function removeAbandonedClaim(
  path: string,
  claim: string,
  self: ProcessIdentity,
  staleMs: number,
): Promise<void> {
  const found = readOrNull(claim);
  if (found === null) return;
  const claimant = parseHolder(found);
  const dead = claimant !== null && isDead(claimant, self);
  if (!dead && (await ageOf(claim)) <= staleMs)
    throw new LedgerError('ledger-locked', `the lock ${path} is being taken over`);
  await unlinkIfThere(claim);
}

/** Removes what takers before this holder have left. One that still lives looks whose the lock is, and stops. */
async function removeLeftovers(path: string, token: string): Promise<void> {
  const leftover = ['probe', 'claim', 'new'].map((kind) => `${basename(path)}.${kind}-`);
  for (const name of await readdir(dirname(path))) {
    if (leftover.some((start) => name.startsWith(start)) && !name.endsWith(`.claim-${token}`))
      await unlinkIfThere(join(dirname(path), name));
  }
}

/** Puts the taker's file in place of the lock file `stale`, unless that changed meanwhile or somebody else does: then nothing. */
async function replace(
  path: string,
  stale: string,
  claim: string,
  { draft, staleMs }: Taker,
  dead: boolean,
): Promise<void> {
  if (!(await putExclusively(draft, claim))) return;
  const unchanged = readOrNull(path) === stale && (dead || (await ageOf(path)) > staleMs);
  if (!unchanged) return unlinkIfThere(claim);
  // Should someone have taken the claim for abandoned, this moves theirs; acquireFile looks whose it is.
  await rename(claim, path).catch(ignoreMissing);
}

/** Gives the draft a name that must be free. False if it is not, or if a new holder has removed the draft. */
async function putExclusively(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path).catch((error: unknown) => {
      if (!NO_LINKS.includes(codeOf(error))) throw error;
      return copyFile(draft, path, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    if (['EEXIST', 'ENOENT'].includes(codeOf(error))) return false;
    throw error;
  }
}

/** Milliseconds since a file was written, by the clock of its file system; 0 if it is gone. */
async function ageOf(path: string): Promise<number> {
  const probe = `${path}.probe-${randomBytes(8).toString('hex')}`;
  const file = await open(probe, 'wx');
  const { mtimeMs: nowMs } = await file.stat().finally(() => file.close());
  // A new holder may have removed it.
  await unlinkIfThere(probe);
  try {
    return nowMs - (await stat(path)).mtimeMs;
  } catch (error) {
    ignoreMissing(error);
    return 0;
  }
}

/** Null for a file that no holder has made as it is, or for one that was copied and is not finished. */
function parseHolder(content: string): Holder | null {
  try {
    const value = JSON.parse(content) as Partial<Holder> | null;
    const complete = typeof value?.token === 'string' && /^[0-9a-f]{32}$/.test(value.token);
    return complete && Number.isSafeInteger(value.pid) ? (value as Holder) : null;
  } catch {
    return null;
  }
}

function lockedBy(path: string, holder: Holder | null): LedgerError {
  const who = holder === null ? 'an unknown process' : `process ${holder.pid} on ${holder.hostname}`;
  return new LedgerError('ledger-locked', `another writer holds the ledger: ${who} (lock file ${path})`);
}

/** Synchronously: a lock file is cached and small, and the way through the thread pool takes ten times as long. */
function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    ignoreMissing(error);
    return null;
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  await unlink(path).catch(ignoreMissing);
}

function ignoreMissing(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') throw error;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}
