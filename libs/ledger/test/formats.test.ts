import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { portableCrypto } from '@cunzheng/crypto';
import { ENTRY_SIZE, parseBlockHeader, parseOpenEvent, replay, type Block } from '@cunzheng/ledger';
import { openLedgerWriter } from '@cunzheng/ledger/node';
import { exampleBlocks, exampleChain, exampleOpenEvent, exampleOrigin, hexDump } from './example-ledger.js';
import {
  findingsOf,
  leavesOf,
  naiveRoot,
  removeTemporaryDirectories,
  splitEntries,
  temporaryDirectory,
} from './support.js';

afterAll(removeTemporaryDirectories);

const testdata = (name: string): Promise<string> => readFile(join(__dirname, '../testdata', name), 'utf8');
const page = (name: string): Promise<string> =>
  readFile(join(__dirname, '../../../docs/formats', name), 'utf8');
const blocks = exampleBlocks();

describe('the example of docs/formats', () => {
  it('has the entries of entry.md', async () => {
    const entries = await testdata('entries.txt');
    expect(
      leavesOf(blocks)
        .map((leaf) => Buffer.from(leaf).toString('hex'))
        .join('\n'),
    ).toBe(entries.trimEnd());
    const event = await testdata('open-event.json');
    expect(Buffer.from(exampleOpenEvent).toString()).toBe(event);
    expect(parseOpenEvent(Buffer.from(event)).operator).toEqual({ name: '示例存证' });
    expect(await page('entry.md')).toContain(`\n${entries.trimEnd()}\n`);
    expect(await page('event.md')).toContain(`\n${event}\n`);
  });

  it('has the headers of block.md, whose hashes a naive reader can repeat', async () => {
    for (const [height, { block, header, head }] of blocks.entries()) {
      const text = await testdata(`block-${height}.json`);
      expect(block.header).toBe(text);
      expect(parseBlockHeader(text)).toEqual(header);
      expect(header.batchRoot).toBe(naiveRoot(splitEntries(block.entries)).toString('hex'));
      const root = naiveRoot(leavesOf(blocks.slice(0, height + 1))).toString('base64');
      for (const want of [text, head.headerHash, root]) expect(await page('block.md')).toContain(want);
    }
  });

  it('is replayed from the headers and entries in testdata alone', async () => {
    const leaves = (await testdata('entries.txt'))
      .trim()
      .split('\n')
      .map((line) => Buffer.from(line, 'hex'));
    const event = Buffer.from(await testdata('open-event.json'));
    const stored: Block[] = [];
    for (const height of [0, 1]) {
      const header = await testdata(`block-${height}.json`);
      const { firstIndex, count } = parseBlockHeader(header);
      const bodies = height === 0 ? [{ ordinal: 0, body: event }] : [];
      stored.push({ header, entries: Buffer.concat(leaves.slice(firstIndex, firstIndex + count)), bodies });
    }
    const sizes: number[] = [];
    for await (const { head, headerEntry } of replay(exampleChain, null, stored)) {
      sizes.push(head.treeSize);
      expect(Buffer.from(headerEntry)).toEqual(leaves[head.treeSize - 1]);
    }
    expect(sizes).toEqual([4, 6]);
  });

  it('is in the files of ledger.md byte for byte, and testdata opens as a ledger', async () => {
    const written = await temporaryDirectory();
    const writer = await openLedgerWriter({ dir: written, origin: exampleOrigin, crypto: portableCrypto });
    for (const block of blocks) await writer.appendBlock(block);
    await writer.close();
    const restored = await temporaryDirectory();
    await mkdir(join(restored, 'segments'));
    for (const name of ['000000000000.seg', '000000000000.idx']) {
      const dump = (await testdata(`${name}.txt`)).trimEnd();
      expect(hexDump(await readFile(join(written, 'segments', name)))).toBe(dump);
      expect(await page('ledger.md')).toContain(`\n${dump}\n`);
      const bytes = Buffer.from(dump.replaceAll(/^.*: | |\n/gm, ''), 'hex');
      await writeFile(join(restored, 'segments', name), bytes);
    }
    expect(await findingsOf(restored)).toEqual([]);
    const reopened = await openLedgerWriter({ dir: restored, origin: exampleOrigin, crypto: portableCrypto });
    expect(reopened.head?.treeSize).toBe(leavesOf(blocks).length);
    expect((await reopened.readBlock(0)).entries).toHaveLength(3 * ENTRY_SIZE);
    await reopened.close();
  });
});
