/**
 * Tile files, laid out as C2SP tlog-tiles serves them. A full tile never changes. A partial one exists for the sizes at
 * which tiles were written, until its full tile is durable. As a tile only grows at its end, any wider one can answer for
 * a narrower; so a reader always finds the one or the other, whatever the writer is doing.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HASH_SIZE, TILE_WIDTH, type TileId } from '@cunzheng/merkle';
import { LedgerError } from '../ledger-error.js';
import { layout } from './layout.js';

/** Times a reader looks again when a file went between listing and reading it. */
const MAX_LOOKS = 3;

/** The `width` × 32 bytes of a tile, from its own file or a wider one. Throws `tile-missing`, `ledger-damaged`. */
export async function readTileFile(dir: string, tile: TileId): Promise<Uint8Array> {
  for (let look = 0; look < MAX_LOOKS; look++) {
    for (const candidate of [tile, { ...tile, width: TILE_WIDTH }]) {
      const bytes = await readExactTile(dir, candidate);
      if (bytes !== null) return bytes.subarray(0, tile.width * HASH_SIZE);
    }
    const wider = (await listPartialWidths(dir, tile)).find((width) => width > tile.width);
    const bytes = wider === undefined ? null : await readExactTile(dir, { ...tile, width: wider });
    if (bytes !== null) return bytes.subarray(0, tile.width * HASH_SIZE);
  }
  throw new LedgerError('tile-missing', `the ledger has no tile ${layout.tile('', tile)}`, {
    place: { file: layout.tile(dir, tile) },
  });
}

/** The bytes of the file of exactly this tile, or null if there is none. Throws `ledger-damaged` for a wrong size. */
export async function readExactTile(dir: string, tile: TileId): Promise<Uint8Array | null> {
  const file = layout.tile(dir, tile);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  if (bytes.length === tile.width * HASH_SIZE) return bytes;
  const message = `${file}: ${bytes.length} bytes, want ${tile.width * HASH_SIZE}; rebuild the tiles`;
  throw new LedgerError('ledger-damaged', message, { place: { file } });
}

/** Widths of the partial tiles there are at a tile's level and index, ascending. */
export async function listPartialWidths(dir: string, tile: TileId): Promise<number[]> {
  try {
    const names = await readdir(partialsDirectory(dir, tile));
    return names
      .filter((name) => /^[1-9]\d{0,2}$/.test(name))
      .map(Number)
      .sort((a, b) => a - b);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Removes the partial tiles behind which a full one is durable. */
export async function removePartials(dir: string, tile: TileId): Promise<void> {
  await rm(partialsDirectory(dir, tile), { recursive: true, force: true });
}

function partialsDirectory(dir: string, tile: TileId): string {
  return dirname(layout.tile(dir, { ...tile, width: 1 }));
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
