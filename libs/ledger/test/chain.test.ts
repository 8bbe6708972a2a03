import fc from 'fast-check';
import { portableCrypto } from '@cunzheng/crypto';
import {
  type Block,
  BlockBuilder,
  buildBlock,
  type ChainHead,
  computeEntry,
  createChain,
  ENTRY_SIZE,
  EntryType,
  formatBlockHeader,
  formatOpenEvent,
  LedgerError,
  parseBlockHeader,
  replay,
  verifyBlock,
  type VerifiedBlock,
} from '@cunzheng/ledger';
import {
  chain,
  leavesOf,
  naiveRoot,
  nextBlock,
  openBody,
  origin,
  someEntries,
  splitEntries,
  verifierKey,
} from './support.js';

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof LedgerError) return error.code;
    throw error;
  }
  return 'no error';
}

/** A chain of blocks with the given counts; the open event comes on top of the first. */
function blocksOf(counts: readonly number[]): VerifiedBlock[] {
  const blocks: VerifiedBlock[] = [];
  for (const count of counts) blocks.push(nextBlock(blocks.at(-1)?.head ?? null, count));
  return blocks;
}

const counts = fc
  .tuple(fc.nat(9), fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 8 }))
  .map(([a, b]) => [a, ...b]);

describe('blocks', () => {
  it('form the chain and the tree of a naive implementation', () => {
    fc.assert(
      fc.property(counts, (counts) => {
        const blocks = blocksOf(counts);
        let previous = '0'.repeat(64);
        let size = 0;
        for (const [height, { block, header, head }] of blocks.entries()) {
          const batchRoot = naiveRoot(splitEntries(block.entries)).toString('hex');
          expect(header).toMatchObject({ height, firstIndex: size, previous, batchRoot, log: origin });
          size += block.entries.length / ENTRY_SIZE + 1;
          previous = head.headerHash;
          expect(head.treeSize).toBe(size);
          expect(Buffer.from(head.frontier.root())).toEqual(naiveRoot(leavesOf(blocks.slice(0, height + 1))));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('verify to the state they were built with, on portable crypto too, and in a replay', async () => {
    const blocks = blocksOf([3, 1, 20, 300]);
    for (const crypto of [chain.crypto, portableCrypto]) {
      const roots: unknown[] = [];
      const stored = blocks.map(({ block }) => block);
      for await (const { head } of replay(createChain(crypto, origin), null, stored)) {
        roots.push([head.treeSize, head.headerHash, Buffer.from(head.frontier.root()).toString('hex')]);
      }
      expect(roots).toEqual(
        blocks.map(({ head }) => [
          head.treeSize,
          head.headerHash,
          Buffer.from(head.frontier.root()).toString('hex'),
        ]),
      );
    }
  });

  it('are the same however the entries were sliced, and leave the old head alone', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 6 }), (slices) => {
        const first = nextBlock(null, 5);
        const before = Buffer.from(first.head.frontier.root());
        const total = slices.reduce((sum, count) => sum + count, 1);
        const entries = someEntries(total, 1);
        const builder = new BlockBuilder(chain, first.head);
        let from = 0;
        for (const count of [...slices, 1])
          builder.append(entries.subarray(from * ENTRY_SIZE, (from += count) * ENTRY_SIZE));
        const { createdAt } = first.header;
        const sliced = builder.finish(createdAt);
        const whole = buildBlock(chain, first.head, { createdAt, entries });
        expect(sliced.block.header).toBe(whole.block.header);
        expect(Buffer.from(sliced.block.entries)).toEqual(Buffer.from(entries));
        expect(Buffer.from(first.head.frontier.root())).toEqual(before);
      }),
      { numRuns: 30 },
    );
  });

  it('carry entries of unknown types and events anywhere', () => {
    const first = nextBlock(null, 0);
    const entries = Buffer.from(someEntries(2, 7));
    entries[3] = 0x99;
    const later = Buffer.from(
      JSON.stringify({
        createdAt: '2025-01-01T00:00:00.000Z',
        event: 'revocation',
        format: 'cunzheng/event@v1',
        key: 'x',
        log: origin,
      }),
    );
    const builder = new BlockBuilder(chain, first.head);
    builder.append(entries);
    builder.appendEvent(later);
    const { block } = builder.finish(first.header.createdAt);
    expect(block.bodies).toEqual([{ ordinal: 2, body: later }]);
    expect(verifyBlock(chain, first.head, block).header.count).toBe(3);
  });
});

describe('a block is refused', () => {
  const [zero, one, two] = blocksOf([2, 4, 4]) as [VerifiedBlock, VerifiedBlock, VerifiedBlock];
  const refusal = (head: ChainHead | null, block: Block): string =>
    codeOf(() => verifyBlock(chain, head, block));
  const withHeader = (block: Block, changes: object): Block => ({
    ...block,
    header: formatBlockHeader({ ...parseBlockHeader(block.header), ...changes }),
  });

  it('after another head', () => {
    expect(refusal(null, one.block)).toBe('height-mismatch');
    expect(refusal(zero.head, two.block)).toBe('height-mismatch');
    expect(refusal(zero.head, zero.block)).toBe('height-mismatch');
    expect(refusal({ ...zero.head, treeSize: 99 }, one.block)).toBe('first-index-mismatch');
    expect(refusal({ ...zero.head, headerHash: 'ff'.repeat(32) }, one.block)).toBe('previous-mismatch');
    expect(refusal({ ...zero.head, createdAt: '2999-01-01T00:00:00.000Z' }, one.block)).toBe(
      'created-at-decreases',
    );
  });

  it('of another log', () => {
    expect(
      codeOf(() => verifyBlock(createChain(portableCrypto, 'other.example/logs/x'), null, zero.block)),
    ).toBe('log-mismatch');
  });

  it('whose header counts or commits to other entries', () => {
    expect(refusal(zero.head, withHeader(one.block, { count: 3 }))).toBe('count-mismatch');
    expect(refusal(zero.head, withHeader(one.block, { batchRoot: 'ee'.repeat(32) }))).toBe(
      'batch-root-mismatch',
    );
    for (let at = 4; at < one.block.entries.length; at += 17) {
      const entries = one.block.entries.slice();
      entries[at]! ^= 0x10;
      expect(['batch-root-mismatch', 'entry-invalid', 'body-mismatch', 'entry-type']).toContain(
        refusal(zero.head, { ...one.block, entries }),
      );
    }
  });

  it('with an entry that is none, or a second header', () => {
    const entries = one.block.entries.slice();
    entries[ENTRY_SIZE] = 0;
    expect(refusal(zero.head, { ...one.block, entries })).toBe('entry-invalid');
    const second = computeEntry(chain.crypto, EntryType.block, Buffer.from(one.block.header));
    expect(
      codeOf(() => buildBlock(chain, zero.head, { createdAt: one.header.createdAt, entries: second })),
    ).toBe('entry-type');
    expect(
      codeOf(() =>
        buildBlock(chain, zero.head, { createdAt: one.header.createdAt, entries: new Uint8Array(67) }),
      ),
    ).toBe('entry-invalid');
  });

  it('whose public bodies are missing, superfluous or different', () => {
    const { block } = zero;
    const other = formatOpenEvent({
      createdAt: '2024-01-01T00:00:00.000Z',
      log: origin,
      verifierKeys: [verifierKey],
    });
    expect(refusal(null, { ...block, bodies: [] })).toBe('body-mismatch');
    expect(refusal(null, { ...block, bodies: [...block.bodies, { ordinal: 1, body: openBody }] })).toBe(
      'body-mismatch',
    );
    expect(refusal(null, { ...block, bodies: [{ ordinal: 1, body: openBody }] })).toBe('body-mismatch');
    expect(refusal(null, { ...block, bodies: [{ ordinal: 0, body: other }] })).toBe('body-mismatch');
  });

  it('at height 0 without an open event of this log in front', () => {
    const createdAt = '2025-01-01T00:00:00.000Z';
    const foreign = formatOpenEvent({ createdAt, log: 'other.example/logs/x', verifierKeys: [verifierKey] });
    expect(codeOf(() => buildBlock(chain, null, { createdAt, entries: someEntries(1, 1) }))).toBe(
      'open-missing',
    );
    expect(codeOf(() => buildBlock(chain, null, { createdAt, events: [foreign] }))).toBe('log-mismatch');
    const late = new BlockBuilder(chain, null);
    late.append(someEntries(1, 1));
    late.appendEvent(openBody);
    expect(codeOf(() => late.finish(createdAt))).toBe('open-missing');
    const closing = Buffer.from(openBody).toString().replace('"open"', '"close"');
    expect(codeOf(() => buildBlock(chain, null, { createdAt, events: [Buffer.from(closing)] }))).toBe(
      'open-missing',
    );
  });

  it('when there is nothing in it, or time runs backwards', () => {
    expect(codeOf(() => new BlockBuilder(chain, zero.head).finish(one.header.createdAt))).toBe(
      'header-invalid',
    );
    expect(
      codeOf(() =>
        buildBlock(chain, one.head, { createdAt: zero.header.createdAt, entries: someEntries(1, 1) }),
      ),
    ).toBe('created-at-decreases');
    expect(codeOf(() => buildBlock(chain, zero.head, { createdAt: 'now', entries: someEntries(1, 1) }))).toBe(
      'time-invalid',
    );
  });

  it('if built with an event that belongs in appendEvent', () => {
    const event = computeEntry(chain.crypto, EntryType.event, openBody);
    expect(
      codeOf(() => {
        new BlockBuilder(chain, zero.head).append(event);
      }),
    ).toBe('entry-type');
  });
});
