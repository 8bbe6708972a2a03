/** Audits of a directory: a clean one, and every way of tampering with its files. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatBlockHeader, formatErasureEvent, formatTime, type VerifiedBlock } from '@cunzheng/ledger';
import { nextBlock, origin, removeTemporaryDirectories } from '../../../libs/ledger/test/support.js';
import {
  copyLedger,
  edit,
  flip,
  frameOffsets,
  logVerifierKey,
  makeLedger,
  segmentFile,
  signedNote,
  sizeOf,
  trust,
  writeSegment,
  type MadeLedger,
} from './audit-ledger.js';
import { auditDirectory } from './audit-run.js';

let ledger: MadeLedger;

beforeAll(async () => {
  // Full and partial tiles on two levels.
  ledger = await makeLedger([200, 300, 1, 250, 40]);
});

afterAll(removeTemporaryDirectories);

describe('a clean log', () => {
  it('from a directory', async () => {
    const result = await auditDirectory(ledger.dir);
    expect(result).toMatchObject({
      findings: [],
      unfinished: null,
      isReplayed: true,
      isTrusted: true,
      blocks: 5,
      entries: sizeOf(ledger),
      rootHash: Buffer.from(ledger.blocks.at(-1)!.head.frontier.root()).toString('hex'),
      checkpoints: { compared: 1, signed: 1, witnessedSize: null },
      tiles: 5,
      entryBundles: null,
      lists: [],
    });
    expect(result.contents.counts).toEqual({ records: 791, events: 1, auditHeads: 0, unknown: 0 });
  });
});

/** What is done to a copy, and what the audit says of it. */
type Spoil = (dir: string) => Promise<void>;
const inSegment =
  (change: (bytes: Buffer, offsets: number[]) => Buffer): Spoil =>
  (dir) =>
    edit(segmentFile(dir), (bytes) => change(bytes, frameOffsets(ledger)));
const withBlocks =
  (change: (blocks: VerifiedBlock[]) => VerifiedBlock[]): Spoil =>
  (dir) =>
    writeSegment(dir, change([...ledger.blocks]));

