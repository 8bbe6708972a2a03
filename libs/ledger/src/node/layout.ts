/**
 * Where the files of a log are. Every path is made of numbers and of a validated log name, never of a string that a user
 * sent. docs/formats/ledger.md draws the tree.
 */
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LedgerError } from '../ledger-error.js';

const LOG_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const SEGMENT_FILE = /^(\d{12})\.seg$/;
const TILE_LEVEL_FILE = /^(\d)\.hashes$/;
const HEIGHT_DIGITS = 12;

/** The directory of one log inside LEDGER_DIR. Throws `origin-invalid` for a name no origin can end with. */
export function logDirectory(ledgerDir: string, logName: string): string {
  if (!LOG_NAME.test(logName)) {
    throw new LedgerError(
      'origin-invalid',
      `log name is ${JSON.stringify(logName)}, want ${LOG_NAME.source}`,
    );
  }
  return join(ledgerDir, logName);
}

/** Names of the logs that have a ledger in LEDGER_DIR, sorted; none while nobody has made the directory. */
export async function listLogNames(ledgerDir: string): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(ledgerDir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const hasLedger = async (name: string): Promise<boolean> =>
    LOG_NAME.test(name) &&
    (await access(layout.segments(join(ledgerDir, name))).then(
      () => true,
      () => false,
    ));
  const present = await Promise.all(names.map(hasLedger));
  return names.filter((_, i) => present[i]).sort();
}

/** Paths inside a log's directory. */
export const layout = {
  checkpoint: (dir: string) => join(dir, 'checkpoint'),
  lock: (dir: string) => join(dir, 'lock'),
  /** A folder for each writer with files on their way to their name; emptied when a writer opens. */
  temporary: (dir: string) => join(dir, 'tmp'),
  /** Cut-off bytes of a block that a checkpoint had covered. */
  damaged: (dir: string) => join(dir, 'damaged'),
  segments: (dir: string) => join(dir, 'segments'),
  segment: (dir: string, firstHeight: number) => join(dir, 'segments', `${formatHeight(firstHeight)}.seg`),
  index: (dir: string, firstHeight: number) => join(dir, 'segments', `${formatHeight(firstHeight)}.idx`),
  tiles: (dir: string) => join(dir, 'tile'),
  tileLevel: (dir: string, level: number) => join(dir, 'tile', `${level}.hashes`),
} as const;

/** The first height of the segment a file name stands for, or null for any other file. */
export function parseSegmentFileName(name: string): number | null {
  const [, height] = SEGMENT_FILE.exec(name) ?? [];
  return height === undefined ? null : Number(height);
}

/** The tile level a file name stands for, or null for any other file. */
export function parseTileLevelFileName(name: string): number | null {
  const [, level] = TILE_LEVEL_FILE.exec(name) ?? [];
  return level === undefined ? null : Number(level);
}

function formatHeight(height: number): string {
  return String(height).padStart(HEIGHT_DIGITS, '0');
}
