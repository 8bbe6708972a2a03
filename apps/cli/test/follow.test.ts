/** `cunzheng follow` against a log that lies: findings, exit codes, and the evidence that is kept. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { portableTreeHasher as hasher, verifyConsistency } from '@cunzheng/merkle';
import { History, type LogServer, origin } from './follow-log.js';
import { main, other, PROGRAM, useFollowed, verified, waitFor } from './follow-runs.js';
import { expectOneLineError, runCli } from './run-cli.js';

const { cwd, start, follow, look, readState, evidenceOf, expectFinding } = useFollowed();

it.concurrent('0: proves growth, remembers the newest, keeps every checkpoint it saw', async () => {
  const [log, state] = await start();
  const notes: string[] = [];
  for (const blocks of [1, 2, 2, 3, 4, 6]) {
    log.publish(main, blocks);
    notes.push(log.note);
    const run = await look(log, state);
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(run.stdout)).toMatchObject({
      outcome: 'holds',
      origin,
      treeSize: main.sizeOf(blocks),
      quorum: true,
    });
    expect(readState(state).note).toBe(log.note);
  }
  expect(evidenceOf(state)).toEqual([...new Set(notes)]);
});

it.concurrent('0: takes a full tile in place of a partial one that is gone', async () => {
  const [log, state] = await start();
  log.publish(main, 2);
  expect((await look(log, state)).exitCode).toBe(0);
  log.publish(main, 6);
  log.override = (path) =>
    path.startsWith('tile/0/000.p/') ? (response) => response.writeHead(404).end() : undefined;
  expect((await look(log, state)).exitCode).toBe(0);
});

describe('10: fork', () => {
  it.concurrent('of one size; both checkpoints are saved and sent', async () => {
    const [log, state] = await start();
    log.publish(main, 3);
    await look(log, state);
    const seen = log.note;
    log.publish(other, 3);
    const found = expectFinding(await look(log, state, '--alert', `${log.url}/alert`), state, 10, seen);
    expect(found).toMatchObject({ finding: 'fork', seen, served: log.note });
    const [a, b] = [verified(found.seen), verified(found.served)];
    expect([a.treeSize, a.rootHash]).not.toEqual([b.treeSize, b.rootHash]);
    expect(a.treeSize).toBe(b.treeSize);
    expect(log.posted.map((body) => JSON.parse(body) as unknown)).toEqual([found]);
    expect(evidenceOf(state)).toEqual([seen, log.note]);
  });

  it.concurrent('of a larger tree, with the proof that it begins otherwise', async () => {
    const [log, state] = await start();
    log.publish(main, 3);
    await look(log, state);
    const seen = log.note;
    log.publish(other, 5);
    const found = expectFinding(await look(log, state), state, 10, seen);
    const [a, b] = [verified(found.seen), verified(found.served)];
    const { size, rootHash, proof } = found.beginning!;
    const root = Buffer.from(rootHash, 'base64');
    verifyConsistency(
      hasher,
      size,
      b.treeSize,
      root,
      b.rootHash,
      proof.map((hash) => Buffer.from(hash, 'base64')),
    );
    expect(size).toBe(a.treeSize);
    expect(root.equals(a.rootHash)).toBe(false);
  });

  it.concurrent('of a smaller tree, by a checkpoint that was kept or by the tiles', async () => {
    const [log, state] = await start();
    for (const blocks of [2, 4]) {
      log.publish(main, blocks);
      await look(log, state);
    }
    log.note = other.noteAt(other.sizeOf(2));
    expect(expectFinding(await look(log, state), state, 10, main.noteAt(main.sizeOf(4))).seen).toBe(
      main.noteAt(main.sizeOf(2)),
    );
    log.note = other.noteAt(other.sizeOf(3));
    expect(
      expectFinding(await look(log, state), state, 10, main.noteAt(main.sizeOf(4))).beginning?.size,
    ).toBe(main.sizeOf(3));
  });

  it.concurrent('keeps its exit code when nobody takes the alert', async () => {
    const [log, state] = await start();
    log.publish(main, 3);
    await look(log, state);
    log.publish(other, 3);
    expect((await look(log, state, '--alert', 'http://127.0.0.1:1/')).exitCode).toBe(10);
  });
});

describe('11: rollback', () => {
  it.concurrent('to a smaller tree of the same history', async () => {
    const [log, state] = await start();
    log.publish(main, 4);
    await look(log, state);
    const seen = log.note;
    log.publish(History.of([3, 200]));
    const found = expectFinding(await look(log, state), state, 11, seen);
    expect(verified(found.served).treeSize).toBeLessThan(verified(found.seen).treeSize);
    expect(log.asked.filter((path) => path === 'checkpoint').length).toBe(4);
  });

  it.concurrent('to an empty tree', async () => {
    const [log, state] = await start();
    log.publish(main, 4);
    await look(log, state);
    const seen = log.note;
    log.note = main.noteAt(0);
    const found = expectFinding(await look(log, state), state, 11, seen);
    expect([verified(found.served).treeSize, found.served]).toEqual([0, main.noteAt(0)]);
  });

  it.concurrent('is none when one of several servers lags behind', async () => {
    const [log, state] = await start();
    log.publish(main, 4);
    await look(log, state);
    let answers = 0;
    log.override = (path) =>
      path === 'checkpoint' && answers++ === 0 ? main.noteAt(main.sizeOf(2)) : undefined;
    expect((await look(log, state)).exitCode).toBe(0);
  });
});

describe('12: bad signature', () => {
  it.concurrent.each<[string, () => string]>([
    ['of a stranger', () => main.noteAt(main.sizeOf(4), 'stranger')],
    ['over something else', () => main.noteAt(main.sizeOf(4)).replace(/^(\d)(\d+)$/m, '9$2')],
  ])('%s', async (_, served) => {
    const [log, state] = await start();
    log.publish(main, 3);
    await look(log, state);
    const seen = log.note;
    log.note = served();
    const found = expectFinding(await look(log, state), state, 12, seen);
    expect(found).toMatchObject({ finding: 'bad-signature', seen, served: log.note });
    expect(() => verified(found.served)).toThrow();
    expect(evidenceOf(state)).toEqual([seen]);
  });

  it.concurrent('before anything was seen', async () => {
    const [log, state] = await start();
    log.note = main.noteAt(main.sizeOf(4), 'stranger');
    expect((await look(log, state)).exitCode).toBe(12);
  });
});

describe('13: stale', () => {
  /** As if what it remembers were from 100 seconds ago. */
  const age = (state: string, ...times: string[]): void => {
    const aged = Object.fromEntries(times.map((name) => [name, Date.now() - 100_000]));
    writeFileSync(join(cwd, state), JSON.stringify({ ...readState(state), ...aged }));
  };

  it.concurrent.each<[string, (log: LogServer) => void]>([
    ['answers that are no checkpoint', (log) => (log.note = '<html>welcome</html>')],
    ['a signed tree that it does not show', (log) => (log.note = main.noteAt(main.sizeOf(5)))],
  ])('%s: 3, and 13 at last', async (_, spoil) => {
    const [log, state] = await start();
    log.publish(History.of([3, 200, 90]));
    await look(log, state);
    const seen = log.note;
    spoil(log);
    const soon = await look(log, state);
    expect(soon.exitCode).toBe(3);
    expect(JSON.parse(soon.stderr)).toMatchObject({ exitCode: 3 });
    age(state, 'verifiedMs');
    const found = expectFinding(await look(log, state, '--stale-after', '99'), state, 13, seen);
    expect(found).toMatchObject({ finding: 'stale', seen });
    expect(found.served).toBe(log.note.startsWith(origin) ? log.note : undefined);
  });

  it.concurrent('nobody: 3, then 13, also if nobody was ever there', async () => {
    const nobody = { url: 'http://127.0.0.1:1/logs/test' };
    expect((await look(nobody, 'nobody')).exitCode).toBe(3);
    age('nobody', 'sinceMs');
    expect((await look(nobody, 'nobody', '--stale-after', '99')).exitCode).toBe(13);
  });

  it.concurrent('13: a tree that should have grown', async () => {
    const [log, state] = await start();
    log.publish(main, 3);
    await look(log, state);
    age(state, 'grownMs');
    expect((await look(log, state, '--expect-growth', '99')).exitCode).toBe(13);
    log.publish(main, 4);
    expect((await look(log, state, '--expect-growth', '99')).exitCode).toBe(0);
  });
});

