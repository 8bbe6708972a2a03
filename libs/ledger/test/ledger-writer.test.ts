import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { LedgerError, verifyBlock, type VerifiedBlock } from '@cunzheng/ledger';
import { type LedgerWriter, openLedgerReader, openLedgerWriter } from '@cunzheng/ledger/node';
import { portableTreeHasher, verifyConsistency, verifyInclusion } from '@cunzheng/merkle';
import {
  appendAll,
  chain,
  findingsOf,
  leavesOf,
  naiveLeafHash,
  naiveRoot,
  nextBlock,
  noteFor,
  openWriter,
  removeTemporaryDirectories,
  someEntries,
  quickDirectory,
  withWriter,
} from './support.js';

afterAll(removeTemporaryDirectories);

async function codeOf(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => 'no error',
    (error: unknown) => (error instanceof LedgerError ? error.code : String(error)),
  );
}

/** Everything a reader says about the ledger, against a naive tree over the same leaves. */
async function assertReadsAs(
  dir: string,
  blocks: readonly VerifiedBlock[],
  tilesSize: number,
  sizes: readonly number[],
): Promise<void> {
  const leaves = leavesOf(blocks);
  const reader = await openLedgerReader({ dir });
  try {
    for (const { block, header } of blocks)
      expect((await reader.readBlock(header.height)).header).toBe(block.header);
    for (const index of sample(leaves.length))
      expect(Buffer.from(await reader.readEntry(index))).toEqual(leaves[index]);
    if (tilesSize === 0) return;
    const root = naiveRoot(leaves.slice(0, tilesSize));
    for (const index of sample(tilesSize)) {
      const proof = await reader.computeInclusionProof(index, tilesSize);
      verifyInclusion(portableTreeHasher, index, tilesSize, naiveLeafHash(leaves[index]!), proof, root);
    }
    for (const size of sizes) {
      const proof = await reader.computeConsistencyProof(size, tilesSize);
      verifyConsistency(portableTreeHasher, size, tilesSize, naiveRoot(leaves.slice(0, size)), root, proof);
    }
  } finally {
    await reader.close();
  }
}

function sample(size: number): number[] {
  return [...new Set([0, 1, Math.floor(size / 3), Math.floor(size / 2), size - 2, size - 1])].filter(
    (i) => i >= 0 && i < size,
  );
}

type Step = { kind: 'append'; count: number } | { kind: 'tiles' } | { kind: 'publish' } | { kind: 'reopen' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      count: fc.constantFrom(1, 2, 7, 100, 254, 255, 256, 300),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'tiles' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'publish' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'reopen' as const }) },
);

describe('a ledger', () => {
  it('is whole and proves every leaf after every step of any sequence', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 9 }),
        fc.constantFrom(1, 20_000),
        async (steps, segmentBytes) => {
          const dir = await quickDirectory();
          const blocks: VerifiedBlock[] = [];
          const sizes: number[] = [];
          let writer = await openWriter(dir, { segmentBytes });
          try {
            for (const step of steps) {
              if (step.kind === 'append') {
                const next = nextBlock(writer.head, step.count);
                const { head, rootHash } = await writer.appendBlock(
                  next.header.height % 2 === 0 ? next : next.block,
                );
                blocks.push(next);
                expect(head.treeSize).toBe(leavesOf(blocks).length);
                expect(Buffer.from(rootHash)).toEqual(naiveRoot(leavesOf(blocks)));
              } else if (step.kind === 'tiles') {
                await writer.writeTiles();
                expect(writer.tilesSize).toBe(writer.head?.treeSize ?? 0);
                if (writer.tilesSize > 0) sizes.push(writer.tilesSize);
              } else if (step.kind === 'publish') {
                await publishIfPossible(writer);
              } else {
                const before = writer.head?.headerHash;
                await writer.close();
                writer = await openWriter(dir, { segmentBytes });
                expect(writer.head?.headerHash).toBe(before);
                expect(writer.tilesSize).toBe(writer.head?.treeSize ?? 0);
              }
              if (blocks.length > 0) expect(await findingsOf(dir)).toEqual([]);
              await assertReadsAs(dir, blocks, writer.tilesSize, sizes);
            }
          } finally {
            await writer.close();
          }
        },
      ),
      { numRuns: 12 },
    );
  });

  async function publishIfPossible(writer: LedgerWriter): Promise<void> {
    if (writer.tilesSize === 0) return;
    const note = noteFor(writer.tilesSize, await writer.computeRootHash(writer.tilesSize));
    await writer.publishCheckpoint(note);
    expect(writer.published?.treeSize).toBe(writer.tilesSize);
  }

  it('publishes again when an older checkpoint was put back', async () => {
    const dir = await quickDirectory();
    await withWriter(dir, async (writer) => {
      await appendAll(writer, 3);
      const path = join(dir, 'checkpoint');
      const older = await readFile(path);
      await appendAll(writer, 2);
      const newest = await readFile(path);
      expect(await writer.republishIfReplaced()).toBe(false);
      await writeFile(path, older);
      expect(await writer.republishIfReplaced()).toBe(true);
      expect(await readFile(path)).toEqual(newest);
      await rm(path);
      expect(await writer.republishIfReplaced()).toBe(true);
      expect(await readFile(path)).toEqual(newest);
    });
  });

  it('gives back the very blocks, public bodies and all', async () => {
    const dir = await quickDirectory();
    const blocks = await withWriter(dir, async (writer) => {
      await appendAll(writer, 3);
      await appendAll(writer, 5);
      return Promise.all([0, 1].map((height) => writer.readBlock(height)));
    });
    const first = verifyBlock(chain, null, blocks[0]!);
    expect(verifyBlock(chain, first.head, blocks[1]!).header.count).toBe(5);
    expect(blocks[0]!.bodies).toHaveLength(1);
  });

  it('takes at most 115 bytes per entry in blocks of 4,096', async () => {
    const dir = await quickDirectory();
    await withWriter(dir, async (writer) => {
      for (let i = 0; i < 4; i++) await appendAll(writer, 4096);
    });
    expect(await findingsOf(dir)).toEqual([]);
    const { execFileSync } = await import('node:child_process');
    const sizeBytes = Number(
      execFileSync('du', ['-s', '--apparent-size', '-B1', dir]).toString().split('\t')[0],
    );
    expect(sizeBytes / (4 * 4096)).toBeLessThan(115);
  });
});

