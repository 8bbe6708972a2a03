/** The end of a log: `close` is its last entry and says its size, and neither writer nor reader goes on behind it. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Block,
  type ChainHead,
  computeEntry,
  EntryType,
  formatBlockHeader,
  formatCloseEvent,
  formatKeyChangeEvent,
  LedgerError,
  parseBlockHeader,
  verifyBlock,
} from '@cunzheng/ledger';
import { formatFrame } from '../src/node/segment-format.js';
import {
  appendAll,
  chain,
  findingsOf,
  naiveRoot,
  nextBlock,
  noteFor,
  origin,
  quickDirectory,
  removeTemporaryDirectories,
  someEntries,
  splitEntries,
  verifierKey,
  withWriter,
} from './support.js';

afterAll(removeTemporaryDirectories);

const createdAt = '2025-01-01T01:00:00.000Z';
const close = (lastSize: number): Uint8Array =>
  formatCloseEvent({ createdAt, log: origin, lastSize, next: 'log.example/logs/next' });
const keyChange = (lastSize: number): Uint8Array =>
  formatKeyChangeEvent({ createdAt, log: origin, lastSize, verifierKeys: [verifierKey] });

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof LedgerError) return error.code;
    throw error;
  }
  return 'no error';
}

/** A block of the given entries as somebody without our builder would make it. */
function forgedBlock(
  head: ChainHead,
  entries: readonly { entry: Uint8Array; body?: Uint8Array }[],
): { block: Block; headerEntry: Uint8Array } {
  const bytes = Buffer.concat(entries.map(({ entry }) => entry));
  const header = formatBlockHeader({
    batchRoot: naiveRoot(splitEntries(bytes)).toString('hex'),
    count: entries.length,
    createdAt,
    firstIndex: head.treeSize,
    format: 'cunzheng/block@v1',
    height: head.height + 1,
    log: origin,
    previous: head.headerHash,
  });
  const bodies = entries.flatMap(({ body }, ordinal) => (body === undefined ? [] : [{ ordinal, body }]));
  const headerEntry = computeEntry(chain.crypto, EntryType.block, Buffer.from(header));
  return { block: { header, entries: bytes, bodies }, headerEntry };
}

const eventEntry = (body: Uint8Array): { entry: Uint8Array; body: Uint8Array } => ({
  entry: computeEntry(chain.crypto, EntryType.event, body),
  body,
});

describe('the end of a log', () => {
  const { head } = nextBlock(null, 2);
  // Open event, two records, header; then one entry and a header.
  const lastSize = head.treeSize + 2;

  it('is a close with the size of its tree, as the last entry of its block', () => {
    const last = nextBlock(head, 0, { events: [close(lastSize)], createdAt });
    expect([head.isClosed, last.head.isClosed, last.head.treeSize]).toEqual([false, true, lastSize]);
    expect(verifyBlock(chain, head, last.block).head.isClosed).toBe(true);
    const [record] = splitEntries(someEntries(1, 9));
    const after = forgedBlock(head, [eventEntry(close(lastSize + 1)), { entry: record! }]);
    expect(codeOf(() => verifyBlock(chain, head, after.block))).toBe('log-closed');
    const before = forgedBlock(head, [{ entry: record! }, eventEntry(close(lastSize + 1))]);
    expect(verifyBlock(chain, head, before.block).head.isClosed).toBe(true);
    const twice = forgedBlock(head, [eventEntry(close(lastSize + 1)), eventEntry(close(lastSize + 1))]);
    expect(codeOf(() => verifyBlock(chain, head, twice.block))).toBe('log-closed');
  });

  it.each([-1, 1])('is refused where close or key-change are off by %i', (by) => {
    for (const body of [close(lastSize + by), keyChange(lastSize + by)]) {
      expect(codeOf(() => nextBlock(head, 0, { events: [body], createdAt }))).toBe('last-size-mismatch');
      const { block } = forgedBlock(head, [eventEntry(body)]);
      expect(codeOf(() => verifyBlock(chain, head, block))).toBe('last-size-mismatch');
    }
    expect(nextBlock(head, 0, { events: [keyChange(lastSize)], createdAt }).head.isClosed).toBe(false);
  });

  it('has no block after it, neither built nor verified', () => {
    const closed = nextBlock(head, 0, { events: [close(lastSize)], createdAt }).head;
    expect(codeOf(() => nextBlock(closed, 1, { createdAt }))).toBe('log-closed');
    const [record] = splitEntries(someEntries(1, 9));
    const { block } = forgedBlock(closed, [{ entry: record! }]);
    expect(codeOf(() => verifyBlock(chain, closed, block))).toBe('log-closed');
  });
});

/** A ledger of two blocks and the closing one, all steps done. */
async function closedLedger(): Promise<{ dir: string; closed: ChainHead }> {
  const dir = await quickDirectory();
  let closed: ChainHead | null = null;
  await withWriter(dir, async (writer) => {
    await appendAll(writer, 3);
    await appendAll(writer, 2);
    const body = close(writer.head!.treeSize + 2);
    const { head, rootHash } = await writer.appendBlock(
      nextBlock(writer.head, 0, { events: [body], createdAt }),
    );
    await writer.writeTiles();
    await writer.publishCheckpoint(noteFor(head.treeSize, rootHash));
    closed = writer.head;
  });
  return { dir, closed: closed! };
}

describe('a closed ledger', () => {
  it('is clean, and takes no block, also after it was opened again', async () => {
    const { dir, closed } = await closedLedger();
    expect(await findingsOf(dir)).toEqual([]);
    const [record] = splitEntries(someEntries(1, 9));
    const { block } = forgedBlock(closed, [{ entry: record! }]);
    await withWriter(dir, async (writer) => {
      expect(writer.head).toMatchObject({ isClosed: true, treeSize: closed.treeSize });
      await expect(writer.appendBlock(block)).rejects.toMatchObject({ code: 'log-closed' });
    });
  });

  it('with a block behind the close is an error of fsck, which names the block', async () => {
    const { dir, closed } = await closedLedger();
    const [record] = splitEntries(someEntries(1, 9));
    const { block, headerEntry } = forgedBlock(closed, [{ entry: record! }]);
    const names = (await readdir(join(dir, 'segments'))).filter((name) => name.endsWith('.seg'));
    const file = join(dir, 'segments', names.sort().at(-1)!);
    const verified = { block, headerEntry, header: parseBlockHeader(block.header) };
    await writeFile(
      file,
      Buffer.concat([await readFile(file), formatFrame(verified as Parameters<typeof formatFrame>[0])]),
    );
    const findings = await findingsOf(dir);
    expect(findings.map(({ message }) => message).join('\n')).toContain(
      `log-closed: block ${closed.height + 1}: block ${closed.height} closed the log`,
    );
  });
});
