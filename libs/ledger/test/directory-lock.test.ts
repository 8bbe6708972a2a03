import { spawnSync } from 'node:child_process';
import { readdir, readFile, unlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LedgerError } from '@cunzheng/ledger';
import { DirectoryLock } from '@cunzheng/ledger/node';
import { describeWithTool } from '../../../test/support/tools.js';
import { currentProcess } from '../src/node/process-identity.js';
import { bundleChild, startChild } from './child-process.js';
import {
  nextBlock,
  openWriter,
  removeTemporaryDirectories,
  temporaryDirectory,
  withWriter,
} from './support.js';

afterAll(removeTemporaryDirectories);

const token = 'ab'.repeat(16);

async function lockPath(): Promise<string> {
  return join(await temporaryDirectory(), 'lock');
}

async function codeOf(run: Promise<unknown>): Promise<string> {
  return run.then(
    () => 'no error',
    (error: unknown) => (error instanceof LedgerError ? error.code : String(error)),
  );
}

/** A lock file that its holder touched `ageMs` ago. */
async function leaveLock(path: string, holder: object | string, ageMs: number): Promise<void> {
  await writeFile(path, typeof holder === 'string' ? holder : JSON.stringify(holder));
  const touched = new Date(Date.now() - ageMs);
  await utimes(path, touched, touched);
}

describe('a directory', () => {
  it('has one writer at a time', async () => {
    const dir = await temporaryDirectory();
    await withWriter(dir, async () => {
      await expect(openWriter(dir)).rejects.toMatchObject({ code: 'ledger-locked' });
      await expect(openWriter(dir)).rejects.toThrow(`process ${process.pid}`);
    });
    await withWriter(dir, () => Promise.resolve());
  });

  it('is refused while another process holds it, and taken over the moment that one was killed', async () => {
    const dir = await temporaryDirectory();
    const child = startChild(process.execPath, [await bundleChild(), dir, 'hold']);
    expect(await child.line()).toBe('holding');
    await expect(openWriter(dir)).rejects.toThrow(`process ${child.process.pid}`);
    await child.kill();
    await withWriter(dir, async (writer) => {
      await writer.appendBlock(nextBlock(null, 1));
    });
    expect((await readdir(dir)).filter((name) => name.startsWith('lock'))).toEqual([]);
  });
});