describe('a directory that was tampered with', () => {
  const cases: [string, Spoil, RegExp, object][] = [
    [
      'a flipped byte of a block',
      inSegment((bytes, offsets) => flip(bytes, offsets[2]! + 400)),
      /000000000000\.seg: the frame is not intact at offset \d+, block 2/,
      { subject: 'block', place: { height: 2, offset: expect.any(Number) as number } },
    ],
    [
      'a truncated segment',
      inSegment((bytes, offsets) => bytes.subarray(0, offsets[3]! + 100)),
      /block 3/,
      { subject: 'block', place: { height: 3 } },
    ],
    [
      'a dropped block',
      withBlocks((blocks) => blocks.toSpliced(2, 1)),
      /no block 2/,
      { subject: 'block', place: { height: 2 } },
    ],
    [
      'two blocks swapped',
      withBlocks(([a, b, c, d, e]) => [a!, c!, b!, d!, e!]),
      /no block 1/,
      { subject: 'block', place: { height: 1 } },
    ],
    [
      'a block twice',
      withBlocks(([a, b, c, d, e]) => [a!, b!, b!, c!, d!, e!]),
      /no block 2/,
      { subject: 'block', place: { height: 2 } },
    ],
    [
      'a header edited, checksums made to fit',
      withBlocks((blocks) =>
        blocks.with(1, withHeader(blocks[1]!, { createdAt: '2025-01-01T00:00:01.001Z' })),
      ),
      /block 1: entry 502 is not that of its header/,
      {},
    ],
    [
      'a block made anew with other entries, checksums made to fit',
      withBlocks((blocks) => {
        const other = nextBlock(blocks[3]!.head, 40, { entries: blocks[2]!.block.entries });
        return blocks.with(4, other);
      }),
      /checkpoint has the root|tile/,
      {},
    ],
    [
      'a flipped byte of a full tile',
      (dir) => edit(join(dir, 'tile/0.hashes'), (bytes) => flip(bytes, 8192 + 5 * 32)),
      /tile\/0\/001: the hash of entry 261 is not what the blocks give/,
      { subject: 'tile', place: { tile: 'tile/0/001', leafIndex: 261 } },
    ],
    [
      'a flipped byte of an upper tile',
      (dir) => edit(join(dir, 'tile/1.hashes'), (bytes) => flip(bytes, 40)),
      /tile\/1\/000\.p\/3 is not of the tree/,
      { subject: 'tile', place: { tile: 'tile/1/000.p/3' } },
    ],
    [
      'a missing tile',
      (dir) => rm(join(dir, 'tile/0.hashes')),
      /no tile tile\/0\/000/,
      { subject: 'tile', wayOut: expect.stringMatching(/ledger rebuild .* --tiles/) as string },
    ],
    [
      'a checkpoint with another root',
      (dir) => writeFile(join(dir, 'checkpoint'), signedNote(sizeOf(ledger), new Uint8Array(32))),
      /the newest checkpoint has the root 0{64} for tree size \d+, the blocks give/,
      { subject: 'checkpoint', place: { treeSize: 797 } },
    ],
    [
      'a checkpoint whose signature was changed',
      (dir) =>
        edit(join(dir, 'checkpoint'), (bytes) =>
          Buffer.from(bytes.toString().replace(/(.)(.)=*\n$/, 'AA==\n')),
        ),
      /the newest checkpoint: .*\(note-malformed\)/,
      { subject: 'checkpoint' },
    ],
    [
      'a checkpoint inside a block',
      (dir) => writeFile(join(dir, 'checkpoint'), signedNote(300, new Uint8Array(32))),
      /no block ends at tree size 300/,
      { subject: 'checkpoint', place: { treeSize: 300 } },
    ],
    [
      'an older ledger under the newest checkpoint',
      withBlocks((blocks) => blocks.slice(0, 3)),
      /the ledger has no block 3/,
      { subject: 'block', place: { height: 3 } },
    ],
  ];

  it.each(cases)('%s', async (_, spoil, message, finding) => {
    const dir = await copyLedger(ledger);
    await spoil(dir);
    const { findings } = await auditDirectory(dir);
    expect(findings[0]).toMatchObject({ message: expect.stringMatching(message) as string, ...finding });
    expect(findings[0]?.wayOut).not.toBe('');
  });

  it('by putting back an older ledger with its checkpoint: shown by a checkpoint that was kept', async () => {
    const dir = await copyLedger(ledger);
    const older = ledger.blocks[2]!.head.treeSize;
    await withBlocks((blocks) => blocks.slice(0, 3))(dir);
    await rm(join(dir, 'tile'), { recursive: true });
    const old = await makeLedger([200, 300, 1]);
    expect((await auditDirectory(old.dir)).findings).toEqual([]);
    const kept = [{ name: 'kept.txt', note: ledger.notes.get(sizeOf(ledger))! }];
    const { findings } = await auditDirectory(old.dir, { kept });
    expect(findings).toMatchObject([
      {
        message: `kept.txt is of tree size ${sizeOf(ledger)}, the log ends at ${older}: it was set back`,
        place: { treeSize: sizeOf(ledger) },
      },
    ]);
  });

  it('by rewriting it: shown by a checkpoint that was kept', async () => {
    const other = await makeLedger([200, 299, 2, 250, 40]);
    const size = ledger.blocks[2]!.head.treeSize;
    const { findings } = await auditDirectory(other.dir, {
      kept: [{ name: 'kept.txt', note: ledger.notes.get(size)! }],
    });
    expect(findings).toMatchObject([
      { message: expect.stringMatching(/^kept\.txt has the root/) as string, place: { treeSize: size } },
    ]);
  });

  it('by a key after the end of its window', async () => {
    const keyWindows = (toSize: number) => [{ vkey: logVerifierKey.vkey, toSize }];
    const within = { trust: { ...trust, keyWindows: keyWindows(sizeOf(ledger)) } };
    expect((await auditDirectory(ledger.dir, within)).findings).toEqual([]);
    const { findings } = await auditDirectory(ledger.dir, {
      trust: { ...trust, keyWindows: keyWindows(700) },
    });
    expect(findings[0]?.message).toMatch(
      /the newest checkpoint: the log key may not sign a checkpoint of size 797/,
    );
  });

  it('everywhere: it ends after a hundred findings and says so', async () => {
    const many = await makeLedger([26_000]);
    const dir = await copyLedger(many);
    for (let i = 0; i < 101; i++) {
      await edit(join(dir, 'tile/0.hashes'), (bytes) => flip(bytes, 8192 * i));
    }
    const { findings, unfinished } = await auditDirectory(dir);
    expect({ count: findings.length, unfinished }).toEqual({
      count: 100,
      unfinished: 'it ended after 100 findings',
    });
  });

  it('in several places: each is found', async () => {
    const dir = await copyLedger(ledger);
    await inSegment((bytes, offsets) => flip(flip(bytes, offsets[1]! + 400), offsets[3]! + 400))(dir);
    const { findings, isReplayed } = await auditDirectory(dir);
    expect(findings.map(({ place }) => place.height)).toEqual([1, 3]);
    expect(isReplayed).toBe(false);
  });
});

function withHeader(block: VerifiedBlock, change: object): VerifiedBlock {
  const header = { ...block.header, ...change };
  return { ...block, header, block: { ...block.block, header: formatBlockHeader(header) } };
}

it('an event that says a time which is not that of its place in the log', async () => {
  // Block 2 is two seconds after block 0.
  const block = Date.parse('2025-01-01T00:00:02.000Z');
  const eventAt = (ms: number): Uint8Array =>
    formatErasureEvent({ createdAt: formatTime(block + ms), log: origin, count: 1 });
  const events = [-301_001, -301_000, 0, 300_000, 300_001].map(eventAt);
  const dated = await makeLedger([1, 1, 0, 1], undefined, new Map([[2, events]]));
  const { findings } = await auditDirectory(dated.dir);
  const first = dated.blocks[2]!.header.firstIndex;
  expect(findings.map(({ subject, message, place }) => [subject, message, place])).toEqual([
    [
      'event',
      expect.stringContaining('more than 300 s before the block before its own, 2025-01-01T00:00:01.000Z'),
      { height: 2, leafIndex: first },
    ],
    [
      'event',
      expect.stringContaining('more than 300 s after its block, 2025-01-01T00:00:02.000Z'),
      { height: 2, leafIndex: first + 4 },
    ],
  ]);
});
