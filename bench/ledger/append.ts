/**
 * Appending blocks of 4,096 entries (frame and tiles, both durable) against writing and fsyncing as many bytes with plain
 * calls. Blocks take turns with plain writes, so both meet the same disk and the same neighbours.
 */
import { randomFillSync } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type VerifiedBlock } from '@cunzheng/ledger';
import { type LedgerWriter } from '@cunzheng/ledger/node';
import { type Figure } from '../report.js';
import { bytesIn } from './disk.js';
import { medianRound, type Round } from './rounds.js';
import { BLOCK_ENTRIES, type SyntheticLog } from './synthetic-log.js';

const ROUNDS = 7;
const BLOCKS = 40;
const WARM_UP_BLOCKS = 20;

export async function measureAppend(log: SyntheticLog, directory: string): Promise<Figure> {
  const dir = join(directory, 'append');
  const writer = await log.open(dir);
  const plain = openSync(join(directory, 'plain'), 'w');
  const blockBytes = await measureBlockBytes(log, writer, dir);
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round++)
    rounds.push(await measureRound(buildBlocks(log, writer), writer, plain, blockBytes));
  closeSync(plain);
  await writer.close();
  const { value, baseline } = medianRound(rounds);
  return {
    name: `append of blocks of ${BLOCK_ENTRIES} entries, with tiles`,
    value,
    unit: 'MB/s',
    baseline: { name: 'plain write and fsync of the same bytes, MB/s', value: baseline },
    target: { at: 'least', value: 0.5 },
  };
}

/** What a block adds to the directory, all files counted. */
async function measureBlockBytes(log: SyntheticLog, writer: LedgerWriter, dir: string): Promise<number> {
  const before = bytesIn(dir);
  for (let i = 0; i < WARM_UP_BLOCKS; i++) await append(writer, log.nextBlock(writer.head));
  return Math.ceil((bytesIn(dir) - before) / WARM_UP_BLOCKS);
}

function buildBlocks(log: SyntheticLog, writer: LedgerWriter): VerifiedBlock[] {
  const blocks: VerifiedBlock[] = [];
  for (let { head } = writer; blocks.length < BLOCKS; head = blocks.at(-1)?.head ?? null)
    blocks.push(log.nextBlock(head));
  return blocks;
}

async function append(writer: LedgerWriter, block: VerifiedBlock): Promise<void> {
  await writer.appendBlock(block);
  await writer.writeTiles();
}

/** Milliseconds that it took. */
function writePlainly(file: number, bytes: Buffer): number {
  const startedMs = performance.now();
  writeSync(file, bytes);
  fsyncSync(file);
  return performance.now() - startedMs;
}

async function measureRound(
  blocks: readonly VerifiedBlock[],
  writer: LedgerWriter,
  plain: number,
  blockBytes: number,
): Promise<Round> {
  let appendMs = 0;
  let plainMs = 0;
  for (const block of blocks) {
    const bytes = randomFillSync(Buffer.allocUnsafe(blockBytes));
    // Whoever comes first after a pause starts with a cold cache and a used-up time slice: neither is to have that alone.
    await setImmediate();
    if (block.header.height % 2 === 0) plainMs += writePlainly(plain, bytes);
    const startedMs = performance.now();
    await append(writer, block);
    appendMs += performance.now() - startedMs;
    if (block.header.height % 2 === 1) plainMs += writePlainly(plain, bytes);
  }
  const megabytes = (blocks.length * blockBytes) / 1e6;
  return { value: (megabytes / appendMs) * 1_000, baseline: (megabytes / plainMs) * 1_000 };
}
