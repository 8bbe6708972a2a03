/**
 * Compares tile files with the tree as the blocks give it, as it grows: constant memory, each file read once. Tiles of
 * the published tree must be there; later ones may be, and must then be right.
 */
import { HASH_SIZE, TILE_WIDTH, type TileId, type TreeHasher } from '@cunzheng/merkle';
import { LedgerError } from '../ledger-error.js';
import { type FsckFinding, finding } from './fsck-finding.js';
import { layout } from './layout.js';
import { type Tile, TileEdge } from './tile-edge.js';
import { listPartialWidths, readExactTile, readTileFile } from './tile-files.js';

export class TileCheck {
  readonly #dir: string;
  readonly #publishedSize: number;
  readonly #edge: TileEdge;

  constructor(hasher: TreeHasher, dir: string, publishedSize: number) {
    this.#dir = dir;
    this.#publishedSize = publishedSize;
    this.#edge = new TileEdge(hasher);
  }

  /** Goes on with the leaves of the next block. */
  async *append(leafHashes: readonly Uint8Array[]): AsyncGenerator<FsckFinding, void> {
    for (const leafHash of leafHashes) this.#edge.append(leafHash);
    for (const tile of this.#edge.takeFull()) {
      const end = (tile.id.index + 1) * TILE_WIDTH ** (tile.id.level + 1);
      const problem = await this.#check(tile, end <= this.#publishedSize, () =>
        readExactTile(this.#dir, tile.id),
      );
      if (problem !== null) yield problem;
    }
  }

  /** Checks the partial tiles at the edge of the tree, after the last block. */
  async *finish(): AsyncGenerator<FsckFinding, void> {
    for (const { id, bytes } of this.#edge.partials()) {
      const published = Math.floor(this.#publishedSize / TILE_WIDTH ** id.level) - id.index * TILE_WIDTH;
      const widths = new Set(await listPartialWidths(this.#dir, id));
      if (published > 0) widths.add(published);
      for (const width of [...widths].filter((width) => width <= id.width)) {
        const tile = { id: { ...id, width }, bytes: bytes.subarray(0, width * HASH_SIZE) };
        const problem = await this.#check(tile, width === published, () => this.#readOrNull(tile.id));
        if (problem !== null) yield problem;
      }
    }
  }

  async #check(
    { id, bytes }: Tile,
    required: boolean,
    read: () => Promise<Uint8Array | null>,
  ): Promise<FsckFinding | null> {
    const file = layout.tile(this.#dir, id);
    const problem = (what: string): FsckFinding =>
      finding('error', 'tile', `${file}: ${what}; rebuild the tiles`, { file });
    try {
      const there = await read();
      if (there === null) return required ? problem('the tile is missing') : null;
      return Buffer.compare(there, bytes) === 0 ? null : problem('the tile is not of this tree');
    } catch (error) {
      if (error instanceof LedgerError && error.code === 'ledger-damaged')
        return problem('the tile has a wrong size');
      throw error;
    }
  }

  /** A partial tile may go at any moment, for a full one that answers in its place. */
  async #readOrNull(tile: TileId): Promise<Uint8Array | null> {
    try {
      return await readTileFile(this.#dir, tile);
    } catch (error) {
      if (error instanceof LedgerError && error.code === 'tile-missing') return null;
      throw error;
    }
  }
}
