/**
 * Writes tiles: keeps the edge in memory as blocks are appended and puts what changed on disk when asked to. Tiles are
 * derived from the segments; these files make proofs cheap and are never a source.
 */
import { rm } from 'node:fs/promises';
import { HASH_SIZE, TILE_WIDTH, type TileId } from '@cunzheng/merkle';
import { type DurableFile, fatalIfFails, forEachParallel, writeFilesDurably } from './durable.js';
import { layout } from './layout.js';
import { type Tile, type TileEdge } from './tile-edge.js';
import { listPartialWidths, readExactTile, removePartials } from './tile-files.js';

/** Full tiles kept in memory at most, 32 MiB: beyond that they are written before they are asked for. */
const MAX_PENDING_TILES = 4_096;
const PARALLEL_READS = 8;

export class TileWriter {
  readonly #dir: string;
  readonly #edge: TileEdge;
  /** Widths of the partial tiles written last, by `level/index`. */
  #written: ReadonlyMap<string, number>;
  /** Whether there may be partial tiles of sizes in between: of a writer that crashed before it published. */
  #mayHaveOthers = true;

  /** `edge`: of a tree whose tiles are on disk. */
  constructor(dir: string, edge: TileEdge) {
    this.#dir = dir;
    this.#edge = edge;
    this.#written = widthsOf(edge.partials());
  }

  append(leafHashes: readonly Uint8Array[]): void {
    for (const leafHash of leafHashes) this.#edge.append(leafHash);
  }

  /** Writes full tiles early when many wait; harmless, as they will never be different. Throws `io-fatal`. */
  async relieve(): Promise<void> {
    if (this.#edge.fullCount >= MAX_PENDING_TILES) await this.#write(this.#edge.takeFull(), []);
  }

  /** Makes every tile of the tree durable that was not, full and partial; gives their number. Throws `io-fatal`. */
  async flush(): Promise<number> {
    const full = this.#edge.takeFull();
    const partials = this.#edge.partials();
    const changed = partials.filter(({ id }) => this.#written.get(keyOf(id)) !== id.width);
    await this.#write(full, changed);
    this.#written = widthsOf(partials);
    this.#mayHaveOthers = false;
    return full.length + changed.length;
  }

  /** Like {@link relieve}, for a rebuild: writes only the full tiles that are not on disk as they should be. */
  async repairFull(atLeast = MAX_PENDING_TILES / 16): Promise<number> {
    if (this.#edge.fullCount < atLeast) return 0;
    const full = this.#edge.takeFull();
    const wrong = await this.#differing(full);
    await this.#write(wrong, []);
    await this.#removePartialsOf(full);
    return wrong.length;
  }

  /**
   * Ends a rebuild: makes all partial tiles at the edge right, whatever their width, those of the tree of
   * `publishedSize` among them; gives the number of tiles written.
   */
  async repairEdge(publishedSize: number): Promise<number> {
    const repaired = await this.repairFull(0);
    const partials = this.#edge.partials();
    const existing = await Promise.all(partials.map(async (tile) => this.#narrower(tile, publishedSize)));
    const wrong = await this.#differing([...partials, ...existing.flat()]);
    await this.#write([], wrong);
    this.#written = widthsOf(partials);
    return repaired + wrong.length;
  }

  async #write(full: readonly Tile[], partials: readonly Tile[]): Promise<void> {
    const tiles = [...full, ...partials];
    if (tiles.length === 0) return;
    const files = tiles.map(({ id, bytes }): DurableFile => ({ path: layout.tile(this.#dir, id), bytes }));
    await writeFilesDurably(files, layout.temporary(this.#dir));
    // Of all tiles that became full, only those that were at the edge when tiles were last written have partial ones.
    await this.#removePartialsOf(
      full.filter(({ id }) => this.#mayHaveOthers || this.#written.has(keyOf(id))),
    );
  }

  async #removePartialsOf(full: readonly Tile[]): Promise<void> {
    await fatalIfFails('remove partial tiles', () =>
      forEachParallel(full, PARALLEL_READS, ({ id }) => removePartials(this.#dir, id)),
    );
  }

  async #differing(tiles: readonly Tile[]): Promise<Tile[]> {
    const differing: Tile[] = [];
    await forEachParallel(tiles, PARALLEL_READS, async (tile) => {
      const there = await readExactTile(this.#dir, tile.id).catch(() => null);
      if (there === null || Buffer.compare(there, tile.bytes) !== 0) differing.push(tile);
    });
    return differing;
  }

  /** The narrower tiles that belong beside a partial one; wider ones on disk, of a tree there is not, are removed. */
  async #narrower({ id, bytes }: Tile, publishedSize: number): Promise<Tile[]> {
    const widths = new Set(await listPartialWidths(this.#dir, id));
    for (const width of widths) if (width > id.width) await rm(layout.tile(this.#dir, { ...id, width }));
    const published = Math.floor(publishedSize / TILE_WIDTH ** id.level) - id.index * TILE_WIDTH;
    if (published > 0) widths.add(published);
    return [...widths]
      .filter((width) => width < id.width)
      .map((width) => ({ id: { ...id, width }, bytes: bytes.subarray(0, width * HASH_SIZE) }));
  }
}

function widthsOf(partials: readonly Tile[]): ReadonlyMap<string, number> {
  return new Map(partials.map(({ id }) => [keyOf(id), id.width]));
}

function keyOf({ level, index }: TileId): string {
  return `${level}/${index}`;
}