describe('a lock file', () => {
  const self = currentProcess();

  it.each([
    ['of a process id that was reused', { ...self, startTime: '1', token }],
    ['of a process that is gone', { ...self, pid: 2 ** 22 + 1, token }],
  ])('%s is replaced at once', async (_, holder) => {
    const path = await lockPath();
    await leaveLock(path, holder, 0);
    const lock = await DirectoryLock.acquire(path);
    await lock.assertHeld();
    await lock.release();
  });

  it.each([
    ['of another host', { ...self, hostname: 'elsewhere', pid: 1, token }],
    ['of another container', { ...self, pidNamespace: 'pid:[1]', pid: 1, token }],
    ['of another boot', { ...self, bootId: 'other', pid: 1, token }],
    ['that is not finished', ''],
    ['that is no lock file', '{"token":1}'],
  ])('%s counts until it was not touched for 15 seconds', async (_, holder) => {
    const path = await lockPath();
    await leaveLock(path, holder, 0);
    expect(await codeOf(DirectoryLock.acquire(path))).toBe('ledger-locked');
    await leaveLock(path, holder, 16_000);
    const lock = await DirectoryLock.acquire(path);
    await lock.assertHeld();
    await lock.release();
    expect(await readdir(join(path, '..'))).toEqual([]);
  });

  it('goes to exactly one of many takers', async () => {
    for (let round = 0; round < 20; round++) {
      const path = await lockPath();
      await leaveLock(path, { ...self, startTime: '1', token }, 0);
      // Side by side they would all meet at the same step: let each start a little later than the one before.
      const take = async (_: unknown, i: number): Promise<DirectoryLock> => {
        for (let turn = 0; turn < i * (round % 7); turn++) await new Promise(setImmediate);
        return DirectoryLock.acquire(path);
      };
      const taken = await Promise.allSettled(Array.from({ length: 8 }, take));
      const locks = taken.filter((result) => result.status === 'fulfilled').map(({ value }) => value);
      expect(locks).toHaveLength(1);
      await locks[0]!.assertHeld();
      await locks[0]!.release();
    }
  });

  it('is taken although a taker died while taking it over', async () => {
    const path = await lockPath();
    await leaveLock(path, { ...self, startTime: '1', token }, 0);
    await leaveLock(`${path}.claim-${token}`, 'abandoned', 0);
    expect(await codeOf(DirectoryLock.acquire(path))).toBe('ledger-locked');
    await leaveLock(`${path}.claim-${token}`, 'abandoned', 16_000);
    await (await DirectoryLock.acquire(path)).release();
    expect(await readdir(join(path, '..'))).toEqual([]);
  });

  it('is taken at once if the taker is known to be dead, and what others have left is removed', async () => {
    const path = await lockPath();
    const dead = { ...self, startTime: '1', token };
    await leaveLock(path, dead, 0);
    await leaveLock(`${path}.claim-${token}`, { ...dead, token: 'cd'.repeat(16) }, 0);
    await leaveLock(`${path}.claim-${'ef'.repeat(16)}`, dead, 0);
    await leaveLock(`${path}.probe-0011`, '', 0);
    await leaveLock(`${path}.new-0011`, '', 0);
    const lock = await DirectoryLock.acquire(path);
    expect(await readdir(join(path, '..'))).toEqual(['lock']);
    await lock.release();
  });

  it('is not taken from a taker that lives', async () => {
    const path = await lockPath();
    await leaveLock(path, { ...self, startTime: '1', token }, 0);
    await leaveLock(`${path}.claim-${token}`, { ...self, token: 'cd'.repeat(16) }, 0);
    expect(await codeOf(DirectoryLock.acquire(path))).toBe('ledger-locked');
  });

  it('that is replaced or gone stops its former holder, who leaves it alone', async () => {
    for (const steal of [(path: string) => writeFile(path, 'mine'), unlink]) {
      const path = await lockPath();
      const lost: LedgerError[] = [];
      const lock = await DirectoryLock.acquire(path, { onLost: (error) => lost.push(error) });
      await steal(path);
      expect(await codeOf(lock.assertHeld())).toBe('lock-lost');
      expect(await codeOf(lock.assertHeld())).toBe('lock-lost');
      expect(lost).toHaveLength(1);
      await lock.release();
      expect(await readFile(path, 'utf8').catch(() => 'gone')).toBe(steal === unlink ? 'gone' : 'mine');
    }
  });

  it('is watched and touched while it is held', async () => {
    const path = await lockPath();
    let lose: () => void = () => undefined;
    const lost = new Promise<void>((resolve) => (lose = resolve));
    const lock = await DirectoryLock.acquire(path, { heartbeatMs: 5, onLost: lose });
    const old = new Date(0);
    await utimes(path, old, old);
    const { stat } = await import('node:fs/promises');
    while ((await stat(path)).mtimeMs === 0) await new Promise(setImmediate);
    await writeFile(path, 'stolen');
    await lost;
    await lock.release();
  });
});

describeWithTool('strace', 'a taker', () => {
  /** Opens a ledger with something done to the first call of that name. */
  async function tamper(
    dir: string,
    call: string,
    tampering: string,
  ): Promise<number | NodeJS.Signals | null> {
    const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:${tampering}`, '-o', '/dev/null'];
    const child = [process.execPath, await bundleChild(), dir, 'recover'];
    const { status, signal } = spawnSync('strace', ['-f', ...inject, ...child]);
    return signal ?? status;
  }

  it.each(['pwrite64', 'link,linkat', 'unlink,unlinkat'])(
    'that is killed in its first %s keeps nobody waiting',
    async (calls) => {
      const dir = await temporaryDirectory();
      expect(await tamper(dir, calls, 'signal=KILL:when=1')).toBe('SIGKILL');
      expect((await readdir(dir)).filter((name) => name.startsWith('lock'))).not.toEqual([]);
      await withWriter(dir, () => Promise.resolve());
      expect((await readdir(dir)).filter((name) => name.startsWith('lock'))).toEqual([]);
    },
  );

  it('does without hard links where there are none', async () => {
    const dir = await temporaryDirectory();
    expect(await tamper(dir, 'link,linkat', 'error=EPERM')).toBe(0);
    expect((await readdir(dir)).filter((name) => name.startsWith('lock'))).toEqual([]);
  });
});

describe('a writer that lost its lock', () => {
  it('says so once and writes nothing more', async () => {
    const dir = await temporaryDirectory();
    const lost: LedgerError[] = [];
    const writer = await openWriter(dir, { onLost: (error) => lost.push(error) });
    await writer.appendBlock(nextBlock(null, 1));
    await writeFile(join(dir, 'lock'), 'stolen');
    for (let i = 0; i < 2; i++)
      expect(await codeOf(writer.appendBlock(nextBlock(writer.head, 1)))).toBe('lock-lost');
    expect(await codeOf(writer.writeTiles())).toBe('lock-lost');
    expect(lost).toHaveLength(1);
    expect(writer.head?.height).toBe(0);
    await writer.close();
    expect(await codeOf(writer.writeTiles())).toBe('lock-lost');
  });
});
