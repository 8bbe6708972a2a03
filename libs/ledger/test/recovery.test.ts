import { cp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LedgerError, type VerifiedBlock } from '@cunzheng/ledger';
import { openLedgerReader, type RecoveryNotice } from '@cunzheng/ledger/node';
import { sha256 } from '../src/node/native-hash.js';
import { recoverSegments } from '../src/node/recover-segments.js';
import {
  appendAll,
  findingsOf,
  nextBlock,
  noteFor,
  openWriter,
  origin,
  quickDirectory,
  removeTemporaryDirectories,
  someEntries,
  temporaryDirectory,
  withWriter,
} from './support.js';

afterAll(removeTemporaryDirectories);

const originDigest = sha256(Buffer.from(origin));

/** A ledger of `count` small blocks, all published but the last, and where each frame starts. */
async function smallLedger(
  count: number,
  segmentBytes: number,
): Promise<{ dir: string; blocks: VerifiedBlock[]; offsets: number[] }> {
  const dir = await quickDirectory();
  const blocks: VerifiedBlock[] = [];
  const offsets: number[] = [];
  await withWriter(
    dir,
    async (writer) => {
      for (let height = 0; height < count; height++) {
        const block = nextBlock(writer.head, 2);
        const before = await stat(join(dir, 'segments', '000000000000.seg')).then(
          ({ size }) => size,
          () => 64,
        );
        const { head, rootHash } = await writer.appendBlock(block);
        offsets.push(before);
        blocks.push(block);
        if (height === count - 1) continue;
        await writer.writeTiles();
        await writer.publishCheckpoint(noteFor(head.treeSize, rootHash));
      }
    },
    { segmentBytes },
  );
  return { dir, blocks, offsets };
}

async function segmentsOf(dir: string): Promise<Record<string, Buffer>> {
  const names = (await readdir(join(dir, 'segments'))).sort();
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, await readFile(join(dir, 'segments', name))] as const),
    ),
  );
}

async function openError(dir: string): Promise<LedgerError> {
  try {
    await (await openWriter(dir)).close();
  } catch (error) {
    if (error instanceof LedgerError) return error;
    throw error;
  }
  throw new Error('the ledger opened');
}

describe.each([
  ['behind other blocks', 134_217_728],
  ['at the start of a segment', 1],
])('a torn frame %s', (_, segmentBytes) => {
  it('is cut off wherever it was torn, and the block can be written again', async () => {
    const { dir, blocks } = await smallLedger(3, segmentBytes);
    const whole = await segmentsOf(dir);
    const name = Object.keys(whole).findLast((name) => name.endsWith('.seg'))!;
    const path = join(dir, 'segments', name);
    const bytes = whole[name]!;
    const start =
      segmentBytes === 1 ? 0 : bytes.indexOf(Buffer.from([0x43, 0x5a, 0x42, 0x01]), bytes.length - 600);
    expect(bytes.length - start).toBeGreaterThan(400);
    for (let size = start; size < bytes.length; size++) {
      await writeFile(path, bytes.subarray(0, size));
      const tail = await recoverSegments({ dir, originDigest, publishedSize: 0, notify: () => undefined });
      // An intact segment header may stay: it will be the same again.
      const end = start === 0 && size >= 64 ? 64 : start;
      expect([size, tail?.offset, (await stat(path)).size]).toEqual([size, end, end]);
      if ((size - start) % 61 !== 0) continue;
      await writeFile(path, bytes.subarray(0, size));
      await withWriter(
        dir,
        async (writer) => {
          expect(writer.head?.height).toBe(1);
          await writer.appendBlock(blocks[2]!);
        },
        { segmentBytes },
      );
      expect(await segmentsOf(dir)).toEqual(whole);
      expect(await findingsOf(dir)).toEqual([]);
    }
  });

  it('is cut off when its bytes are there and wrong: zeros, or any flipped', async () => {
    const { dir } = await smallLedger(3, segmentBytes);
    const whole = await segmentsOf(dir);
    const name = Object.keys(whole).findLast((name) => name.endsWith('.seg'))!;
    const path = join(dir, 'segments', name);
    const start =
      segmentBytes === 1
        ? 0
        : whole[name]!.indexOf(Buffer.from([0x43, 0x5a, 0x42, 0x01]), whole[name]!.length - 600);
    for (const at of [start, start + 5, start + 30, start + 200, whole[name]!.length - 1]) {
      const bytes = Buffer.from(whole[name]!);
      if (at === start) bytes.fill(0, start);
      else bytes[at]! ^= 4;
      await writeFile(path, bytes);
      // In a segment of its own a bad segment header in front of a whole frame is damage, not a torn frame.
      if (start === 0 && at > start && at < 64) continue;
      const tail = await recoverSegments({ dir, originDigest, publishedSize: 0, notify: () => undefined });
      expect(tail?.offset).toBe(start === 0 && at >= 64 ? 64 : start);
    }
  });
});

