/**
 * The hash tiles above level 0, from the top down: hashes that fold to a hash known to be right are right themselves, or
 * SHA-256 is broken. What is known at first is the frontier of the replayed tree. One hash for 256 entries, two tiles in
 * memory.
 */
import {
  computeRoot,
  type Frontier,
  formatTilePath,
  frontierNodes,
  HASH_SIZE,
  parseTile,
  TILE_HEIGHT,
  TILE_WIDTH,
  type TileId,
  tileInTree,
  type TreeHasher,
} from '@cunzheng/merkle';
import { LogFault, outcomeOf } from './log-fault.js';
import { prefetch } from './prefetch.js';

export interface UpperTilesOptions {
  readonly hasher: TreeHasher;
  readonly frontier: Frontier;
  readonly readTile: (tile: TileId) => Promise<Uint8Array>;
  readonly parallelReads: number;
}

/** Yields for every tile above level 0 what is wrong with it, or null. */
export async function* checkUpperTiles(
  options: UpperTilesOptions,
): AsyncGenerator<{ tile: TileId; fault: LogFault | null }, void> {
  const levels = countLevels(options.frontier.size);
  let wrongAbove = new Set<number>();
  for (let level = levels - 1; level >= 1; level--) {
    const parents = new Parents(options, level + 1, wrongAbove);
    const wrong = new Set<number>();
    const tiles = tilesOf(level, options.frontier.size);
    const read = prefetch(tilesOf(level, options.frontier.size), options.parallelReads, options.readTile);
    for (const tile of tiles) {
      const next = await read.next();
      if (next.done === true) return;
      const outcome = next.value;
      const fault =
        'fault' in outcome ? outcome.fault : await checkTile(options, tile, outcome.value, parents);
      if (fault !== null) wrong.add(tile.index);
      yield { tile, fault };
    }
    wrongAbove = wrong;
  }
}

async function checkTile(
  { hasher, frontier }: UpperTilesOptions,
  tile: TileId,
  bytes: Uint8Array,
  parents: Parents,
): Promise<LogFault | null> {
  const path = formatTilePath(tile);
  if (bytes.length !== tile.width * HASH_SIZE) {
    return new LogFault('damaged', `${path} has ${bytes.length} bytes, want ${tile.width * HASH_SIZE}`);
  }
  const hashes = parseTile(tile, bytes);
  const isRight =
    tile.width === TILE_WIDTH
      ? await parents.hasChild(tile.index, computeRoot(hasher, hashes))
      : isEdge(hasher, frontier, tile, hashes);
  return isRight ? null : new LogFault('damaged', `${path} is not of the tree that the blocks make`);
}

/** A partial tile holds the nodes that the frontier has at its level, each as the subtrees below it. */
function isEdge(
  hasher: TreeHasher,
  frontier: Frontier,
  { level, index }: TileId,
  hashes: readonly Uint8Array[],
): boolean {
  const bottom = level * TILE_HEIGHT;
  const known = frontier.hashes;
  return frontierNodes(frontier.size).every((node, i) => {
    const height = node.level - bottom;
    if (height < 0 || height >= TILE_HEIGHT) return true;
    const count = 2 ** height;
    const offset = node.index * count - index * TILE_WIDTH;
    const root = computeRoot(hasher, hashes.slice(offset, offset + count));
    return Buffer.compare(root, known[i] as Uint8Array) === 0;
  });
}

/** The tiles one level higher, each read once for its 256 children. */
class Parents {
  #index = -1;
  #hashes: readonly Uint8Array[] | null = null;

  constructor(
    private readonly options: UpperTilesOptions,
    private readonly level: number,
    private readonly wrong: ReadonlySet<number>,
  ) {}

  /** Whether the tile above has `hash` for its child; a tile that is wrong itself is found already and says nothing. */
  async hasChild(child: number, hash: Uint8Array): Promise<boolean> {
    const index = Math.floor(child / TILE_WIDTH);
    if (index !== this.#index) await this.#load(index);
    const want = this.#hashes?.[child % TILE_WIDTH];
    return want === undefined || Buffer.compare(want, hash) === 0;
  }

  async #load(index: number): Promise<void> {
    this.#index = index;
    this.#hashes = null;
    if (this.wrong.has(index)) return;
    const tile = tileInTree(this.level, index, this.options.frontier.size);
    const outcome = await outcomeOf(this.options.readTile(tile));
    if ('value' in outcome && outcome.value.length === tile.width * HASH_SIZE) {
      this.#hashes = parseTile(tile, outcome.value);
    }
  }
}

function* tilesOf(level: number, treeSize: number): Generator<TileId, void> {
  const hashes = Math.floor(treeSize / TILE_WIDTH ** level);
  for (let index = 0; index * TILE_WIDTH < hashes; index++) yield tileInTree(level, index, treeSize);
}

/** Tile levels that a tree has. */
function countLevels(treeSize: number): number {
  let levels = 0;
  for (let hashes = treeSize; hashes >= 1; hashes = Math.floor(hashes / TILE_WIDTH)) levels++;
  return levels;
}
