import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ENTRY_SIZE, type VerifiedBlock } from '@cunzheng/ledger';
import { listLogNames, logDirectory, openLedgerReader, parseCheckpointNote } from '@cunzheng/ledger/node';
import { parseEntryBundle, portableTreeHasher, verifyConsistency, verifyInclusion } from '@cunzheng/merkle';
import {
  appendAll,
  findingsOf,
  leavesOf,
  nextBlock,
  noteFor,
  origin,
  removeTemporaryDirectories,
  temporaryDirectory,
  withWriter,
} from './support.js';

afterAll(removeTemporaryDirectories);

describe('a reader', () => {
  it('says that there is no ledger yet, no checkpoint, no block', async () => {
    const dir = await temporaryDirectory();
    await expect(openLedgerReader({ dir: join(dir, 'none') })).rejects.toMatchObject({
      code: 'ledger-missing',
    });
    await withWriter(dir, () => Promise.resolve());
    const reader = await openLedgerReader({ dir });
    await expect(reader.readCheckpoint()).rejects.toMatchObject({ code: 'checkpoint-missing' });
    await expect(reader.readBlock(0)).rejects.toMatchObject({ code: 'block-missing' });
    await expect(reader.readEntry(0)).rejects.toMatchObject({ code: 'entry-missing' });
    expect(await reader.readTip()).toBeNull();
    await withWriter(dir, (writer) => appendAll(writer, 4));
    expect(await reader.readTip()).toMatchObject({ height: 0, firstIndex: 0, count: 5 });
    expect(await reader.readEntry(5)).toHaveLength(ENTRY_SIZE);
    await expect(reader.readEntry(6)).rejects.toMatchObject({ code: 'entry-missing' });
    await reader.close();
    await expect(reader.readBlock(0)).rejects.toMatchObject({ code: 'closed' });
  });

  it('serves C2SP entry bundles over any number of blocks and segments', async () => {
    const dir = await temporaryDirectory();
    const blocks: VerifiedBlock[] = [];
    await withWriter(
      dir,
      async (writer) => {
        for (let i = 0; i < 60; i++) {
          blocks.push(nextBlock(writer.head, 1 + (i % 17)));
          await writer.appendBlock(blocks.at(-1)!);
        }
        await writer.writeTiles();
      },
      { segmentBytes: 5_000 },
    );
    const leaves = leavesOf(blocks);
    const reader = await openLedgerReader({ dir });
    for (let index = 0; index * 256 < leaves.length; index++) {
      const want = leaves.slice(index * 256, (index + 1) * 256);
      const bundle = await reader.readEntryBundle(index, want.length);
      expect(bundle).toHaveLength(want.length * (2 + ENTRY_SIZE));
      expect(parseEntryBundle(bundle, want.length).map((entry) => Buffer.from(entry))).toEqual(
        want.map((entry) => Buffer.from(entry)),
      );
    }
    for (const [index, width] of [
      [0, 0],
      [0, 257],
      [-1, 1],
      [2 ** 60, 1],
      [0.5, 1],
      [Math.floor(leaves.length / 256), 256],
    ] as const) {
      await expect(reader.readEntryBundle(index, width)).rejects.toMatchObject({ code: 'entry-missing' });
    }
    await reader.close();
  });

  it('does not pass on an entry that its tile contradicts', async () => {
    const dir = await temporaryDirectory();
    await withWriter(dir, (writer) => appendAll(writer, 5));
    const file = join(dir, 'segments', '000000000000.seg');
    const bytes = await readFile(file);
    bytes[bytes.indexOf(Buffer.from([0x43, 0x5a, 0x01, 0x01])) + 20]! ^= 1;
    await writeFile(file, bytes);
    const reader = await openLedgerReader({ dir });
    await expect(reader.readEntry(1)).rejects.toMatchObject({ code: 'ledger-damaged' });
    await expect(reader.readEntryBundle(0, 3)).rejects.toMatchObject({ code: 'ledger-damaged' });
    expect(await reader.readEntry(2)).toHaveLength(ENTRY_SIZE);
    await reader.close();
  });

  it('proves everything under every checkpoint while the writer writes', async () => {
    const dir = await temporaryDirectory();
    await withWriter(dir, (writer) => appendAll(writer, 1), { segmentBytes: 30_000 });
    const reader = await openLedgerReader({ dir, tileCacheBytes: 50_000 });
    const state = { over: false };
    let checkpoints = 0;
    const writes = (): Promise<void> =>
      withWriter(
        dir,
        async (writer) => {
          // However slow the reader is.
          for (let i = 0; i < 25 || (checkpoints < 6 && !state.over); i++)
            await appendAll(writer, [3, 300, 40, 256, 1][i % 5]!);
        },
        { segmentBytes: 30_000 },
      );
    const reads = async (): Promise<void> => {
      let previous = parseCheckpointNote(await reader.readCheckpoint(), origin);
      for (let round = 0; !state.over; round++) {
        const next = parseCheckpointNote(await reader.readCheckpoint(), origin);
        const { treeSize, rootHash } = next;
        const leaf = (round * 7919) % treeSize;
        const [entry, proof, consistency, last] = await Promise.all([
          reader.readEntry(leaf),
          reader.computeInclusionProof(leaf, treeSize),
          reader.computeConsistencyProof(previous.treeSize, treeSize),
          reader.findBlock(treeSize - 1),
        ]);
        verifyInclusion(
          portableTreeHasher,
          leaf,
          treeSize,
          portableTreeHasher.hashLeaf(entry),
          proof,
          rootHash,
        );
        verifyConsistency(
          portableTreeHasher,
          previous.treeSize,
          treeSize,
          previous.rootHash,
          rootHash,
          consistency,
        );
        expect(last.firstIndex + last.count + 1).toBe(treeSize);
        const head = await reader.readBlockHead(last.height);
        expect(head).toMatchObject({ height: last.height, firstIndex: last.firstIndex, count: last.count });
        expect(head.header).toContain(`"height":${last.height},`);
        expect(await reader.readBlockHeader(last.height)).toBe(head.header);
        await reader.readTile({
          level: 0,
          index: Math.floor((treeSize - 1) / 256),
          width: ((treeSize - 1) % 256) + 1,
        });
        if (treeSize !== previous.treeSize) checkpoints++;
        previous = next;
      }
    };
    await Promise.all([writes, reads].map((work) => work().finally(() => (state.over = true))));
    await reader.close();
    expect(await findingsOf(dir)).toEqual([]);
  });

  it('proves old trees too, of sizes that were never written as tiles', async () => {
    const dir = await temporaryDirectory();
    const blocks: VerifiedBlock[] = [];
    await withWriter(dir, async (writer) => {
      for (const count of [100, 50, 200, 30]) {
        blocks.push(nextBlock(writer.head, count));
        await writer.appendBlock(blocks.at(-1)!);
      }
      await writer.writeTiles();
      for (const { head } of blocks) {
        const root = await writer.computeRootHash(head.treeSize);
        expect(Buffer.from(root)).toEqual(Buffer.from(head.frontier.root()));
      }
      const { treeSize, frontier } = blocks.at(-1)!.head;
      await writer.publishCheckpoint(noteFor(treeSize, frontier.root()));
    });
    const reader = await openLedgerReader({ dir });
    for (const { head } of blocks) {
      const proof = await reader.computeInclusionProof(77, head.treeSize);
      const leafHash = portableTreeHasher.hashLeaf(await reader.readEntry(77));
      verifyInclusion(portableTreeHasher, 77, head.treeSize, leafHash, proof, head.frontier.root());
    }
    await reader.close();
  });
});

describe('the directory of a log', () => {
  it('is made of a valid name only', () => {
    expect(logDirectory('/data', 'main-1')).toBe(join('/data', 'main-1'));
    for (const name of ['', '..', 'a/b', '-a', 'A', 'a'.repeat(64), 'a\0']) {
      expect(() => logDirectory('/data', name)).toThrow('log name');
    }
  });

  it('is listed once a writer has made a ledger in it', async () => {
    const parent = await temporaryDirectory();
    expect(await listLogNames(join(parent, 'none'))).toEqual([]);
    for (const name of ['b', 'a']) await withWriter(join(parent, name), () => Promise.resolve());
    for (const name of ['empty', 'Upper/segments']) await mkdir(join(parent, name), { recursive: true });
    await writeFile(join(parent, 'file'), '');
    expect(await listLogNames(parent)).toEqual(['a', 'b']);
  });
});
