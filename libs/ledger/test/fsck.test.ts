import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { formatBlockHeader, parseBlockHeader, type VerifiedBlock } from '@cunzheng/ledger';
import { fsck, type FsckProgress } from '@cunzheng/ledger/node';
import { formatFrame, formatSegmentHeader } from '../src/node/segment-format.js';
import { sha256 } from '../src/node/native-hash.js';
import {
  appendAll,
  findingsOf,
  nextBlock,
  noteFor,
  origin,
  removeTemporaryDirectories,
  quickDirectory,
  withWriter,
} from './support.js';

afterAll(removeTemporaryDirectories);

async function ledger(counts: readonly number[], segmentBytes = 1000): Promise<string> {
  const dir = await quickDirectory();
  await withWriter(
    dir,
    async (writer) => {
      for (const count of counts) await appendAll(writer, count);
    },
    { segmentBytes },
  );
  return dir;
}

/** Where each block's frame begins, found by its magic number. */
function frameOffsets(segment: Buffer): number[] {
  const offsets: number[] = [];
  const magic = Buffer.from([0x43, 0x5a, 0x42, 0x01]);
  for (let at = segment.indexOf(magic); at !== -1; at = segment.indexOf(magic, at + 1)) offsets.push(at);
  return offsets;
}

describe('fsck', () => {
  it('finds any flipped bit in the segments and names file and block', async () => {
    const dir = await ledger([2, 1, 3, 1]);
    const segments = (await readdir(join(dir, 'segments'))).filter((name) => name.endsWith('.seg')).sort();
    expect(segments.length).toBeGreaterThan(1);
    for (const name of segments) {
      const file = join(dir, 'segments', name);
      const whole = await readFile(file);
      const offsets = frameOffsets(whole);
      const first = Number(name.slice(0, 12));
      for (let at = 0; at < whole.length; at += at < 64 ? 3 : 11) {
        const bytes = Buffer.from(whole);
        bytes[at]! ^= 1 << (at % 8);
        await writeFile(file, bytes);
        const findings = await findingsOf(dir);
        const errors = findings.filter(({ severity }) => severity === 'error');
        const height =
          first +
          Math.max(
            0,
            offsets.findLastIndex((offset) => offset <= at),
          );
        const last = height === 3;
        if (!last || at < 64) expect([at, errors[0]?.place]).toMatchObject([at, { file, height }]);
        // The last block could be torn as well, but for the checkpoint over it.
        else expect([at, errors.map(({ subject }) => subject)]).toEqual([at, ['checkpoint']]);
      }
      await writeFile(file, whole);
    }
    expect(await findingsOf(dir)).toEqual([]);
  });

  it('finds every one of several damages', async () => {
    const dir = await ledger([2, 2, 2, 2, 2, 2], 134_217_728);
    const file = join(dir, 'segments', '000000000000.seg');
    const bytes = await readFile(file);
    const offsets = frameOffsets(bytes);
    for (const height of [1, 3]) bytes[offsets[height]! + 400]! ^= 1;
    bytes[offsets[4]! + 2]! ^= 1;
    await writeFile(file, bytes);
    const errors = (await findingsOf(dir)).filter(({ severity }) => severity === 'error');
    expect(errors.filter(({ subject }) => subject === 'frame').map(({ place }) => place)).toEqual(
      // Damage to blocks 3 and 4 adjoins: what is between two intact frames is one finding.
      [1, 3].map((height) => ({ file, height, offset: offsets[height] })),
    );
  });

  it('finds a block that was exchanged with all its checksums', async () => {
    const blocks: VerifiedBlock[] = [];
    for (const count of [2, 3, 4]) blocks.push(nextBlock(blocks.at(-1)?.head ?? null, count));
    const [zero, one, two] = blocks as [VerifiedBlock, VerifiedBlock, VerifiedBlock];
    const other = nextBlock(zero.head, 3, { entries: nextBlock(one.head, 3).block.entries });
    const later = parseBlockHeader(one.block.header);
    const forged = {
      ...one,
      block: { ...one.block, header: formatBlockHeader({ ...later, batchRoot: 'ab'.repeat(32) }) },
    };
    const headerless = { ...one, headerEntry: two.headerEntry };
    for (const [middle, height] of [
      [other, 2],
      [forged, 1],
      [headerless, 1],
    ] as const) {
      const dir = await quickDirectory();
      await withWriter(dir, () => Promise.resolve());
      const header = formatSegmentHeader({
        originDigest: sha256(Buffer.from(origin)),
        firstHeight: 0,
        firstIndex: 0,
      });
      const file = join(dir, 'segments', '000000000000.seg');
      await writeFile(file, Buffer.concat([header, ...[zero, middle, two].map(formatFrame)]));
      const errors = (await findingsOf(dir)).filter(({ severity }) => severity === 'error');
      expect(errors[0]).toMatchObject({ subject: 'chain', place: { file, height } });
    }
  });

  it('compares the checkpoint with the tree', async () => {
    const dir = await ledger([2, 2]);
    const right = await readFile(join(dir, 'checkpoint'));
    for (const note of [
      noteFor(7, new Uint8Array(32)),
      noteFor(100, new Uint8Array(32)),
      noteFor(3, new Uint8Array(32)),
      Buffer.from('x'),
      Buffer.from(right.toString().replace('log.example', 'log2.example')),
    ]) {
      await writeFile(join(dir, 'checkpoint'), note);
      const errors = (await findingsOf(dir)).filter(({ severity }) => severity === 'error');
      expect(errors.map(({ subject }) => subject)).toContain('checkpoint');
    }
    await writeFile(join(dir, 'checkpoint'), right);
    expect(await findingsOf(dir)).toEqual([]);
  });

  it('tells derived data from the ledger itself, and a torn end from damage', async () => {
    const dir = await ledger([2, 2, 2], 134_217_728);
    await rm(join(dir, 'segments', '000000000000.idx'));
    expect(await findingsOf(dir)).toMatchObject([{ severity: 'warning', subject: 'index' }]);
    await withWriter(dir, () => Promise.resolve());
    const file = join(dir, 'segments', '000000000000.seg');
    await writeFile(file, Buffer.concat([await readFile(file), Buffer.from([0x43, 0x5a, 0x42, 0x01, 0, 0])]));
    expect(await findingsOf(dir)).toMatchObject([
      { severity: 'note', subject: 'frame', place: { height: 3 } },
    ]);
  });

  it('finds a missing segment', async () => {
    const dir = await ledger([2, 2, 2, 2], 1);
    await rm(join(dir, 'segments', '000000000001.seg'));
    expect(await findingsOf(dir)).toMatchObject([
      { severity: 'error', subject: 'segment', place: { height: 1 } },
      { severity: 'note' },
    ]);
  });

  it('says how far it is, and that there is nothing', async () => {
    const dir = await ledger(Array<number>(130).fill(1));
    const progress: FsckProgress[] = [];
    for await (const item of fsck({ dir, crypto: nativeCrypto, origin }))
      if (item.kind === 'progress') progress.push(item);
    expect(progress.map(({ blocks }) => blocks)).toEqual([64, 128, 130]);
    const empty = fsck({ dir: await quickDirectory(), crypto: nativeCrypto });
    await expect(empty.next()).rejects.toMatchObject({ code: 'ledger-missing' });
  });
});
