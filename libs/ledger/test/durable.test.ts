/** Directories and files that are made durably, from wherever the process stands. */
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDirectory, writeFileDurably } from '@cunzheng/ledger/node';
import { writeFilesDurably } from '../src/node/durable.js';

describe('relative paths', () => {
  const before = process.cwd();
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'cunzheng-durable-')));

  beforeAll(() => {
    process.chdir(directory);
  });

  afterAll(() => {
    process.chdir(before);
    rmSync(directory, { recursive: true, force: true });
  });

  test.each(['m', 'a/b/c', './x/y'])('makeDirectory(%j) makes the folder and comes back', async (path) => {
    await makeDirectory(path);
    expect(existsSync(join(directory, path))).toBe(true);
    await makeDirectory(path);
  });

  test('a file goes into a folder that is made for it', async () => {
    await writeFileDurably('n/file', Buffer.from('kept'));
    expect(readFileSync(join(directory, 'n', 'file'), 'utf8')).toBe('kept');
  });

  test('who has lost the right to write before the file is in its place leaves the old one there', async () => {
    await makeDirectory('tmp');
    await writeFileDurably('kept', Buffer.from('new'));
    let written = 0;
    const lost = (): Promise<void> => {
      written += 1;
      return Promise.reject(new Error('lost'));
    };
    const stale = [{ path: 'kept', bytes: Buffer.from('old') }];
    await expect(writeFilesDurably(stale, 'tmp', lost)).rejects.toThrow(/lost/);
    expect([written, readFileSync('kept', 'utf8')]).toEqual([1, 'new']);
    await writeFilesDurably(stale, 'tmp', () => Promise.resolve());
    expect(readFileSync('kept', 'utf8')).toBe('old');
  });
});