describe('a writer', () => {
  it('refuses a block that does not follow, and goes on', async () => {
    const dir = await quickDirectory();
    await withWriter(dir, async (writer) => {
      const zero = nextBlock(null, 2);
      await writer.appendBlock(zero);
      expect(await codeOf(writer.appendBlock(zero))).toBe('height-mismatch');
      expect(await codeOf(writer.appendBlock(zero.block))).toBe('height-mismatch');
      const one = nextBlock(writer.head, 2);
      expect(await codeOf(writer.appendBlock(nextBlock(one.head, 2)))).toBe('height-mismatch');
      expect(await codeOf(writer.appendBlock({ ...one.block, entries: someEntries(2, 99) }))).toBe(
        'batch-root-mismatch',
      );
      await writer.appendBlock(one);
    });
    expect(await findingsOf(dir)).toEqual([]);
  });

  it('carries calls out one after the other', async () => {
    const dir = await quickDirectory();
    await withWriter(dir, async (writer) => {
      const zero = nextBlock(null, 300);
      const one = nextBlock(zero.head, 300);
      await Promise.all([
        writer.appendBlock(zero),
        writer.appendBlock(one),
        writer.writeTiles(),
        writer.publishCheckpoint(noteFor(one.head.treeSize, one.head.frontier.root())),
      ]);
    });
    expect(await findingsOf(dir)).toEqual([]);
  });

  it('publishes only checkpoints of its own tree, never an older one', async () => {
    const dir = await quickDirectory();
    await withWriter(dir, async (writer) => {
      const { head: a, rootHash: rootA } = await writer.appendBlock(nextBlock(null, 300));
      await writer.writeTiles();
      const { head: b, rootHash: rootB } = await writer.appendBlock(nextBlock(a, 300));
      const publish = (size: number, root: Uint8Array, name?: string): Promise<string> =>
        codeOf(writer.publishCheckpoint(noteFor(size, root, name)));
      expect(await publish(b.treeSize, rootB)).toBe('checkpoint-refused');
      expect(await publish(a.treeSize, rootB)).toBe('checkpoint-refused');
      expect(await publish(a.treeSize - 1, rootA)).toBe('checkpoint-refused');
      expect(await publish(a.treeSize, rootA, 'other.example/logs/x')).toBe('checkpoint-refused');
      expect(await codeOf(writer.publishCheckpoint(Buffer.from('checkpoint')))).toBe('checkpoint-refused');
      expect(await publish(a.treeSize, rootA)).toBe('no error');
      await writer.writeTiles();
      expect(await publish(b.treeSize, rootB)).toBe('no error');
      expect(await publish(a.treeSize, rootA)).toBe('checkpoint-refused');
      expect(await publish(b.treeSize, rootB)).toBe('no error');
      expect(await readFile(join(dir, 'checkpoint'), 'utf8')).toBe(noteFor(b.treeSize, rootB).toString());
    });
  });

  it('refuses another log in the same directory', async () => {
    const dir = await quickDirectory();
    await withWriter(dir, (writer) => appendAll(writer, 1));
    const other = { dir, origin: 'other.example/logs/test', crypto: nativeCrypto };
    expect(['log-mismatch', 'ledger-damaged']).toContain(await codeOf(openLedgerWriter(other)));
    await withWriter(dir, (writer) => appendAll(writer, 1));
  });

  it('refuses a block that a frame has no room for', async () => {
    const dir = await quickDirectory();
    await withWriter(dir, async (writer) => {
      await writer.appendBlock(nextBlock(null, 0));
      const huge = { ...nextBlock(writer.head, 1) };
      const block = {
        ...huge,
        block: { ...huge.block, entries: { length: 100_000_000 } as Uint8Array },
        header: { ...huge.header, count: 1_000_000 },
      };
      expect(await codeOf(writer.appendBlock(block))).toBe('block-too-large');
      await appendAll(writer, 1);
    });
  });
});
