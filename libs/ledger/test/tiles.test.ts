import { cp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type VerifiedBlock } from '@cunzheng/ledger';
import { openLedgerReader } from '@cunzheng/ledger/node';
import { HASH_SIZE, TILE_WIDTH, tilesForNewEntries } from '@cunzheng/merkle';
import {
  appendAll,
  findingsOf,
  leavesOf,
  naiveLeafHash,
  naiveRoot,
  nextBlock,
  noteFor,
  removeTemporaryDirectories,
  quickDirectory,
  withWriter,
} from './support.js';

afterAll(removeTemporaryDirectories);

const levelFile = (dir: string, level: number): string => join(dir, 'tile', `${level}.hashes`);

/** The files of tiles by name. */
async function tileFiles(dir: string): Promise<Map<string, Buffer>> {
  const names = (await readdir(join(dir, 'tile'))).sort();
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(dir, 'tile', name))] as const)),
  );
}

/** All hashes of every tile level of a tree, the slow way. */
function naiveLevels(leaves: readonly Uint8Array[]): Map<string, Buffer> {
  const levels = new Map<string, Buffer>();
  for (let level = 0, span = 1; span <= leaves.length; level++, span *= TILE_WIDTH) {
    const hashes = Array.from({ length: Math.floor(leaves.length / span) }, (_, i) =>
      naiveRoot(leaves.slice(i * span, (i + 1) * span)),
    );
    levels.set(`${level}.hashes`, Buffer.concat(hashes));
  }
  return levels;
}

async function edit(path: string, change: (bytes: Buffer) => Buffer): Promise<void> {
  await writeFile(path, change(await readFile(path)));
}