describe('without --once', () => {
  it.concurrent('looks again and again, until there is a finding', async () => {
    const [log, state] = await start();
    log.publish(main, 2);
    const run = follow(log, state, '--interval', '1');
    await waitFor(() => log.asked.length > 0);
    log.publish(main, 4);
    await waitFor(() => evidenceCount(state) === 2);
    log.override = () => (response) => response.destroy();
    await waitFor(() => log.asked.filter((path) => path === 'checkpoint').length > 3);
    log.override = () => undefined;
    log.publish(other, 6);
    expect((await run).exitCode).toBe(10);
  });
  const evidenceCount = (state: string): number => {
    try {
      return evidenceOf(state).length;
    } catch {
      return 0;
    }
  };

  it.concurrent.each(['SIGTERM'] as const)('0: stopped by %s, and alone on its state', async (signal) => {
    const [log, state] = await start();
    log.publish(main, 2);
    const child = spawn(
      process.execPath,
      [PROGRAM, 'follow', log.url, '--state', state, '--trust', 'trust'],
      { cwd, stdio: 'ignore' },
    );
    await waitFor(() => evidenceCount(state) === 1);
    expect(JSON.parse((await look(log, state)).stderr)).toMatchObject({
      exitCode: 2,
      error: expect.stringMatching(/is in use/) as string,
    });
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});

describe('usage', () => {
  it.concurrent.each<[RegExp, number, string[]]>([
    [/want https:\/\/HOST/, 2, ['follow', 'ftp://x', '--state', 's', '--trust', 'trust', '--once']],
    [/want whole seconds/, 2, ['follow', 'http://x', '--state', 's', '--interval', '0']],
    [/no trust/, 3, ['follow', 'http://x', '--state', 's', '--trust', 'nowhere']],
    [
      /is no state of cunzheng follow/,
      2,
      ['follow', 'http://x', '--state', 'trust/policy', '--trust', 'trust'],
    ],
  ])('%s', async (message, exitCode, args) => {
    expectOneLineError(await runCli(args, { cwd }), exitCode, message);
  });
});
