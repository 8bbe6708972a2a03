/** What the kernel is asked to do, in which order: nothing is published before all that it needs is on disk. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describeWithTool } from '../../../test/support/tools.js';
import { bundleChild } from './child-process.js';
import { nextBlock, noteFor, removeTemporaryDirectories, temporaryDirectory, withWriter } from './support.js';

afterAll(removeTemporaryDirectories);

const CALL = /^(\d+) +(\w+)\((?:\d+<([^>]+)>)?(.*)$/;
const RESUMED = /^(\d+) +<\.\.\. \w+ resumed>/;

/** Files that were written and not yet fsynced at each rename onto `target`. A call counts as done when it has returned. */
function unsyncedAtRenames(trace: string, target: string): string[][] {
  const unsynced = new Set<string>();
  const syncing = new Map<string, string>();
  const renames: string[][] = [];
  for (const line of trace.split('\n')) {
    const [, pid = '', call = '', path = '', rest = ''] = CALL.exec(line) ?? [];
    const [, resumed] = RESUMED.exec(line) ?? [];
    if (call === 'pwrite64') unsynced.add(path);
    else if (call.endsWith('sync') && rest.includes('unfinished')) syncing.set(pid, path);
    else if (call.endsWith('sync')) unsynced.delete(path);
    else if (call.startsWith('rename') && rest.includes(`"${target}"`)) renames.push([...unsynced]);
    if (resumed !== undefined && syncing.has(resumed)) unsynced.delete(syncing.get(resumed) as string);
    if (resumed !== undefined) syncing.delete(resumed);
  }
  return renames;
}

describeWithTool('strace', 'the order of writes', () => {
  it('has frames, tiles and the note itself on disk before a checkpoint takes its name', async () => {
    const dir = await temporaryDirectory();
    const trace = join(await temporaryDirectory(), 'trace');
    const calls = 'trace=pwrite64,fsync,fdatasync,rename,renameat,renameat2';
    const child = [process.execPath, await bundleChild(), dir, 'publishThree'];
    execFileSync('strace', ['-f', '-y', '-e', calls, '-o', trace, ...child]);
    const text = readFileSync(trace, 'utf8');
    for (const file of ['segments/000000000000.seg', 'tile/0.hashes', 'tile/1.hashes']) {
      expect(text).toMatch(new RegExp(`pwrite64\\(\\d+<${join(dir, file)}>`));
    }
    const renames = unsyncedAtRenames(text, join(dir, 'checkpoint'));
    expect(renames).toHaveLength(3);
    const derived = [join(dir, 'segments/000000000000.idx'), join(dir, 'lock')];
    expect(renames.flat().filter((path) => !derived.includes(path))).toEqual([]);
  });

  it('has blocks behind the published checkpoint written and fsynced once more when a ledger is opened', async () => {
    const dir = await temporaryDirectory();
    const segment = join(dir, 'segments', '000000000000.seg');
    const sizes: number[] = [];
    await withWriter(dir, async (writer) => {
      for (const count of [2, 3, 4]) {
        const { head, rootHash } = await writer.appendBlock(nextBlock(writer.head, count));
        sizes.push((await stat(segment)).size);
        await writer.writeTiles();
        if (sizes.length === 1) await writer.publishCheckpoint(noteFor(head.treeSize, rootHash));
      }
    });
    const [published = 0, , end = 0] = sizes;
    const whole = await readFile(segment);
    expect(await callsOnSegment(dir, segment)).toEqual([
      `pwrite64 ${end - published} at ${published}`,
      'fsync',
    ]);
    await rm(join(dir, 'checkpoint'));
    expect(await callsOnSegment(dir, segment)).toEqual([`pwrite64 ${end} at 0`, 'fsync']);
    await withWriter(dir, async (writer) => {
      await writer.publishCheckpoint(noteFor(writer.head!.treeSize, writer.head!.frontier.root()));
    });
    expect(await callsOnSegment(dir, segment)).toEqual(['fsync']);
    expect(await readFile(segment)).toEqual(whole);
  });
});

/** What opening a ledger for writing does to a segment: a write's size and place, and fsync. */
async function callsOnSegment(dir: string, segment: string): Promise<string[]> {
  const trace = join(await temporaryDirectory(), 'trace');
  const child = [process.execPath, await bundleChild(), dir, 'recover'];
  execFileSync('strace', [
    '-f',
    '-y',
    '-s',
    '0',
    '-e',
    'trace=pwrite64,fsync,fdatasync',
    '-o',
    trace,
    ...child,
  ]);
  return readFileSync(trace, 'utf8')
    .split('\n')
    .filter((line) => line.includes(`<${segment}>`))
    .map((line) => {
      const [, size, at] = /, (\d+), (\d+)/.exec(line) ?? [];
      return line.includes('pwrite64') ? `pwrite64 ${size} at ${at}` : 'fsync';
    });
}