describe('tiles', () => {
  it('are those of a naive tree, three levels high', async () => {
    const dir = await quickDirectory();
    const blocks: VerifiedBlock[] = [];
    await withWriter(dir, async (writer) => {
      for (const count of [10, 300, 65_000, 700, 3]) {
        blocks.push(nextBlock(writer.head, count));
        const { head, rootHash } = await writer.appendBlock(blocks.at(-1)!);
        await writer.writeTiles();
        await writer.publishCheckpoint(noteFor(head.treeSize, rootHash));
      }
    });
    const leaves = leavesOf(blocks);
    const want = naiveLevels(leaves);
    const files = await tileFiles(dir);
    expect([...files.keys()]).toEqual(['0.hashes', '1.hashes', '2.hashes']);
    for (const [name, bytes] of files) expect([name, bytes.equals(want.get(name)!)]).toEqual([name, true]);
    const reader = await openLedgerReader({ dir });
    for (const tile of tilesForNewEntries(0, leaves.length)) {
      const at = tile.index * TILE_WIDTH * HASH_SIZE;
      const hashes = want.get(`${tile.level}.hashes`)!.subarray(at, at + tile.width * HASH_SIZE);
      expect(Buffer.compare(await reader.readTile(tile), hashes)).toBe(0);
    }
    await reader.close();
    expect(await findingsOf(dir)).toEqual([]);
  });

  it('are read at every width they ever had, and not beyond', async () => {
    const dir = await quickDirectory();
    await withWriter(dir, async (writer) => {
      for (const count of [9, 10, 10, 222, 1]) await appendAll(writer, count);
    });
    const [whole] = (await tileFiles(dir)).values();
    const reader = await openLedgerReader({ dir });
    for (const width of [11, 22, 33, 256]) {
      const bytes = await reader.readTile({ level: 0, index: 0, width });
      expect(Buffer.compare(bytes, whole!.subarray(0, width * HASH_SIZE))).toBe(0);
    }
    expect(await reader.readTile({ level: 0, index: 1, width: 2 })).toHaveLength(64);
    for (const [index, width] of [
      [1, 3],
      [1, 256],
      [7, 256],
    ] as const) {
      await expect(reader.readTile({ level: 0, index, width })).rejects.toMatchObject({
        code: 'tile-missing',
      });
    }
    await reader.close();
  });

  it('that are lost or wrong at the edge are made anew on opening, all others by a rebuild', async () => {
    const dir = await quickDirectory();
    await withWriter(dir, async (writer) => {
      for (const count of [300, 300, 20, 30]) await appendAll(writer, count);
    });
    const whole = await tileFiles(dir);
    const edge = levelFile(dir, 0);
    const breakings: (() => Promise<void>)[] = [
      () => rm(join(dir, 'tile'), { recursive: true }),
      () => rm(levelFile(dir, 1)),
      () => edit(edge, (bytes) => bytes.fill(0, bytes.length - HASH_SIZE)),
      () => edit(edge, (bytes) => bytes.subarray(0, bytes.length - 5)),
      () => truncate(edge, 0),
    ];
    for (const break_ of breakings) {
      await break_();
      const subjects = (await findingsOf(dir)).map(({ severity, subject }) => `${severity} ${subject}`);
      expect(new Set(subjects)).toEqual(new Set(['error tile']));
      await withWriter(dir, () => Promise.resolve());
      expect(await findingsOf(dir)).toEqual([]);
      expect(await tileFiles(dir)).toEqual(whole);
    }
    for (const offset of [0, 8192]) {
      await edit(edge, (bytes) => bytes.fill(1, offset, offset + 8192));
      expect(await findingsOf(dir)).toMatchObject([
        { severity: 'error', subject: 'tile', place: { file: edge, offset } },
      ]);
      await withWriter(dir, (writer) => writer.rebuildTiles());
      expect(await findingsOf(dir)).toEqual([]);
      expect(await tileFiles(dir)).toEqual(whole);
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
    expect(await findingsOf(dir)).toEqual([]);
  });
});

describe('after a power cut', () => {
  /** Published up to `publishedSize`; three more blocks are in the segments. */
  async function build(): Promise<{ dir: string; leaves: Uint8Array[]; publishedSize: number }> {
    const dir = await quickDirectory();
    const blocks: VerifiedBlock[] = [];
    let publishedSize = 0;
    await withWriter(dir, async (writer) => {
      for (const [i, count] of [700, 65_500, 300, 20, 600].entries()) {
        blocks.push(nextBlock(writer.head, count));
        const { head, rootHash } = await writer.appendBlock(blocks.at(-1)!);
        await writer.writeTiles();
        if (i > 1) continue;
        await writer.publishCheckpoint(noteFor(head.treeSize, rootHash));
        publishedSize = head.treeSize;
      }
    });
    return { dir, leaves: leavesOf(blocks), publishedSize };
  }

  let ledger: Awaited<ReturnType<typeof build>>;
  let want: Map<string, Buffer>;
  beforeAll(async () => {
    ledger = await build();
    want = naiveLevels(ledger.leaves);
  });

  async function halfPublished(): Promise<typeof ledger> {
    const dir = await quickDirectory();
    await cp(ledger.dir, dir, { recursive: true });
    return { ...ledger, dir };
  }

  // What may have become of bytes that were written and not fsynced.
  const losses: [string, (bytes: Buffer, durable: number) => Buffer][] = [
    ['never there', (bytes, durable) => bytes.subarray(0, durable)],
    ['cut inside a hash', (bytes, durable) => bytes.subarray(0, Math.min(bytes.length, durable + 7))],
    [
      'cut halfway',
      (bytes, durable) => bytes.subarray(0, durable + Math.floor((bytes.length - durable) / 2)),
    ],
    ['zeros', (bytes, durable) => bytes.fill(0, durable)],
    [
      'zeros at first, right behind',
      (bytes, durable) => bytes.fill(0, durable, Math.min(bytes.length, durable + 4096)),
    ],
    ['right at first, zeros behind', (bytes, durable) => bytes.fill(0, Math.max(durable, bytes.length - 64))],
    ['of another block, and more of them', (bytes, durable) => another(bytes, durable)],
  ];
  const another = (bytes: Buffer, durable: number): Buffer =>
    Buffer.concat([bytes.fill(0xab, durable), Buffer.alloc(10_000, 0xcd)]);

  it.each(losses)(
    'tiles behind the published tree may be %s: they are not served, and made right',
    async (_, lose) => {
      const { dir, leaves, publishedSize } = await halfPublished();
      for (const [level, span] of [1, TILE_WIDTH, TILE_WIDTH ** 2].entries()) {
        const durable = Math.floor(publishedSize / span) * HASH_SIZE;
        await edit(levelFile(dir, level), (bytes) => lose(bytes, durable));
      }
      // Nothing under the checkpoint is touched by it, and fsck does not take the rest for damage.
      const reader = await openLedgerReader({ dir });
      const lastPublished = Math.floor(publishedSize / TILE_WIDTH);
      const width = publishedSize % TILE_WIDTH;
      const edge = await reader.readTile({ level: 0, index: lastPublished, width });
      expect(Buffer.from(edge)).toEqual(
        Buffer.concat(leaves.slice(lastPublished * TILE_WIDTH, publishedSize).map(naiveLeafHash)),
      );
      await reader.close();
      expect((await findingsOf(dir)).filter(({ severity }) => severity !== 'note')).toEqual([]);
      await withWriter(dir, (writer) => {
        expect(writer.tilesSize).toBe(leaves.length);
        expect(Buffer.from(writer.head!.frontier.root())).toEqual(naiveRoot(leaves));
        return Promise.resolve();
      });
      const files = await tileFiles(dir);
      for (const [name, bytes] of files) expect([name, bytes.equals(want.get(name)!)]).toEqual([name, true]);
      expect(files.size).toBe(want.size);
      expect(await findingsOf(dir)).toEqual([]);
    },
  );

  it('the last block may be lost and its tiles not: these are cut off', async () => {
    const { dir, leaves } = await halfPublished();
    const segment = join(dir, 'segments', '000000000000.seg');
    const lastFrame = (await readFile(segment)).lastIndexOf(Buffer.from([0x43, 0x5a, 0x42, 0x01]));
    await truncate(segment, lastFrame + 100);
    const treeSize = await withWriter(dir, (writer) => Promise.resolve(writer.head!.treeSize));
    expect(treeSize).toBe(leaves.length - 601);
    for (const [name, bytes] of naiveLevels(leaves.slice(0, treeSize))) {
      expect([name, (await readFile(join(dir, 'tile', name))).equals(bytes)]).toEqual([name, true]);
    }
    expect(await findingsOf(dir)).toEqual([]);
  });
});
