/** Tiles: paths, arithmetic and proofs read back from a tile store, against the text of C2SP tlog-tiles. */
import fc from 'fast-check';
import {
  bundleForEntry,
  bundlesForNewEntries,
  computeConsistencyProof,
  computeInclusionProof,
  formatEntryBundle,
  formatEntryBundlePath,
  formatTilePath,
  Frontier,
  frontierNodes,
  nodesFromTiles,
  parseEntryBundle,
  parseEntryBundlePath,
  parseTilePath,
  portableTreeHasher as hasher,
  tileForNode,
  type TileId,
  tileInTree,
  tilesForNewEntries,
  verifyInclusion,
} from '@cunzheng/merkle';
import {
  naiveConsistencyProof,
  naiveInclusionProof,
  naiveNode,
  naiveRoot,
  numberedLeaves,
} from './naive-tree.js';
import { code } from './error-code.js';
import { SparseTree } from './sparse-tree.js';

describe('paths', () => {
  test.each<[string, TileId]>([
    ['tile/0/000', { level: 0, index: 0, width: 256 }],
    ['tile/0/999', { level: 0, index: 999, width: 256 }],
    ['tile/0/x001/000', { level: 0, index: 1000, width: 256 }],
    ['tile/1/x001/x234/067', { level: 1, index: 1234067, width: 256 }],
    ['tile/0/x001/234.p/17', { level: 0, index: 1234, width: 17 }],
    ['tile/6/000.p/31', { level: 6, index: 0, width: 31 }],
    ['tile/0/x035/x184/x372/x088/830', { level: 0, index: 35184372088830, width: 256 }],
    ['tile/0/x035/x184/x372/x088/831.p/255', { level: 0, index: 2 ** 45 - 1, width: 255 }],
  ])('%s', (path, tile) => {
    expect(formatTilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual(tile);
  });

  test.each([
    '',
    'tile',
    'tile/0',
    'tile/0/',
    'tile/0/0',
    'tile/0/00',
    'tile/0/0000',
    'tile/0/x000/001',
    'tile/0/x000/x001/002',
    'tile/0/x001',
    'tile/0/001/002',
    'tile/0/x001/x002',
    'tile/0/X001/002',
    'tile/00/000',
    'tile/01/000',
    'tile/+1/000',
    'tile/-1/000',
    'tile/64/000',
    'tile/7/000',
    'tile/6/000.p/32',
    'tile/entries/000',
    'tile/data/000',
    '/tile/0/000',
    'tile/0/000/',
    'tile/0/000\n',
    'tile/0/000.p/0',
    'tile/0/000.p/00',
    'tile/0/000.p/01',
    'tile/0/000.p/256',
    'tile/0/000.p/257',
    'tile/0/000.p/',
    'tile/0/000.p',
    'tile/0/000.P/1',
    'tile/0/x001/000.p/1/2',
    'tile/0/x035/x184/x372/x088/832',
    'tile/0/x035/x184/x372/x088/831',
    'tile/0/x999/x999/x999/x999/x999/999',
    'tile/0/٠٠٠',
    `tile/0/${'x001/'.repeat(10000)}001`,
  ])('refuses %p', (path) => {
    expect(() => parseTilePath(path)).toThrow(code('tile-path'));
  });

  test('entry bundles', () => {
    expect(formatEntryBundlePath({ index: 1234067, width: 8 })).toBe('tile/entries/x001/x234/067.p/8');
    expect(parseEntryBundlePath('tile/entries/x001/x234/067.p/8')).toEqual({ index: 1234067, width: 8 });
    expect(parseEntryBundlePath('tile/entries/000')).toEqual({ index: 0, width: 256 });
    for (const path of ['tile/0/000', 'tile/entries/0', 'tile/entries/x000/000', 'tile/entries/000.p/256']) {
      expect(() => parseEntryBundlePath(path)).toThrow(code('tile-path'));
    }
  });

  test('every tile has one path and every path one tile', () => {
    const tile = fc.record({
      level: fc.constantFrom(0, 1, 2),
      index: fc.oneof(fc.nat({ max: 2000 }), fc.nat({ max: 2 ** 29 - 1 })),
      width: fc.integer({ min: 1, max: 256 }),
    });
    fc.assert(
      fc.property(tile, (t) => {
        expect(parseTilePath(formatTilePath(t))).toEqual(t);
        const { index, width } = t;
        expect(parseEntryBundlePath(formatEntryBundlePath({ index, width }))).toEqual({ index, width });
      }),
    );
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('tile/', '0', '1', 'x', '/', '.p/', '000', 'x001/'),
          maxLength: 8,
        }),
        (p) => {
          try {
            expect(formatTilePath(parseTilePath(p))).toBe(p);
          } catch (error) {
            expect(error).toEqual(code('tile-path'));
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('tiles of no tree are refused', () => {
    const good = { level: 0, index: 0, width: 1 };
    for (const change of [
      { level: -1 },
      { level: 7 },
      { level: 0.5 },
      { index: -1 },
      { index: 2 ** 45 },
      { index: NaN },
    ]) {
      expect(() => formatTilePath({ ...good, ...change })).toThrow(code('tile-out-of-range'));
    }
    for (const width of [0, -1, 257, 1.5, NaN]) {
      expect(() => formatTilePath({ ...good, width })).toThrow(code('tile-out-of-range'));
      expect(() => formatEntryBundlePath({ index: 0, width })).toThrow(code('tile-out-of-range'));
    }
  });
});

/** The tiles of a tree by path, straight from the specification's formula. */
function naiveTiles(leaves: readonly Uint8Array[]): Map<string, Uint8Array> {
  const tiles = new Map<string, Uint8Array>();
  for (let level = 0; Math.floor(leaves.length / 256 ** level) > 0; level++) {
    const count = Math.floor(leaves.length / 256 ** level);
    for (let index = 0; index * 256 < count; index++) {
      const width = Math.min(256, count - index * 256);
      const hashes = Array.from({ length: width }, (_, i) => naiveNode(leaves, 8 * level, index * 256 + i));
      tiles.set(formatTilePath({ level, index, width }), new Uint8Array(Buffer.concat(hashes)));
    }
  }
  return tiles;
}

function tileReader(tiles: ReadonlyMap<string, Uint8Array>, log: string[] = []) {
  return (tile: TileId): Promise<Uint8Array> => {
    const path = formatTilePath(tile);
    log.push(path);
    const bytes = tiles.get(path);
    return bytes ? Promise.resolve(bytes) : Promise.reject(new Error(`no ${path}`));
  };
}

describe('tiles of a growing tree', () => {
  test('the example of the specification, size 70,000', () => {
    const tiles = tilesForNewEntries(0, 70_000);
    const count = (level: number, full: boolean) =>
      tiles.filter((tile) => tile.level === level && (tile.width === 256) === full).length;
    expect([
      count(0, true),
      count(0, false),
      count(1, true),
      count(1, false),
      count(2, true),
      count(2, false),
    ]).toEqual([273, 1, 1, 1, 0, 1]);
    expect(tiles.filter(({ width }) => width < 256).map(formatTilePath)).toEqual([
      'tile/0/273.p/112',
      'tile/1/001.p/17',
      'tile/2/000.p/1',
    ]);
    expect(tilesForNewEntries(0, 256).map(formatTilePath)).toEqual(['tile/0/000', 'tile/1/000.p/1']);
  });

  test('from nothing: every tile, and from a size: those that it does not have', () => {
    const sizes = fc.tuple(fc.nat({ max: 200_000 }), fc.nat({ max: 3000 }));
    const allTiles = (size: number) => new Set(tilesForNewEntries(0, size).map(formatTilePath));
    fc.assert(
      fc.property(sizes, ([size, more]) => {
        const [old, all] = [allTiles(size), allTiles(size + more)];
        const fresh = tilesForNewEntries(size, size + more).map(formatTilePath);
        expect(fresh).toEqual([...all].filter((path) => !old.has(path)));
        const bundles = bundlesForNewEntries(size, size + more).map(formatEntryBundlePath);
        const leafTiles = fresh.filter((path) => path.startsWith('tile/0/'));
        expect(bundles.map((path) => path.replace('entries', '0'))).toEqual(leafTiles);
      }),
      { numRuns: 50 },
    );
    expect(allTiles(600)).toEqual(new Set(naiveTiles(numberedLeaves(600)).keys()));
  });

  test('sizes out of order or range', () => {
    expect(() => tilesForNewEntries(2, 1)).toThrow(code('size-out-of-range'));
    expect(() => bundlesForNewEntries(2, 1)).toThrow(code('size-out-of-range'));
    expect(() => tilesForNewEntries(0, 2 ** 53)).toThrow(code('size-out-of-range'));
    expect(tilesForNewEntries(2 ** 53 - 2, 2 ** 53 - 1).map(formatTilePath)).toEqual([
      'tile/0/x035/x184/x372/x088/831.p/255',
    ]);
  });

  test('the tile and the bundle that hold something', () => {
    expect(bundleForEntry(999, 1000)).toEqual({ index: 3, width: 232 });
    expect(bundleForEntry(0, 1000)).toEqual({ index: 0, width: 256 });
    expect(() => bundleForEntry(1000, 1000)).toThrow(code('index-out-of-range'));
    expect(tileInTree(1, 0, 1000)).toEqual({ level: 1, index: 0, width: 3 });
    expect(() => tileInTree(1, 1, 1000)).toThrow(code('tile-out-of-range'));
    expect(() => tileInTree(0, -1, 1000)).toThrow(code('tile-out-of-range'));
    expect(() => tileInTree(NaN, 0, 1000)).toThrow(code('tile-out-of-range'));
  });
});

describe('nodes in tiles', () => {
  test('every node near 2^40 is where the formula says', () => {
    const size = 2 ** 40 + 77_777;
    const node = fc
      .tuple(fc.nat({ max: 40 }), fc.nat({ max: 5000 }))
      .map(([level, back]) => ({ level, index: Math.floor(size / 2 ** level) - 1 - back }));
    fc.assert(
      fc.property(node, (id) => {
        fc.pre(id.index >= 0);
        const { tile, offset, count } = tileForNode(id, size);
        const leavesPerHash = 256 ** tile.level;
        expect((tile.index * 256 + offset) * leavesPerHash).toBe(id.index * 2 ** id.level);
        expect(count * leavesPerHash).toBe(2 ** id.level);
        expect(offset + count).toBeLessThanOrEqual(tile.width);
        expect(count).toBeLessThanOrEqual(128);
        expect(formatTilePath(parseTilePath(formatTilePath(tile)))).toBe(formatTilePath(tile));
      }),
    );
  });

  test('nodes that are not there', () => {
    expect(() => tileForNode({ level: 0, index: 5 }, 5)).toThrow(code('node-incomplete'));
    expect(() => tileForNode({ level: 2, index: 1 }, 7)).toThrow(code('node-incomplete'));
    for (const id of [
      { level: -1, index: 0 },
      { level: 53, index: 0 },
      { level: 0, index: -1 },
      { level: 0.5, index: 0 },
    ]) {
      expect(() => tileForNode(id, 7)).toThrow(code('index-out-of-range'));
    }
  });
});

describe('proofs from tiles', () => {
  test('are the naive proofs, for trees up to 3000 leaves', async () => {
    const leaves = numberedLeaves(3000);
    const pair = fc
      .integer({ min: 1, max: 3000 })
      .chain((size) => fc.tuple(fc.nat({ max: size - 1 }), fc.constant(size)));
    await fc.assert(
      fc.asyncProperty(pair, async ([index, size]) => {
        const tree = leaves.slice(0, size);
        const readNodes = nodesFromTiles(hasher, tileReader(naiveTiles(tree)), size);
        expect(await computeInclusionProof(hasher, index, size, readNodes)).toEqual(
          naiveInclusionProof(index, tree),
        );
        const consistency = await computeConsistencyProof(hasher, index + 1, size, readNodes);
        expect(consistency).toEqual(naiveConsistencyProof(index + 1, tree));
        const frontier = Frontier.from(hasher, size, await readNodes(frontierNodes(size)));
        expect(frontier.root()).toEqual(naiveRoot(tree));
      }),
      { numRuns: 15 },
    );
  });

  test('work near 2^40 leaves, reading each tile once', async () => {
    const [size, index] = [2 ** 40 + 77_777, 2 ** 39 + 4242];
    const tree = new SparseTree([index, index + 1, 3, size - 1]);
    const log: string[] = [];
    const readTile = (tile: TileId): Promise<Uint8Array> => {
      log.push(formatTilePath(tile));
      const span = 256 ** tile.level;
      const first = tile.index * 256;
      const hashes = Array.from({ length: tile.width }, (_, i) =>
        tree.rangeHash((first + i) * span, (first + i + 1) * span),
      );
      return Promise.resolve(new Uint8Array(Buffer.concat(hashes)));
    };
    const proof = await computeInclusionProof(hasher, index, size, nodesFromTiles(hasher, readTile, size));
    verifyInclusion(hasher, index, size, tree.leafHash(index), proof, tree.rangeHash(0, size));
    expect(new Set(log).size).toBe(log.length);
    expect(log.length).toBeLessThanOrEqual(10);
  });

  test('a full tile may stand in for a partial one', async () => {
    const tiles = naiveTiles(numberedLeaves(300));
    const full = (tile: TileId) =>
      tileReader(tiles)({ ...tile, width: tile.level === 0 && tile.index === 0 ? 256 : tile.width });
    const tree = numberedLeaves(200);
    const readNodes = nodesFromTiles(hasher, full, 200);
    expect(await computeInclusionProof(hasher, 130, 200, readNodes)).toEqual(naiveInclusionProof(130, tree));
  });

  test.each([0, 31, 33, 32 * 199, 32 * 200 + 1, 32 * 257])(
    'a tile of %i bytes is refused',
    async (sizeBytes) => {
      const readNodes = nodesFromTiles(hasher, () => Promise.resolve(new Uint8Array(sizeBytes)), 200);
      await expect(computeInclusionProof(hasher, 0, 200, readNodes)).rejects.toThrow(code('tile-size'));
    },
  );

  test('a failed read fails the proof', async () => {
    const readNodes = nodesFromTiles(hasher, tileReader(new Map()), 200);
    await expect(computeInclusionProof(hasher, 0, 200, readNodes)).rejects.toThrow('no tile/0/000.p/200');
  });
});

describe('entry bundles', () => {
  const entries = [Uint8Array.of(1, 2, 3), new Uint8Array(0), new Uint8Array(65535).fill(7)];

  test('frame each entry with its length', () => {
    const bundle = formatEntryBundle(entries);
    expect([...bundle.subarray(0, 7)]).toEqual([0, 3, 1, 2, 3, 0, 0]);
    expect(parseEntryBundle(bundle, 3)).toEqual(entries);
    expect(parseEntryBundle(bundle, 2)).toEqual(entries.slice(0, 2));
    expect(parseEntryBundle(bundle.subarray(0, 7), 2)).toEqual(entries.slice(0, 2));
  });

  test('are refused when cut, short or overlong', () => {
    const bundle = formatEntryBundle(entries);
    for (const end of [0, 1, 4, 6, bundle.length - 1]) {
      expect(() => parseEntryBundle(bundle.subarray(0, end), 3)).toThrow(code('bundle-malformed'));
    }
    expect(() => parseEntryBundle(bundle, 4)).toThrow(code('bundle-malformed'));
    expect(() => parseEntryBundle(new Uint8Array(2 * 257), 256)).toThrow(code('bundle-malformed'));
    expect(parseEntryBundle(new Uint8Array(2 * 256), 256)).toHaveLength(256);
    for (const width of [0, -1, 257, NaN]) {
      expect(() => parseEntryBundle(bundle, width)).toThrow(code('tile-out-of-range'));
    }
    expect(() => formatEntryBundle([])).toThrow(code('bundle-malformed'));
    expect(() => formatEntryBundle([new Uint8Array(65536)])).toThrow(code('bundle-malformed'));
    expect(() => formatEntryBundle(new Array<Uint8Array>(257).fill(new Uint8Array(1)))).toThrow(
      code('bundle-malformed'),
    );
  });
});
