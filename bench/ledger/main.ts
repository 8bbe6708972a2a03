/**
 * `npm run bench:ledger`: the ledger's files alone, without database or API. Appending and auditing beside baselines of the
 * same run, and what must not grow: one log measured at one million entries and at ten. Takes a few minutes and 1.5 GB.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLedgerReader, parseCheckpointNote } from '@cunzheng/ledger/node';
import { printFigure, saveFigures, type Figure } from '../report.js';
import { measureAppend } from './append.js';
import { measureAudit } from './audit.js';
import { bytesOnDisk } from './disk.js';
import { measureMemory, measureOpening, measureProof, type MeasuredLedger } from './growth.js';
import { ORIGIN, SyntheticLog } from './synthetic-log.js';

const SMALL = 1_000_000;
const LARGE = 10_000_000;

const figures: Figure[] = [];

function report(...measured: readonly Figure[]): void {
  for (const figure of measured) {
    figures.push(figure);
    printFigure(figure);
  }
}

async function grow(log: SyntheticLog, dir: string, treeSize: number): Promise<MeasuredLedger> {
  await log.grow(dir, treeSize);
  const reader = await openLedgerReader({ dir });
  const head = parseCheckpointNote(await reader.readCheckpoint(), ORIGIN);
  await reader.close();
  return { dir, treeSize: head.treeSize };
}

async function main(directory: string): Promise<void> {
  const log = new SyntheticLog();
  report(await measureAppend(log, directory));
  const small = await grow(log, join(directory, 'small'), SMALL);
  report(measureAudit(log, small.dir, small.treeSize, directory));
  const large = await grow(log, join(directory, 'large'), LARGE);
  report(...measureOpening(large), ...measureProof(large, directory), ...measureMemory(small, large));
  report({
    name: 'bytes on disk per entry, all files',
    value: bytesOnDisk(large.dir) / large.treeSize,
    unit: 'B',
    target: { at: 'most', value: 115 },
  });
}

const directory = mkdtempSync(join(tmpdir(), 'cunzheng-bench-ledger-'));
try {
  await main(directory);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
saveFigures(figures);
