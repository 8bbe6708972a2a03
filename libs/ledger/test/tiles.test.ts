import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type VerifiedBlock } from '@cunzheng/ledger';
import { openLedgerReader } from '@cunzheng/ledger/node';
import { parseTilePath, TILE_WIDTH, tilesForNewEntries } from '@cunzheng/merkle';
import {
  appendAll,
  findingsOf,
  leavesOf,
  naiveRoot,
  nextBlock,
  noteFor,
  removeTemporaryDirectories,
  quickDirectory,
  withWriter,
} from './support.js';

afterAll(removeTemporaryDirectories);

async function tileFiles(dir: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(join(dir, 'tile'), { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return new Map(
    await Promise.all(paths.map(async (path) => [relative(dir, path), await readFile(path)] as const)),
  );
}

describe('tiles', () => {
  it('are those of a naive tree, three levels high', async () => {
    const dir = await quickDirectory();
    const blocks: VerifiedBlock[] = [];
    const sizes: number[] = [];
    await withWriter(dir, async (writer) => {
      for (const count of [10, 300, 65_000, 700, 3]) {
        blocks.push(nextBlock(writer.head, count));
        const { head, rootHash } = await writer.appendBlock(blocks.at(-1)!);
        await writer.writeTiles();
        await writer.publishCheckpoint(noteFor(head.treeSize, rootHash));
        sizes.push(head.treeSize);
      }
    });
    const leaves = leavesOf(blocks);
    const hashes = new Map<string, Buffer>();
    const nodeOf = (level: number, index: number): Buffer => {
      const key = `${level}/${index}`;
      const span = TILE_WIDTH ** level;
      const hash = hashes.get(key) ?? naiveRoot(leaves.slice(index * span, (index + 1) * span));
      hashes.set(key, hash);
      return hash;
    };
    const files = await tileFiles(dir);
    for (const [path, bytes] of files) {
      const { level, index, width } = parseTilePath(path);
      const want = Array.from({ length: width }, (_, i) => nodeOf(level, index * TILE_WIDTH + i));
      expect([path, Buffer.concat(want).equals(bytes)]).toEqual([path, true]);
    }
    // There are all tiles of the tree, and besides these only partial tiles of earlier trees whose full tile is not there.
    const tree = tilesForNewEntries(0, leaves.length);
    const full = tree.filter(({ width }) => width === TILE_WIDTH);
    expect([...files.keys()].filter((path) => !path.includes('.p/'))).toHaveLength(full.length);
    for (const path of [...files.keys()].filter((path) => path.includes('.p/'))) {
      const { level, index, width } = parseTilePath(path);
      const published = sizes.map((size) => Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH);
      expect(published).toContain(width);
      expect(full).not.toContainEqual({ level, index, width: TILE_WIDTH });
    }
    for (const { level, index, width } of tree.filter(({ width }) => width < TILE_WIDTH)) {
      expect([...files.keys()].map(parseTilePath)).toContainEqual({ level, index, width });
    }
    expect(await findingsOf(dir)).toEqual([]);
  });

  it('stay while partial for every published size, and go when the full one is there', async () => {
    const dir = await quickDirectory();
    await withWriter(dir, async (writer) => {
      for (const count of [9, 10, 10]) await appendAll(writer, count);
      expect([...(await tileFiles(dir)).keys()]).toEqual([
        'tile/0/000.p/11',
        'tile/0/000.p/22',
        'tile/0/000.p/33',
      ]);
      await appendAll(writer, 222);
      expect([...(await tileFiles(dir)).keys()]).toEqual(['tile/0/000', 'tile/1/000.p/1']);
      await appendAll(writer, 1);
    });
    const reader = await openLedgerReader({ dir });
    expect(await reader.readTile({ level: 0, index: 0, width: 22 })).toHaveLength(22 * 32);
    expect(await reader.readTile({ level: 0, index: 1, width: 1 })).toHaveLength(32);
    await expect(reader.readTile({ level: 0, index: 1, width: 3 })).rejects.toMatchObject({
      code: 'tile-missing',
    });
    await expect(reader.readTile({ level: 0, index: 7, width: 256 })).rejects.toMatchObject({
      code: 'tile-missing',
    });
    await reader.close();
  });

  it('that are lost or wrong at the edge are made anew on opening, all others by a rebuild', async () => {
    const dir = await quickDirectory();
    await withWriter(dir, async (writer) => {
      for (const count of [300, 300, 20, 30]) await appendAll(writer, count);
    });
    const whole = await tileFiles(dir);
    const newest = 'tile/0/002.p/143';
    const breakings: (() => Promise<void>)[] = [
      () => rm(join(dir, 'tile'), { recursive: true }),
      () => rm(join(dir, newest)),
      () => writeFile(join(dir, newest), Buffer.alloc(whole.get(newest)!.length)),
      () => writeFile(join(dir, newest), Buffer.alloc(5)),
    ];
    for (const break_ of breakings) {
      await break_();
      expect((await findingsOf(dir)).map(({ subject }) => subject)).toContain('tile');
      await withWriter(dir, () => Promise.resolve());
      expect(await findingsOf(dir)).toEqual([]);
      expect((await tileFiles(dir)).get(newest)).toEqual(whole.get(newest));
    }
    for (const path of ['tile/0/000', 'tile/0/001']) {
      await writeFile(join(dir, path), Buffer.alloc(8192, 1));
      expect(await findingsOf(dir)).toMatchObject([
        { severity: 'error', subject: 'tile', place: { file: join(dir, path) } },
      ]);
      await withWriter(dir, (writer) => writer.rebuildTiles());
      expect(await findingsOf(dir)).toEqual([]);
      expect((await tileFiles(dir)).get(path)).toEqual(whole.get(path));
    }
  });

  it('are completed on opening for blocks that were appended and not published', async () => {
    const dir = await quickDirectory();
    await withWriter(dir, async (writer) => {
      await appendAll(writer, 100);
      await writer.appendBlock(nextBlock(writer.head, 500));
      await writer.writeTiles();
      await writer.appendBlock(nextBlock(writer.head, 500));
    });
    await withWriter(dir, async (writer) => {
      expect(writer.tilesSize).toBe(writer.head!.treeSize);
      await writer.publishCheckpoint(noteFor(writer.head!.treeSize, writer.head!.frontier.root()));
    });
    const paths = [...(await tileFiles(dir)).keys()].filter((path) => path.includes('.p/'));
    expect(paths).toEqual(['tile/0/004.p/80', 'tile/1/000.p/2', 'tile/1/000.p/4']);
    expect(await findingsOf(dir)).toEqual([]);
  });
});