describe('damage that no crash explains', () => {
  it('in front of whole blocks stops the writer, names file, offset and block, and changes nothing', async () => {
    const { dir, offsets } = await smallLedger(4, 134_217_728);
    const path = join(dir, 'segments', '000000000000.seg');
    const whole = await readFile(path);
    for (const height of [0, 1, 2]) {
      const bytes = Buffer.from(whole);
      bytes[offsets[height]! + 100]! ^= 1;
      await writeFile(path, bytes);
      await rm(join(dir, 'segments', '000000000000.idx'), { force: true });
      const error = await openError(dir);
      expect(error.code).toBe('ledger-damaged');
      expect(error.place).toEqual({ file: path, offset: offsets[height], height });
      for (const part of [path, `offset ${offsets[height]}`, `block ${height}`, 'restore'])
        expect(error.message).toContain(part);
      expect(await readFile(path)).toEqual(bytes);
    }
  });

  it('is named when a block is read', async () => {
    const { dir, offsets } = await smallLedger(4, 134_217_728);
    const path = join(dir, 'segments', '000000000000.seg');
    const bytes = await readFile(path);
    bytes[offsets[2]! - 3]! ^= 1;
    await writeFile(path, bytes);
    await withWriter(dir, async (writer) => {
      await expect(writer.readBlock(1)).rejects.toMatchObject({
        code: 'ledger-damaged',
        place: { file: path, offset: offsets[1], height: 1 },
      });
      expect((await writer.readBlock(2)).header).toContain('"height":2');
    });
  });

  it('such as a lost segment or a cut closed one stops the writer', async () => {
    const { dir } = await smallLedger(4, 1);
    const copy = join(await temporaryDirectory(), 'copy');
    const lose = async (change: (segments: string) => Promise<void>): Promise<LedgerError> => {
      await rm(copy, { recursive: true, force: true });
      await cp(dir, copy, { recursive: true });
      await change(join(copy, 'segments'));
      return openError(copy);
    };
    const lost = await lose((segments) => rm(join(segments, '000000000001.seg')));
    expect(lost).toMatchObject({ code: 'ledger-damaged', place: { height: 1 } });
    const first = await lose((segments) => rm(join(segments, '000000000000.seg')));
    expect(first).toMatchObject({ code: 'ledger-damaged', place: { height: 0 } });
    const cut = await lose(async (segments) => {
      await truncate(join(segments, '000000000001.seg'), 300);
      await rm(join(segments, '000000000001.idx'));
    });
    expect(cut).toMatchObject({ code: 'ledger-damaged', place: { height: 1, offset: 64 } });
  });

  it('of the checkpoint file stops the writer', async () => {
    const { dir, blocks } = await smallLedger(3, 1);
    await writeFile(join(dir, 'checkpoint'), 'nonsense');
    expect(await openError(dir)).toMatchObject({
      code: 'ledger-damaged',
      place: { file: join(dir, 'checkpoint') },
    });
    await writeFile(join(dir, 'checkpoint'), noteFor(blocks[1]!.head.treeSize, new Uint8Array(32)));
    expect(await openError(dir)).toMatchObject({
      code: 'ledger-damaged',
      place: { file: join(dir, 'checkpoint') },
    });
  });
});

