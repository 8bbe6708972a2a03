/**
 * The auditor's and the operator's commands on the real service, beside its running worker: audit by address and by
 * directory, receipts against a copy of the ledger, fsck, and a rebuild that is refused.
 */
import { readFileSync } from 'node:fs';
import { cp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@test/eventually.js';
import { edit, flip } from './audit-ledger.js';
import { expectOneLineError, runCli, useFolder, type CliRun } from './run-cli.js';
import { startService, type SupervisedService } from './supervised-service.js';

const cwd = useFolder();
const files = ['a.txt', 'b.txt', 'c.txt'];
const ledgerDir = join(cwd, 'data', 'ledger');
let service: SupervisedService;
let logName: string;
/** Copies of the ledger before and after the last receipt. */
const [older, newer] = [join(cwd, 'older'), join(cwd, 'newer')];

const run = (...args: string[]): Promise<CliRun> => runCli(args, { cwd, env: service.env });

/** Copies the ledger once the receipts' checkpoints are published: there are receipts a moment before. */
async function copyWith(notarized: readonly string[], copy: string): Promise<void> {
  const sizeOf = (note: string): number => Number(note.split('\n')[1]);
  const sizes = notarized.map((file) => {
    const receipt = readFileSync(join(cwd, `${file}.receipt.json`), 'utf8');
    return sizeOf((JSON.parse(receipt) as { checkpoint: string }).checkpoint);
  });
  const live = join(ledgerDir, logName);
  const publishedSize = (): number => sizeOf(readFileSync(join(live, 'checkpoint'), 'utf8'));
  await eventually('the checkpoint is published', () => publishedSize() >= Math.max(...sizes));
  await cp(live, copy, { recursive: true });
}

beforeAll(async () => {
  service = await startService(cwd, 'firm');
  for (const file of files) await writeFile(join(cwd, file), file);
  const [a, b, c] = files as [string, string, string];
  await run('notarize', a, b);
  [logName] = (await readdir(ledgerDir)) as [string];
  await copyWith([a, b], older);
  await run('notarize', c);
  await copyWith([c], newer);
});

describe('audit', () => {
  it('of the service by its address is clean and complete', async () => {
    const { exitCode, stdout } = await run(
      'audit',
      `${service.url}/logs/${logName}`,
      '--trust',
      service.trustDir,
      '--json',
    );
    expect(JSON.parse(stdout)).toMatchObject({
      findings: [],
      unfinished: null,
      isReplayed: true,
      contents: { records: 3, events: 1, eventKinds: { open: 1 } },
      lists: ['blocks', 'events'],
    });
    expect(stdout).not.toMatch(/its opening names others/);
    expect(exitCode).toBe(0);
  });

  it('of its folder of ledgers is clean too', async () => {
    const { exitCode, stdout } = await run('audit', ledgerDir, '--trust', service.trustDir);
    expect(stdout).toMatch(/^audit: clean/m);
    expect(exitCode).toBe(0);
  });

  it('of an older copy is found out by the newer checkpoint', async () => {
    const args = ['--trust', service.trustDir, '--checkpoint', join(newer, 'checkpoint')];
    const { exitCode, stdout } = await run('audit', older, ...args);
    expect(stdout).toMatch(/✗ .*newer\/checkpoint is of tree size \d+, the log ends at \d+: it was set back/);
    expect(exitCode).toBe(1);
  });
});

describe('verify --ledger', () => {
  const verify = (file: string, copy: string, ...more: string[]): Promise<CliRun> =>
    run(
      'verify',
      file,
      '--receipt',
      `${file}.receipt.json`,
      '--trust',
      service.trustDir,
      '--ledger',
      copy,
      ...more,
    );

  it('0: the record, its block and the root stand in the copy', async () => {
    for (const copy of [newer, ledgerDir]) {
      const { exitCode, stdout } = await verify('a.txt', copy);
      expect(stdout).toMatch(
        /^ledger: ✓ .*: entry \d+ stands in block \d+, and the root at tree size \d+ is the receipt's$/m,
      );
      expect(exitCode).toBe(0);
    }
    const { stdout } = await verify('c.txt', newer, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'holds', ledger: { status: 'passed', dir: newer } });
  });

  it('3: a copy that is too old, or of another log, cannot tell', async () => {
    const { exitCode, stdout } = await verify('c.txt', older);
    expect(stdout).toMatch(
      /^ledger: – .*: not checked: the copy ends at tree size \d+, the receipt's checkpoint is of \d+/m,
    );
    expect(exitCode).toBe(3);
  });

  it('1: a copy with another tree, another entry', async () => {
    const copy = join(cwd, 'tampered');
    await cp(newer, copy, { recursive: true });
    await edit(join(copy, 'tile', '0.hashes'), (bytes) => flip(bytes, 0));
    const { exitCode, stdout } = await verify('c.txt', copy);
    expect(stdout).toMatch(/^ledger: ✗ .*: failed: the copy's root at tree size \d+ is [0-9a-f]{64}/m);
    expect(exitCode).toBe(1);
  });

  it('2: where there is no ledger', async () => {
    expectOneLineError(await verify('c.txt', 'nowhere'), 2, /nowhere is no directory of a ledger/);
  });
});

describe('ledger', () => {
  it('fsck runs beside the worker', async () => {
    const { exitCode, stdout } = await run('ledger', 'fsck', join(ledgerDir, logName));
    expect(stdout).toMatch(/^\d+ blocks, 0 MB: clean/m);
    expect(exitCode).toBe(0);
  });

  it('rebuild is refused while the worker holds the ledger: 3', async () => {
    const refused = await run('ledger', 'rebuild', join(ledgerDir, logName), '--tiles');
    expectOneLineError(refused, 3, /another writer holds the ledger: process \d+ on .*: stop the worker/);
  });

  it('rebuild of a copy, whose lock nobody holds any more, makes tiles and indexes anew', async () => {
    const copy = join(cwd, 'rebuilt');
    await cp(newer, copy, { recursive: true });
    await rm(join(copy, 'lock'));
    await rm(join(copy, 'tile'), { recursive: true });
    await rm(join(copy, 'segments', '000000000000.idx'));
    const spoilt = await run('ledger', 'fsck', copy);
    expect(spoilt.stdout).toMatch(/^error {3}.*the tile is missing/m);
    expect(spoilt.stdout).toMatch(/^ {8}→ stop the worker, then: cunzheng ledger rebuild .* --indexes$/m);
    expect(spoilt.exitCode).toBe(1);
    const { exitCode, stdout } = await run('ledger', 'rebuild', copy, '--tiles', '--indexes');
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^tiles: /m) as string,
    });
    expect((await run('ledger', 'fsck', copy)).exitCode).toBe(0);
    expect(await readdir(copy)).not.toContain('lock');
  });
});
