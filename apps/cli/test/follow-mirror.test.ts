/** `cunzheng follow --mirror`: the copy is a ledger, holds nothing that is not proven, and survives kills with the rest. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { formatCloseEvent } from '@cunzheng/ledger';
import { findingsOf, nextBlock } from '../../../libs/ledger/test/support.js';
import { History, origin } from './follow-log.js';
import { runCli } from './run-cli.js';
import { main, other, PROGRAM, useFollowed, verified, waitFor } from './follow-runs.js';

const { cwd, start, look, readState, evidenceOf, expectFinding } = useFollowed();

describe('the mirror', () => {
  it.concurrent('is a ledger, block by block, that fsck finds nothing wrong with', async () => {
    const [log, state] = await start();
    const dir = join(cwd, 'm');
    for (const blocks of [2, 5, 6]) {
      log.publish(main, blocks);
      const run = await look(log, state, '--mirror', 'm');
      expect(JSON.parse(run.stdout)).toMatchObject({ outcome: 'holds', blocks });
      expect(await findingsOf(dir)).toEqual([]);
      expect(readFileSync(join(dir, 'checkpoint'), 'utf8')).toBe(log.note);
    }
    expect((await runCli(['audit', 'm', '--trust', 'trust'], { cwd })).exitCode).toBe(0);
    const [tile, hashes] = [main.read('tile/0/000') as Buffer, readFileSync(join(dir, 'tile/0.hashes'))];
    expect(hashes.subarray(0, 8192).equals(tile)).toBe(true);
    expect(log.asked.filter((path) => path.startsWith('blocks/'))).toEqual(
      [0, 1, 2, 3, 4, 5].map((height) => `blocks/${height}`),
    );
  });

  it.concurrent(
    'takes no block that is not in the signed tree, and goes on when the right one comes',
    async () => {
      const [log, state] = await start();
      const dir = join(cwd, `${state}-mirror`);
      log.publish(main, 5);
      for (const served of [
        () => other.read('blocks/1'),
        () => 'null',
        () => '{"header":"","entries":"","bodies":[]}',
        () => main.read('blocks/2'),
      ]) {
        log.override = (path) => (path === 'blocks/1' ? served() : undefined);
        expect((await look(log, state, '--mirror', dir)).exitCode).toBe(3);
      }
      log.override = () => undefined;
      expect((await look(log, state, '--mirror', dir)).exitCode).toBe(0);
      expect(await findingsOf(dir)).toEqual([]);
    },
  );

  it.concurrent('holds a close that the log does not list: what is signed behind it is a fork', async () => {
    const open = History.of([3, 5]).blocks;
    const { head } = open.at(-1)!;
    const event = { createdAt: '2025-01-01T01:00:00.000Z', log: origin, lastSize: head.treeSize + 2 };
    const closing = nextBlock(head, 0, { events: [formatCloseEvent(event)] });
    const behind = nextBlock({ ...closing.head, isClosed: false }, 4);
    const history = History.ofBlocks([...open, closing, behind]);
    const unlisted = (path: string): string | undefined =>
      path.startsWith('events') ? '{"events":[]}' : undefined;
    const [inTime, known] = await start();
    inTime.override = unlisted;
    inTime.publish(history, 3);
    expect((await look(inTime, known, '--mirror', join(cwd, `${known}-mirror`))).exitCode).toBe(0);
    expect(readState(known)).toMatchObject({ close: { leafIndex: head.treeSize } });
    const [late, state] = await start();
    late.override = unlisted;
    late.publish(history);
    const run = await look(late, state, '--mirror', join(cwd, `${state}-mirror`));
    expectFinding(run, state, 10, late.note);
    expect(run.stdout).toContain(`was closed at tree size ${event.lastSize}`);
  });

  it.concurrent('remembers when the state file is lost', async () => {
    const [log, state] = await start();
    const dir = join(cwd, `${state}-mirror`);
    log.publish(main, 3);
    await look(log, state, '--mirror', dir);
    rmSync(join(cwd, state));
    log.publish(other, 5);
    expect((await look(log, state, '--mirror', dir)).exitCode).toBe(10);
  });
});

it('survives 20 kills: state, evidence and mirror are whole, and nothing seen is forgotten', async () => {
  const [log, state] = await start();
  const dir = join(cwd, `${state}-mirror`);
  const long = History.of(Array.from({ length: 90 }, (_, i) => 1 + ((i * 37) % 60)));
  let blocks = 1;
  log.publish(long, blocks);
  const args = [PROGRAM, 'follow', log.url, '--state', state, '--trust', 'trust', '--mirror', dir, '--once'];
  let remembered = 0;
  for (let kill = 0; kill < 20; kill++) {
    log.publish(long, (blocks += 4));
    const child = spawn(process.execPath, args, { cwd, stdio: 'ignore' });
    const exited = once(child, 'exit');
    const asked = log.asked.length;
    await waitFor(() => log.asked.length > asked);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 80));
    child.kill('SIGKILL');
    await exited;
    const { note } = readState(state);
    const size = note === undefined ? 0 : verified(note).treeSize;
    expect(size).toBeGreaterThanOrEqual(remembered);
    remembered = size;
  }
  const run = await look(log, state, '--mirror', dir);
  expect(JSON.parse(run.stdout)).toMatchObject({ outcome: 'holds', blocks });
  expect(await findingsOf(dir)).toEqual([]);
  expect(evidenceOf(state).at(-1)).toBe(log.note);
  expect(new Set(evidenceOf(state)).size).toBe(evidenceOf(state).length);
  expect(readdirSync(cwd).filter((name) => name.startsWith(`${state}.`) && name.endsWith('.json'))).toEqual(
    [],
  );
});
