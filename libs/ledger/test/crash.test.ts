import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseCheckpointNote } from '@cunzheng/ledger/node';
import { SegmentAppender } from '../src/node/segment-appender.js';
import { sha256 } from '../src/node/native-hash.js';
import { bundleChild, startChild } from './child-process.js';
import {
  findingsOf,
  nextBlock,
  noteFor,
  origin,
  removeTemporaryDirectories,
  quickDirectory,
  withWriter,
} from './support.js';

afterAll(removeTemporaryDirectories);

describe('a writer that is killed at any moment', () => {
  it('leaves a ledger that the next one completes, never behind its checkpoint', async () => {
    const dir = await quickDirectory();
    const bundle = await bundleChild();
    let publishedSize = 0;
    let treeSize = 0;
    for (let kill = 0; kill < 15; kill++) {
      const child = startChild(process.execPath, [bundle, dir, 'appendForever']);
      await child.line();
      // Not a wait for something to happen: the moment of the kill is what is being varied.
      await delay(3 + ((kill * 37) % 90));
      await child.kill();
      if (treeSize > 0)
        expect((await findingsOf(dir)).filter(({ severity }) => severity === 'error')).toEqual([]);
      await withWriter(dir, (writer) => {
        const published = writer.published?.treeSize ?? 0;
        expect(published).toBeGreaterThanOrEqual(publishedSize);
        expect(writer.head?.treeSize ?? 0).toBeGreaterThanOrEqual(Math.max(published, treeSize));
        expect(writer.tilesSize).toBe(writer.head?.treeSize ?? 0);
        publishedSize = published;
        treeSize = writer.head?.treeSize ?? 0;
        return Promise.resolve();
      });
      if (treeSize > 0) expect(await findingsOf(dir)).toEqual([]);
    }
    expect(parseCheckpointNote(await readFile(join(dir, 'checkpoint')), origin).treeSize).toBe(publishedSize);
  });
});

// `ulimit -f` makes the kernel refuse a write beyond a file size, after a short one up to it.
(process.platform === 'win32' ? describe.skip : describe)('a write that fails', () => {
  it('is fatal for good: nothing is tried again, and what was torn is cut off by the next writer', async () => {
    const dir = await quickDirectory();
    const command = `ulimit -f 24 && exec "$0" "$1" "$2" appendUntilFull`;
    const child = startChild('sh', ['-c', command, process.execPath, await bundleChild(), dir]);
    const { height, codes } = JSON.parse(await child.line()) as { height: number; codes: string[] };
    await child.kill();
    expect(codes).toEqual(['io-fatal', 'io-fatal', 'io-fatal']);
    expect((await findingsOf(dir)).filter(({ severity }) => severity === 'error')).toEqual([]);
    await withWriter(dir, async (writer) => {
      expect(writer.head?.height).toBe(height);
      await writer.appendBlock(nextBlock(writer.head, 50));
    });
    expect(await findingsOf(dir)).toEqual([]);
  });
});

describe('a writer that was taken for dead and wakes up', () => {
  const originDigest = sha256(Buffer.from(origin));
  const open = (dir: string): Promise<SegmentAppender> =>
    SegmentAppender.open(dir, originDigest, 134_217_728, null);

  it('can write the same block again, harmlessly, and no other', async () => {
    const dir = await quickDirectory();
    await mkdir(join(dir, 'segments'));
    const [stale, current] = [await open(dir), await open(dir)];
    const zero = nextBlock(null, 5);
    const one = nextBlock(zero.head, 5);
    await current.append(zero);
    await current.append(one);
    const path = join(dir, 'segments', '000000000000.seg');
    const bytes = await readFile(path);
    await stale.append(zero);
    expect(await readFile(path)).toEqual(bytes);
    const other = nextBlock(zero.head, 6);
    await expect(stale.append(other)).rejects.toMatchObject({ code: 'ledger-forked' });
    await stale.append(one);
    expect(await readFile(path)).toEqual(bytes);
    await Promise.all([stale.close(), current.close()]);
    expect(await findingsOf(dir)).toEqual([]);
  });

  it('cannot put an older checkpoint in the place of a newer one', async () => {
    const dir = await quickDirectory();
    await withWriter(dir, async (sleeper) => {
      const { head, rootHash } = await sleeper.appendBlock(nextBlock(null, 5));
      await sleeper.writeTiles();
      // Between its look at the lock and its write, another has opened the ledger: its folder is gone.
      const [folder] = await readdir(join(dir, 'tmp'));
      await rm(join(dir, 'tmp', folder!), { recursive: true });
      await expect(sleeper.publishCheckpoint(noteFor(head.treeSize, rootHash))).rejects.toMatchObject({
        code: 'io-fatal',
      });
    });
    expect(await readdir(dir)).not.toContain('checkpoint');
  });
});
