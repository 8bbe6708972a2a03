/** Tiles above level 0, on a tree that has full ones on two levels: the one that is wrong is named, and no other. */
import { hash } from 'node:crypto';
import {
  createTreeHasher,
  formatTilePath,
  Frontier,
  HASH_SIZE,
  TILE_WIDTH,
  tilesForNewEntries,
  type TileId,
} from '@cunzheng/merkle';
import { LogFault } from '../src/audit/log-fault.js';
import { checkUpperTiles } from '../src/audit/upper-tiles.js';

const hasher = createTreeHasher((data) => hash('sha256', data, 'buffer'));
/** A full tile at level 1 and a partial one behind it, two hashes at level 2. */
const SIZE = 65_536 + 3 * 256 + 77;

const frontier = Frontier.empty(hasher);
const tiles = new Map<string, Buffer>();

beforeAll(() => {
  // Level by level from the definition: a tile's hash is one hash of the level above.
  let level = Array.from({ length: SIZE }, (_, i) => hasher.hashLeaf(Buffer.from(`leaf ${i}`)));
  for (const leaf of level) frontier.append(leaf);
  const wanted = tilesForNewEntries(0, SIZE);
  for (let tileLevel = 0; level.length > 0; tileLevel++) {
    const own = wanted.filter((tile) => tile.level === tileLevel);
    for (const { index, width } of own) {
      const start = index * TILE_WIDTH;
      tiles.set(
        formatTilePath({ level: tileLevel, index, width }),
        Buffer.concat(level.slice(start, start + width)),
      );
    }
    const next: Uint8Array[] = [];
    for (let i = 0; (i + 1) * TILE_WIDTH <= level.length; i++)
      next.push(rootOf(level.slice(i * TILE_WIDTH, (i + 1) * TILE_WIDTH)));
    level = next;
  }
});

function rootOf(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length === 1) return hashes[0]!;
  const half = hashes.length / 2;
  return hasher.hashChildren(rootOf(hashes.slice(0, half)), rootOf(hashes.slice(half)));
}

async function wrongTiles(alter: (path: string, bytes: Buffer) => Buffer | null): Promise<string[]> {
  const readTile = (tile: TileId): Promise<Uint8Array> => {
    const path = formatTilePath(tile);
    const bytes = alter(path, tiles.get(path)!);
    return bytes === null ? Promise.reject(new LogFault('missing', `no ${path}`)) : Promise.resolve(bytes);
  };
  const wrong: string[] = [];
  for await (const { tile, fault } of checkUpperTiles({ hasher, frontier, readTile, parallelReads: 3 })) {
    if (fault !== null) wrong.push(formatTilePath(tile));
  }
  return wrong;
}

const UPPER = ['tile/1/000', 'tile/1/001.p/3', 'tile/2/000.p/1'];

it('finds nothing where nothing is wrong', async () => {
  expect([...tiles.keys()].filter((path) => !path.startsWith('tile/0/'))).toEqual(UPPER);
  expect(await wrongTiles((_, bytes) => bytes)).toEqual([]);
});

it.each(UPPER)('finds each hash of %s that is another', async (path) => {
  const width = tiles.get(path)!.length / HASH_SIZE;
  for (let i = 0; i < width; i += width > 100 ? 37 : 1) {
    const found = await wrongTiles((read, bytes) => {
      if (read !== path) return bytes;
      const altered = Buffer.from(bytes);
      altered[i * HASH_SIZE + (i % HASH_SIZE)]! ^= 0x80;
      return altered;
    });
    expect(found).toEqual([path]);
  }
});

it.each(UPPER)('finds that %s is missing, too short or too long', async (path) => {
  const changes: ((bytes: Buffer) => Buffer | null)[] = [
    () => null,
    (bytes) => bytes.subarray(1),
    (bytes) => bytes.subarray(HASH_SIZE),
    (bytes) => Buffer.concat([bytes, bytes.subarray(0, HASH_SIZE)]),
    () => Buffer.alloc(0),
  ];
  for (const change of changes) {
    expect(await wrongTiles((read, bytes) => (read === path ? change(bytes) : bytes))).toEqual([path]);
  }
});
