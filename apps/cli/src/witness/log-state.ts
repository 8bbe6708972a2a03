/**
 * What a witness remembers of one log, in a folder of its own:
 *
 *     <tree size, 16 digits>-<root hash, 16 hex>.checkpoint    the newest note cosigned, as it was sent
 *     fork-<tree size>-<root hash, 16 hex>.txt                 two notes of the log that contradict each other
 *
 * The newest is the file of the largest tree. So a process that was taken for dead, wakes up and finishes writing an
 * older tree takes nobody back: its file loses against the one that is there.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory, writeFileDurably } from '@cunzheng/ledger/node';
import {
  type Checkpoint,
  encodeHex,
  parseCheckpoint,
  parseNote,
  ReceiptError,
  type WitnessState,
} from '@cunzheng/receipt';
import { CliError } from '../cli-error.js';

interface Remembered extends WitnessState {
  readonly note: string;
}

const CHECKPOINT_FILE = /^(\d{16})-[0-9a-f]{16}\.checkpoint$/;
const TEMPORARY_FILE = /^\.[0-9a-f]{24}\.tmp$/;
/** One proof is enough; a log that signs forks without end must not fill the disk. */
const MAX_FORK_FILES = 16;

/** Opened by one process at a time, which holds the lock on the folder above. */
export class LogState {
  private constructor(
    private readonly folder: string,
    private remembered: Remembered | null,
    private readonly forkFiles: Set<string>,
  ) {}

  /** @throws CliError `file` for files that no witness wrote. */
  static async open(folder: string, origin: string): Promise<LogState> {
    await makeDirectory(folder);
    const names = await readdir(folder);
    // Of a witness that was killed while it wrote.
    for (const name of names) if (TEMPORARY_FILE.test(name)) await rm(join(folder, name), { force: true });
    const remembered = await loadNewest(folder, origin, names);
    return new LogState(folder, remembered, new Set(names.filter((name) => name.startsWith('fork-'))));
  }

  /** The newest tree; null before the first. */
  get newest(): WitnessState | null {
    return this.remembered;
  }

  /**
   * Makes a checkpoint, never of a smaller tree than the newest, the newest, unless it is already. Durable when
   * it returns; gives whether it was new. @throws LedgerError `io-fatal`: what is on disk is not known, the process must end.
   */
  async save({ treeSize, rootHash }: Checkpoint, note: string): Promise<boolean> {
    const before = this.remembered;
    const isSame = before?.size === treeSize && encodeHex(before.rootHash) === encodeHex(rootHash);
    if (isSame) return false;
    await writeFileDurably(join(this.folder, fileName(treeSize, rootHash)), Buffer.from(note));
    this.remembered = { size: treeSize, rootHash, note };
    // Should this fail or come too late for a crash: the smaller tree counts for nothing.
    if (before !== null)
      await rm(join(this.folder, fileName(before.size, before.rootHash)), { force: true }).catch(
        () => undefined,
      );
    return true;
  }

  /**
   * Keeps the proof of a fork: the newest note and `note`, signed by the log for another tree of the same size. Gives the
   * file, or undefined when it is there already or there are enough. @throws LedgerError `io-fatal`.
   */
  async saveFork(note: string): Promise<string | undefined> {
    const { treeSize, rootHash } = parseCheckpoint(parseNote(note).text);
    const name = `fork-${treeSize}-${shortHex(rootHash)}.txt`;
    const { remembered, forkFiles } = this;
    if (remembered === null || forkFiles.has(name) || forkFiles.size >= MAX_FORK_FILES) return undefined;
    const path = join(this.folder, name);
    await writeFileDurably(path, Buffer.from(`${remembered.note}\n${note}`));
    forkFiles.add(name);
    return path;
  }
}

/** A folder name for a log: readable, and unique by a hash of the origin. */
export function logFolderName(origin: string, originHash: Uint8Array): string {
  return `${origin.replace(/[^A-Za-z0-9.-]+/g, '-').slice(0, 80)}-${shortHex(originHash)}`;
}

async function loadNewest(
  folder: string,
  origin: string,
  names: readonly string[],
): Promise<Remembered | null> {
  const files = names.filter((name) => CHECKPOINT_FILE.test(name)).sort();
  const [newest, second] = files.slice(-2).reverse();
  if (newest === undefined) return null;
  if (second?.startsWith(newest.slice(0, 17)) === true) {
    throw new CliError(
      'file',
      `${folder} holds ${second} and ${newest}: two trees of one size, signed by the log, written by two witnesses at ` +
        'once; keep both as evidence and do not witness this log again',
    );
  }
  const path = join(folder, newest);
  const note = await readFile(path, 'utf8');
  const { treeSize, rootHash, origin: written } = parseRemembered(path, note);
  if (written !== origin || fileName(treeSize, rootHash) !== newest) throw damaged(path);
  return { size: treeSize, rootHash, note };
}

function parseRemembered(path: string, note: string): Checkpoint {
  try {
    return parseCheckpoint(parseNote(note).text);
  } catch (cause) {
    if (cause instanceof ReceiptError) throw damaged(path, cause);
    throw cause;
  }
}

function damaged(path: string, cause?: unknown): CliError {
  const message = `${path} is not what the witness wrote: put it back from a backup, never begin anew with the same key`;
  return new CliError('file', message, { cause });
}

function fileName(treeSize: number, rootHash: Uint8Array): string {
  return `${String(treeSize).padStart(16, '0')}-${shortHex(rootHash)}.checkpoint`;
}

function shortHex(hash: Uint8Array): string {
  return encodeHex(hash.subarray(0, 8));
}
