/** `cunzheng ledger fsck` and `rebuild` on ledgers that were tampered with: the place is named, and the way out works. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openWriter, removeTemporaryDirectories } from '../../../libs/ledger/test/support.js';
import {
  copyLedger,
  edit,
  flip,
  frameOffsets,
  makeLedger,
  segmentFile,
  signedNote,
  sizeOf,
  writeSegment,
  type MadeLedger,
} from './audit-ledger.js';
import { expectOneLineError, runCli, useFolder, type CliRun } from './run-cli.js';

const cwd = useFolder();
let ledger: MadeLedger;

beforeAll(async () => {
  ledger = await makeLedger([200, 300, 1, 250, 40]);
});
afterAll(removeTemporaryDirectories);

const run = (...args: string[]): Promise<CliRun> => runCli(['ledger', ...args], { cwd });

describe('fsck', () => {
  const index = (dir: string): string => join(dir, 'segments', '000000000000.idx');
  type Spoil = (dir: string) => Promise<void>;
  const cases: [string, Spoil, RegExp][] = [
    [
      'a flipped byte of a block',
      (dir) => edit(segmentFile(dir), (bytes) => flip(bytes, frameOffsets(ledger)[2]! + 400)),
      /^error {3}.*\.seg: a frame is not intact at offset \d+, block 2/m,
    ],
    [
      'a truncated segment',
      (dir) => edit(segmentFile(dir), (bytes) => bytes.subarray(0, frameOffsets(ledger)[4]! + 50)),
      /^error {3}.*checkpoint: no block ends at its tree size 797/m,
    ],
    [
      'a dropped block',
      (dir) => writeSegment(dir, ledger.blocks.toSpliced(2, 1)),
      /^error {3}.*\.seg: a frame is out of order at offset \d+, block 2/m,
    ],
    [
      'swapped blocks',
      (dir) => writeSegment(dir, ledger.blocks.with(1, ledger.blocks[2]!).with(2, ledger.blocks[1]!)),
      /^error {3}.*\.seg: a frame is out of order at offset \d+, block 1/m,
    ],
    [
      'a block twice',
      (dir) => writeSegment(dir, ledger.blocks.toSpliced(2, 0, ledger.blocks[1]!)),
      /^error {3}.*\.seg: a frame is out of order at offset \d+, block 2/m,
    ],
    [
      'an edited header, checksums made to fit',
      (dir) => {
        const block = ledger.blocks[2]!;
        const header = block.block.header.replace(':02.000Z', ':02.001Z');
        return writeSegment(dir, ledger.blocks.with(2, { ...block, block: { ...block.block, header } }));
      },
      /^error {3}.*\.seg: block 2 at offset \d+: the stored entry of the header is not that of the header/m,
    ],
    [
      'a flipped byte of a tile',
      (dir) => edit(join(dir, 'tile/0.hashes'), (bytes) => flip(bytes, 8192)),
      /^error {3}.*tile\/0\/001: the tile is not of this tree/m,
    ],
    [
      'a flipped byte of an upper tile',
      (dir) => edit(join(dir, 'tile/1.hashes'), (bytes) => flip(bytes, 0)),
      /^error {3}.*1\.hashes: tile\/1\/000: the tile is not of this tree/m,
    ],
    [
      'a damaged index',
      (dir) => edit(index(dir), (bytes) => flip(bytes, 40)),
      /^warning .*\.idx: not the index of its segment/m,
    ],
    [
      'another checkpoint',
      (dir) => writeFile(join(dir, 'checkpoint'), signedNote(sizeOf(ledger), new Uint8Array(32))),
      /^error {3}.*checkpoint: the blocks give another root hash for its tree size 797/m,
    ],
    [
      'an older ledger under a newer checkpoint',
      (dir) => writeSegment(dir, ledger.blocks.slice(0, 3)),
      /^error {3}.*checkpoint: no block ends at its tree size 797/m,
    ],
  ];

  it.concurrent.each(cases)('1: %s', async (_, spoil, message) => {
    const dir = await copyLedger(ledger);
    await spoil(dir);
    const { exitCode, stdout } = await run('fsck', dir);
    expect(stdout).toMatch(message);
    expect(stdout).toMatch(/^ {8}→ .+/m);
    expect(exitCode).toBe(1);
  });

  it.concurrent('0: clean, a torn end being only a note', async () => {
    const dir = await copyLedger(ledger);
    await edit(segmentFile(dir), (bytes) => Buffer.concat([bytes, bytes.subarray(64, 164)]));
    const { exitCode, stdout } = await run('fsck', dir);
    expect(stdout).toMatch(/^note {4}.*an unfinished frame at offset \d+, block 5/m);
    expect(stdout).toMatch(/^5 blocks, 0 MB: clean, 1 note$/m);
    expect(exitCode).toBe(0);
  });

  it.concurrent('says all of it as JSON, and progress when asked', async () => {
    const dir = await copyLedger(ledger);
    await rm(join(dir, 'tile/0.hashes'));
    const { stdout } = await run('fsck', dir, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      dir,
      clean: false,
      blocks: 5,
      findings: [{ severity: 'error', subject: 'tile', place: { file: join(dir, 'tile/0.hashes') } }],
    });
    expect((await run('fsck', dir, '--progress')).stderr).toMatch(/MB\/s/);
  });

  it.concurrent('2: where there is no ledger', async () => {
    expectOneLineError(await run('fsck', 'nowhere'), 2, /nowhere is no directory of a ledger/);
  });
});

describe('rebuild', () => {
  it('puts tiles and indexes right', async () => {
    const dir = await copyLedger(ledger);
    await edit(join(dir, 'tile/0.hashes'), (bytes) => flip(bytes, 9));
    await edit(join(dir, 'segments/000000000000.idx'), (bytes) => flip(bytes, 40));
    const { exitCode, stdout } = await run('rebuild', dir, '--tiles', '--indexes');
    expect(stdout).toMatch(/^indexes: all as the segments give them\ntiles: all as the blocks give them$/m);
    expect(exitCode).toBe(0);
    expect((await run('fsck', dir)).exitCode).toBe(0);
    for (const file of [
      'tile/0.hashes',
      'segments/000000000000.idx',
      'segments/000000000000.seg',
      'checkpoint',
    ]) {
      expect(await readFile(join(dir, file))).toEqual(await readFile(join(ledger.dir, file)));
    }
  });

  it('1: of a ledger that is damaged itself leaves it as it is', async () => {
    const dir = await copyLedger(ledger);
    await edit(segmentFile(dir), (bytes) => flip(bytes, frameOffsets(ledger)[2]! + 400));
    const before = await readFile(segmentFile(dir));
    const { exitCode, stdout, stderr } = await run('rebuild', dir, '--tiles');
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^cunzheng: .*block 2.*cunzheng ledger fsck .* shows all that is wrong$/m);
    expect(await readFile(segmentFile(dir))).toEqual(before);
  });

  it('3: while another writer holds the ledger; 2: without saying what', async () => {
    const dir = await copyLedger(ledger);
    const writer = await openWriter(dir);
    expectOneLineError(
      await run('rebuild', dir, '--indexes'),
      3,
      /another writer holds the ledger: process \d+ on .*: stop the worker of/,
    );
    await writer.close();
    expectOneLineError(await run('rebuild', dir), 2, /say what to rebuild: --tiles, --indexes or both/);
    expectOneLineError(await run('rebuild', 'nowhere', '--tiles'), 2, /is no directory of a ledger/);
  });
});
