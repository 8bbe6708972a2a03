/**
 * Tiles on disk: the hashes of a tile level in one file, 32 bytes each, in order. Tile N of C2SP tlog-tiles is bytes
 * 8192·N … 8192·N + 8191 of its level's file, and a partial tile of any width is the beginning of that: so the partial
 * tiles of every size there ever was are there, and a full one answers for them.
 *
 * Not guaranteed: hashes behind the published tree may be of a block that a power cut took back. Nobody may ask for
 * them; the next writer writes them again (recover-tree.ts).
 */
import { type FileHandle, open } from 'node:fs/promises';
import { formatTilePath, HASH_SIZE, TILE_WIDTH, type TileId } from '@cunzheng/merkle';
import { LedgerError } from '../ledger-error.js';
import { layout } from './layout.js';
import { readUpTo } from './segment-walk.js';

/** The `width` × 32 bytes of a tile. Throws `tile-missing`. */
export async function readTileFile(dir: string, tile: TileId): Promise<Uint8Array> {
  const bytes = await readTileHashes(dir, tile.level, tile.index * TILE_WIDTH, tile.width);
  if (bytes.length === tile.width * HASH_SIZE) return bytes;
  throw new LedgerError('tile-missing', `the ledger has no tile ${formatTilePath(tile)}`, {
    place: { file: layout.tileLevel(dir, tile.level) },
  });
}

/** `count` hashes of a level from number `first` on, or those of them that the file has. */
export async function readTileHashes(
  dir: string,
  level: number,
  first: number,
  count: number,
): Promise<Buffer> {
  let file: FileHandle;
  try {
    file = await open(layout.tileLevel(dir, level), 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
  try {
    return await readUpTo(file, first * HASH_SIZE, count * HASH_SIZE);
  } finally {
    await file.close();
  }
}
