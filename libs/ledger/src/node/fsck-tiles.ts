/**
 * Compares the files of tiles with the tree as the blocks give it, as it grows: constant memory, each byte read once.
 * Hashes of the published tree must be there and right. Those behind it may be missing, or not yet be right after a crash.
 */
import { formatTilePath, HASH_SIZE, TILE_WIDTH } from '@cunzheng/merkle';
import { type VerifiedBlock } from '../chain.js';
import { firstTileHash } from '../tile-hashes.js';
import { type FsckFinding, finding } from './fsck-finding.js';
import { layout } from './layout.js';
import { readTileHashes } from './tile-files.js';

export class TileCheck {
  readonly #dir: string;
  readonly #publishedSize: number;
  /** Per level the first tile that nothing was said about yet: a tile may be of several blocks. */
  readonly #silentUntil: number[] = [];

  constructor(dir: string, publishedSize: number) {
    this.#dir = dir;
    this.#publishedSize = publishedSize;
  }

  /** Goes on with the hashes of the next block. */
  async *compare({ header, tileHashes }: VerifiedBlock): AsyncGenerator<FsckFinding, void> {
    for (const [level, want] of tileHashes.entries()) {
      const first = firstTileHash(level, header.firstIndex);
      const got = await readTileHashes(this.#dir, level, first, want.length / HASH_SIZE);
      if (got.equals(want)) continue;
      for (let at = 0; at < want.length; at += HASH_SIZE) {
        const there = got.subarray(at, at + HASH_SIZE);
        if (there.equals(want.subarray(at, at + HASH_SIZE))) continue;
        yield* this.#differs(level, first + at / HASH_SIZE, there.length < HASH_SIZE);
      }
    }
  }

  *#differs(level: number, hash: number, isMissing: boolean): Generator<FsckFinding, void> {
    const published = hash < firstTileHash(level, this.#publishedSize);
    const index = Math.floor(hash / TILE_WIDTH);
    if ((isMissing && !published) || index < (this.#silentUntil[level] ?? 0)) return;
    // What is missing at the end of a file is one finding.
    this.#silentUntil[level] = isMissing ? Infinity : index + 1;
    const file = layout.tileLevel(this.#dir, level);
    const tile = formatTilePath({ level, index, width: TILE_WIDTH });
    const place = { file, offset: index * TILE_WIDTH * HASH_SIZE };
    const what = isMissing ? 'the tile is missing' : 'the tile is not of this tree';
    yield published
      ? finding('error', 'tile', `${file}: ${tile}: ${what}; rebuild the tiles`, place)
      : finding('note', 'tile', `${file}: ${tile}: not written yet; a writer does when it opens`, place);
  }
}
