/**
 * Files that survive a power cut: whole or not at all, and findable. The order is: temporary file, write, fsync, rename,
 * fsync of the directory. A failed write or fsync leaves the disk in a state nobody knows (a second fsync may report
 * success for pages that were dropped), so it is `io-fatal` and nothing is ever tried again.
 */
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { LedgerError } from '../ledger-error.js';

export interface DurableFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** File operations at the same time; each takes one thread of libuv's pool of four. */
const PARALLEL_WRITES = 8;

/** Runs file operations that must not fail; whatever they throw becomes `io-fatal`. */
export async function fatalIfFails<T>(what: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    if (cause instanceof LedgerError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LedgerError('io-fatal', `could not ${what} (${reason}); the process must end and start again`, {
      cause,
    });
  }
}

/** Writes all of `bytes` at `position`; a short write is completed. */
export async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten === 0) throw new Error(`wrote nothing of ${bytes.length - done} bytes`);
    done += bytesWritten;
  }
}

/** Writes a few bytes at `position`, into the cache: the way through the thread pool would take ten times as long. */
export function writeSmall(file: FileHandle, bytes: Uint8Array, position: number): void {
  const written = writeSync(file.fd, bytes, 0, bytes.length, position);
  if (written !== bytes.length) throw new Error(`wrote ${written} of ${bytes.length} bytes`);
}

/** Makes the names in a directory durable. Windows has no such operation and does not need it. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Makes a directory with its parents, durably; nothing if it is there. */
export async function makeDirectory(path: string): Promise<void> {
  for (const changed of await makeMissing(path)) await syncDirectory(changed);
}

/** Makes a directory with its parents; gives the directories that got a new name in them and want an fsync. */
async function makeMissing(path: string): Promise<string[]> {
  const first = await mkdir(path, { recursive: true });
  const changed: string[] = [];
  if (first === undefined) return changed;
  const highest = resolve(first);
  for (let made = resolve(path); made.length >= highest.length; made = dirname(made))
    changed.push(dirname(made));
  return changed;
}

/**
 * Creates or replaces files: readers see each as it was or as it will be. All are durable when this returns. Temporary
 * files go to `temporaryDir`, on the same file system. `beforeRename` is called when a file is written and not yet in its
 * place; what it throws leaves the place as it is. Throws `io-fatal`.
 */
export async function writeFilesDurably(
  files: readonly DurableFile[],
  temporaryDir: string,
  beforeRename?: () => Promise<void>,
): Promise<void> {
  await fatalIfFails(
    `write ${files[0]?.path ?? 'no file'}${files.length > 1 ? ' and others' : ''}`,
    async () => {
      const directories = new Set(files.map(({ path }) => dirname(path)));
      const changed = await Promise.all([...directories].map(makeMissing));
      await forEachParallel(files, PARALLEL_WRITES, (file) =>
        writeAndRename(file, temporaryDir, undefined, beforeRename),
      );
      await forEachParallel(
        [...new Set([...directories, ...changed.flat()])],
        PARALLEL_WRITES,
        syncDirectory,
      );
    },
  );
}

/**
 * Creates or replaces one file, in a directory that is made if it is not there. `mode`: permissions, less the umask;
 * default 0o666. Throws `io-fatal`.
 */
export async function writeFileDurably(
  path: string,
  bytes: Uint8Array,
  options: { readonly mode?: number } = {},
): Promise<void> {
  await fatalIfFails(`write ${path}`, async () => {
    await makeDirectory(dirname(path));
    await writeAndRename({ path, bytes }, dirname(path), options.mode);
    await syncDirectory(dirname(path));
  });
}

async function writeAndRename(
  { path, bytes }: DurableFile,
  temporaryDir: string,
  mode = 0o666,
  beforeRename?: () => Promise<void>,
): Promise<void> {
  // A fresh name: a writer that was taken for dead may still be renaming its own.
  const temporary = join(temporaryDir, `.${randomBytes(12).toString('hex')}.tmp`);
  const file = await open(temporary, 'wx', mode);
  try {
    await writeFully(file, bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await beforeRename?.();
  await rename(temporary, path);
}

/** Runs `task` for every item, at most `limit` at a time; after a failure no further item is begun. */
export async function forEachParallel<T>(
  items: readonly T[],
  limit: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed = false;
  const work = async (): Promise<void> => {
    while (next < items.length && !failed) {
      try {
        await task(items[next++] as T);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  // All workers end before the failure is passed on: nothing goes on behind the caller's back.
  const results = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, work));
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}
