/** What the kernel is asked to do, in which order: nothing is published before all that it needs is on disk. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithTool } from '../../../test/support/tools.js';
import { bundleChild } from './child-process.js';
import { removeTemporaryDirectories, temporaryDirectory } from './support.js';

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
});
