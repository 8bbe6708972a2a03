/** Directories and files that are made durably, from wherever the process stands. */
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDirectory, writeFileDurably } from '@cunzheng/ledger/node';

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
});
