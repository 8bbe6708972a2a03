/**
 * Copies ledgers that a worker may be writing: first the published checkpoint, then the segments, so the copy reaches its own
 * checkpoint. A block torn at the very end is cut off and completed from the database. Tiles and indexes are derived.
 */
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { listLogNames, logDirectory } from '@cunzheng/ledger/node';

const SEGMENT = /^\d{12}\.seg$/;

/** Copies all ledgers of `from` to `to`, which is made. */
export async function copyLedgers(from: string, to: string): Promise<void> {
  await mkdir(to, { mode: 0o700, recursive: true });
  for (const name of await listLogNames(from))
    await copyLedger(logDirectory(from, name), logDirectory(to, name));
}

async function copyLedger(from: string, to: string): Promise<void> {
  await mkdir(join(to, 'segments'), { recursive: true });
  await copyFile(join(from, 'checkpoint'), join(to, 'checkpoint')).catch((error: unknown) => {
    // Before the first block nothing is published.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  });
  const names = (await readdir(join(from, 'segments'))).filter((name) => SEGMENT.test(name)).sort();
  for (const name of names) await copyFile(join(from, 'segments', name), join(to, 'segments', name));
}
