/** `cunzheng follow --mirror`: the copy is a ledger, holds nothing that is not proven, and survives kills with the rest. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findingsOf } from '../../../libs/ledger/test/support.js';
import { History } from './follow-log.js';
import { runCli } from './run-cli.js';
import { main, other, PROGRAM, useFollowed, verified, waitFor } from './follow-runs.js';

const { cwd, start, look, readState, evidenceOf } = useFollowed();

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
