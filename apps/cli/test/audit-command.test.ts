/** The command `cunzheng audit`: what it prints, where its trust comes from, what it exits with. */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { origin, removeTemporaryDirectories } from '../../../libs/ledger/test/support.js';
import {
  copyLedger,
  edit,
  flip,
  makeLedger,
  serveLedger,
  strangerFiles,
  trustFiles,
  vkeyOf,
  witnessedFiles,
  writeTrust,
  type MadeLedger,
} from './audit-ledger.js';
import { expectOneLineError, runCli, useFolder, type CliRun } from './run-cli.js';

const cwd = useFolder();
let ledger: MadeLedger;

beforeAll(async () => {
  // Full and partial tiles on two levels.
  ledger = await makeLedger([200, 300, 1, 250, 40]);
  await writeTrust(join(cwd, 'trust'), trustFiles);
});

afterAll(removeTemporaryDirectories);

describe('the command', () => {
  const audit = (args: readonly string[], env: Record<string, string> = {}): Promise<CliRun> =>
    runCli(['audit', ...args], { cwd, env });

  it('prints what was established and what was not, exit code 0', async () => {
    const { exitCode, stdout } = await audit([ledger.dir, '--trust', 'trust']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^log {7}log\.example\/logs\/test$/m);
    expect(stdout).toMatch(/^replayed {2}797 entries in [\d.]+ s, [\d,]+ entries\/s$/m);
    expect(stdout).toMatch(/^ {2}✓ 5 blocks in one chain/m);
    expect(stdout).toMatch(
      /^ {2}✓ 797 entries, each where its block says: 791 records, 1 log event \(open\)/m,
    );
    expect(stdout).toMatch(/^ {2}– what the records say: their bodies are private/m);
    expect(stdout).toMatch(/rests on the operator alone/);
    // The test's opening event has a key that nobody holds.
    expect(stdout).toMatch(/its opening names others/);
    expect(stdout).toMatch(/^audit: clean; tree size 797, root [0-9a-f]{64}$/m);
  });

  it('1: findings, each with its place and the way out', async () => {
    const dir = await copyLedger(ledger);
    await edit(join(dir, 'tile/0.hashes'), (bytes) => flip(bytes, 8192 + 1));
    const { exitCode, stdout } = await audit([dir, '--trust', 'trust']);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /^ {2}✗ tile\/0\/001: the hash of entry 256 is not what the blocks give\n {4}→ cunzheng ledger rebuild/m,
    );
    expect(stdout).toMatch(/^audit: 1 finding$/m);
    const run = await audit([dir, '--trust', 'trust', '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({
      log: origin,
      findings: [{ subject: 'tile', place: { tile: 'tile/0/001', leafIndex: 256 } }],
      conclusion: '1 finding',
    });
  });

  it('3: without trust everything is replayed and no signature is checked', async () => {
    const { exitCode, stdout } = await audit([ledger.dir]);
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/^ {2}✓ they make the tree of root/m);
    expect(stdout).toMatch(/no trust was given, signatures are not checked; give --trust DIR/);
    expect(stdout).toMatch(/^audit: consistent, but nobody's/m);
    expectOneLineError(await audit([ledger.dir, '--trust', 'nowhere']), 3, /no trust/);
  });

  it('1: a key of the same name that did not sign; 3: a trust that does not know the log', async () => {
    const stranger = await writeTrust(join(cwd, 'stranger'), strangerFiles);
    const signedByOther = await audit([ledger.dir, '--trust', stranger]);
    expect(signedByOther.exitCode).toBe(1);
    expect(signedByOther.stdout).toMatch(
      /✗ the newest checkpoint: no known key signed the note \(note-unsigned\)/,
    );
    const policy = trustFiles.policy.replace(/^log .*/m, `log ${vkeyOf('other.example/logs/x').vkey}`);
    const other = await writeTrust(join(cwd, 'other'), { ...trustFiles, policy });
    const { exitCode, stdout } = await audit([ledger.dir, '--trust', other]);
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/your policy has no key of log\.example\/logs\/test/);
  });

  it('3: a policy that asks for witnesses, and there are none', async () => {
    const dir = await writeTrust(join(cwd, 'witnessed'), witnessedFiles);
    const { exitCode, stdout } = await audit([ledger.dir, '--trust', dir]);
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(/^audit: consistent, but without the witnesses/m);
  });

  it('reads a service, and shows progress when asked', async () => {
    const service = await serveLedger(ledger);
    try {
      const { exitCode, stdout, stderr } = await audit([`${service.url}/`, '--trust', 'trust', '--progress']);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/4 entry bundles compared/);
      expect(stdout).toMatch(/✓ the lists blocks and events leave nothing out/);
      expect(stderr).toMatch(/entries\/s/);
    } finally {
      await service.close();
    }
  });

  it('compares with a checkpoint that was kept', async () => {
    await writeFile(join(cwd, 'kept.txt'), ledger.notes.get(505)!);
    const { exitCode } = await audit([ledger.dir, '--trust', 'trust', '--checkpoint', 'kept.txt']);
    expect(exitCode).toBe(0);
  });

  it('2: what is no log; 3: nobody there', async () => {
    expectOneLineError(await audit(['nowhere']), 2, /nowhere is no directory of a ledger/);
    expectOneLineError(await audit(['http://user@log.example/logs/x']), 2, /is no address of a log/);
    expectOneLineError(await audit([ledger.dir, '--checkpoint', 'nowhere']), 2, /nowhere does not exist/);
    const { exitCode, stdout } = await audit(['http://127.0.0.1:1/logs/x']);
    expect(exitCode).toBe(3);
    expect(stdout).toMatch(
      /^audit: not finished: http:\/\/127\.0\.0\.1:1\/logs\/x does not answer for checkpoint/m,
    );
  });

  it('leaves no file behind', async () => {
    expect((await readdir(ledger.dir)).sort()).toEqual(['checkpoint', 'segments', 'tile', 'tmp']);
  });
});
