/**
 * Writes tiles: appends the hashes that a block adds to the file of each level and fsyncs these. Tiles are derived from
 * the segments; these files make proofs cheap and are never a source.
 *
 * A hash has one place, and one value for a given history. So nothing here needs temporary files: what a crash leaves
 * half-written lies behind every published tree, and is written again, over whatever is there, by the next writer.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { HASH_SIZE } from '@cunzheng/merkle';
import { type VerifiedBlock } from '../chain.js';
import { firstTileHash } from '../tile-hashes.js';
import { fatalIfFails, forEachParallel, syncDirectory, writeFully } from './durable.js';
import { layout, parseTileLevelFileName } from './layout.js';
import { readUpTo } from './segment-walk.js';

/** Hashes of one level and where they go. */
interface Run {
  readonly level: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export class TileWriter {
  readonly #dir: string;
  readonly #files = new Map<number, FileHandle>();
  #writing: Promise<void> = Promise.resolve();

  /** The directory of tiles is there. */
  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Begins to write the tiles of a block, which are durable after {@link flush}. Only after the flush of those before. */
  begin(block: VerifiedBlock): void {
    this.#writing = fatalIfFails(`write the tiles of block ${block.header.height}`, () =>
      forEachParallel(runsOf(block), Infinity, async (run) => {
        const file = await this.#open(run.level);
        await writeFully(file, run.bytes, run.offset);
        await file.datasync();
      }),
    );
    // Whoever flushes hears of it.
    this.#writing.catch(() => undefined);
  }

  /** Throws `io-fatal` unless all tiles begun are durable. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  /** Puts the hashes of a block right that are not; durable after {@link settle}. Gives their number. Throws `io-fatal`. */
  async repair(block: VerifiedBlock): Promise<number> {
    let wrong = 0;
    await fatalIfFails(`repair the tiles of block ${block.header.height}`, async () => {
      for (const { level, offset, bytes } of runsOf(block)) {
        const file = await this.#open(level);
        const there = await readUpTo(file, offset, bytes.length);
        if (there.equals(bytes)) continue;
        wrong += countDifferent(there, bytes);
        await writeFully(file, bytes, offset);
      }
    });
    return wrong;
  }

  /** Cuts off what lies behind the tree of `treeSize`, and makes all that is there durable. Throws `io-fatal`. */
  async settle(treeSize: number): Promise<void> {
    await fatalIfFails('sync the tiles', async () => {
      for (const name of await readdir(layout.tiles(this.#dir))) {
        const level = parseTileLevelFileName(name);
        if (level === null) continue;
        const file = await this.#open(level);
        const want = firstTileHash(level, treeSize) * HASH_SIZE;
        if ((await file.stat()).size > want) await file.truncate(want);
        await file.sync();
      }
    });
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
    for (const file of this.#files.values()) await file.close();
    this.#files.clear();
  }

  async #open(level: number): Promise<FileHandle> {
    const known = this.#files.get(level);
    if (known !== undefined) return known;
    const file = await open(layout.tileLevel(this.#dir, level), constants.O_RDWR | constants.O_CREAT);
    this.#files.set(level, file);
    await syncDirectory(layout.tiles(this.#dir));
    return file;
  }
}

function runsOf({ header, tileHashes }: VerifiedBlock): Run[] {
  return tileHashes
    .map((bytes, level) => ({
      level,
      offset: firstTileHash(level, header.firstIndex) * HASH_SIZE,
      bytes,
    }))
    .filter(({ bytes }) => bytes.length > 0);
}

function countDifferent(there: Buffer, bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at += HASH_SIZE) {
    if (!there.subarray(at, at + HASH_SIZE).equals(bytes.subarray(at, at + HASH_SIZE))) count++;
  }
  return count;
}