describe('an index', () => {
  it.each<[string, (path: string, bytes: Buffer) => Promise<void>]>([
    ['missing', (path) => rm(path)],
    ['empty', (path) => truncate(path, 0)],
    ['short', (path, bytes) => truncate(path, bytes.length - 40)],
    ['cut inside a record', (path, bytes) => truncate(path, bytes.length - 7)],
    ['too long', (path, bytes) => writeFile(path, Buffer.concat([bytes, Buffer.alloc(64, 7)]))],
    [
      'corrupt',
      (path, bytes) =>
        writeFile(
          path,
          bytes.map((byte, i) => (i > 40 && i < 90 ? byte ^ 0x55 : byte)),
        ),
    ],
    ['of zeros', (path, bytes) => writeFile(path, Buffer.alloc(bytes.length))],
  ])('that is %s is not needed to read, and is rebuilt by a writer', async (_, break_) => {
    const { dir, blocks } = await smallLedger(5, 1000);
    const whole = await segmentsOf(dir);
    const indexes = Object.keys(whole).filter((name) => name.endsWith('.idx'));
    expect(indexes).toHaveLength(3);
    for (const name of indexes) await break_(join(dir, 'segments', name), whole[name]!);
    const reader = await openLedgerReader({ dir });
    for (const { block, header } of blocks) {
      expect((await reader.readBlock(header.height)).header).toBe(block.header);
      expect(await reader.findBlock(header.firstIndex + 1)).toMatchObject({ height: header.height });
    }
    expect(await reader.readTip()).toMatchObject({ height: 4 });
    await reader.close();
    const notices: RecoveryNotice[] = [];
    await withWriter(dir, () => Promise.resolve(), {
      segmentBytes: 1000,
      onNotice: (notice) => notices.push(notice),
    });
    expect(notices.map(({ kind }) => kind)).toContain('index-rebuilt');
    if (_ !== 'corrupt' && _ !== 'of zeros') expect(await segmentsOf(dir)).toEqual(whole);
    await withWriter(dir, (writer) => writer.rebuildIndexes());
    expect(await segmentsOf(dir)).toEqual(whole);
  });
});

describe('a ledger that is behind its checkpoint', () => {
  it('keeps what is left of a torn published block, and takes only the block that was published', async () => {
    const { dir, blocks } = await smallLedger(3, 134_217_728);
    await withWriter(dir, async (writer) =>
      writer.publishCheckpoint(noteFor(writer.head!.treeSize, writer.head!.frontier.root())),
    );
    const path = join(dir, 'segments', '000000000000.seg');
    await truncate(path, (await stat(path)).size - 1);
    const other = nextBlock(blocks[1]!.head, 2, { entries: someEntries(2, 4711) });
    await withWriter(dir, async (writer) => {
      expect(writer.head?.height).toBe(1);
      expect(writer.published?.treeSize).toBe(blocks[2]!.head.treeSize);
      await expect(writer.appendBlock(other)).rejects.toMatchObject({ code: 'ledger-forked' });
      await expect(writer.appendBlock(blocks[2]!)).rejects.toMatchObject({ code: 'ledger-forked' });
    });
    expect(await readdir(join(dir, 'damaged'))).toHaveLength(1);
    await withWriter(dir, async (writer) => {
      await writer.appendBlock(blocks[2]!.block);
      await writer.writeTiles();
      await appendAll(writer, 3);
    });
    expect(await findingsOf(dir)).toEqual([]);
  });
});
