/** The whole-log check that follows every step of a sequencer test: files, chain, tree, database and receipts agree. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { parseEntry, EntryType } from '@cunzheng/ledger';
import { fsck, openLedgerReader } from '@cunzheng/ledger/node';
import { eventually } from './eventually.js';
import { type Evidence } from './evidence.js';
import { type HttpClient } from './http-client.js';
import { receiptOf, verifiersFor } from './receipts.js';
import { type TestStack } from './stack.js';

const ENTRY_SIZE = 68;

/** Blocks of the ledger in order: header text and the entries as hex. */
export interface LedgerBlock {
  readonly header: string;
  readonly entries: readonly string[];
}

export async function readLedger(directory: string): Promise<LedgerBlock[]> {
  const reader = await openLedgerReader({ dir: directory });
  try {
    const tip = await reader.readTip();
    const blocks: LedgerBlock[] = [];
    for (let height = 0; height <= (tip?.height ?? -1); height += 1) {
      const { header, entries } = await reader.readBlock(height);
      const bytes = Buffer.from(entries);
      blocks.push({
        header,
        entries: Array.from({ length: bytes.length / ENTRY_SIZE }, (_, i) =>
          bytes.toString('hex', i * ENTRY_SIZE, (i + 1) * ENTRY_SIZE),
        ),
      });
    }
    return blocks;
  } finally {
    await reader.close();
  }
}

interface BlockRow {
  readonly header: Buffer;
  readonly note: Buffer | null;
  readonly anchored: boolean;
}

/**
 * Checks a log of a stack at rest, the first one unless it is named: nothing waits, fsck is silent, every accepted record
 * stands in the ledger exactly once, the database has the ledger's blocks byte for byte, and the published checkpoint is
 * the newest signed one.
 */
export async function checkLedger(stack: TestStack, name?: string): Promise<LedgerBlock[]> {
  const directory = await stack.logDirectory(name);
  await checkpointIsPublished(stack, directory);
  const findings: string[] = [];
  for await (const item of fsck({ dir: directory, crypto: nativeCrypto })) {
    if (item.kind === 'finding') findings.push(`${item.severity}: ${item.message}`);
  }
  expect(findings).toEqual([]);
  const ledger = await readLedger(directory);
  const blocks = await stack.query<BlockRow>(
    `SELECT b.header, c.note, b.anchored_at IS NOT NULL AS anchored FROM block b LEFT JOIN checkpoint c USING (log, height)
     WHERE b.log = (SELECT id FROM log WHERE name = $1) ORDER BY b.height`,
    [basename(directory)],
  );
  expect(blocks.map(({ header }) => header.toString('utf8'))).toEqual(ledger.map(({ header }) => header));
  expect(blocks.every(({ anchored, note }) => anchored && note !== null)).toBe(true);
  expect(readFileSync(join(directory, 'checkpoint'))).toEqual(blocks.at(-1)?.note);
  expect(recordsOf(ledger)).toEqual(await acceptedRecords(stack, basename(directory)));
  return ledger;
}

/** There are receipts a moment before the checkpoint of their block is published. */
async function checkpointIsPublished(stack: TestStack, directory: string): Promise<void> {
  await eventually('the newest checkpoint is published', async () => {
    const [newest] = await stack.query<{ note: Buffer }>(
      `SELECT note FROM checkpoint WHERE log = (SELECT id FROM log WHERE name = $1) ORDER BY height DESC LIMIT 1`,
      [basename(directory)],
    );
    const path = join(directory, 'checkpoint');
    return newest !== undefined && existsSync(path) && newest.note.equals(readFileSync(path));
  });
}

/** The record entries of the ledger, sorted. */
function recordsOf(ledger: readonly LedgerBlock[]): string[] {
  const entries = ledger.flatMap((block) => block.entries);
  return entries.filter((entry) => parseEntry(Buffer.from(entry, 'hex')).type === EntryType.record).sort();
}

/** The entries of all that was accepted, sorted; each parcel must know its place. */
async function acceptedRecords(stack: TestStack, name: string): Promise<string[]> {
  const parcels = await stack.query<{
    entries: Buffer;
    height: string | null;
    first_leaf: string | null;
    evidence: number;
    n: number;
  }>(
    `SELECT entries, height, first_leaf, n, (SELECT count(*)::int FROM evidence e WHERE e.parcel = parcel.id) AS evidence
     FROM parcel WHERE log = (SELECT id FROM log WHERE name = $1)`,
    [name],
  );
  expect(parcels.filter(({ height, first_leaf }) => height === null || first_leaf === null)).toEqual([]);
  expect(parcels.filter(({ n, evidence }) => n !== evidence)).toEqual([]);
  return parcels
    .flatMap(({ entries }) =>
      Array.from({ length: entries.length / ENTRY_SIZE }, (_, i) =>
        entries.toString('hex', i * ENTRY_SIZE, (i + 1) * ENTRY_SIZE),
      ),
    )
    .sort();
}

/** Waits for the receipts of all evidence and verifies each with the log's key alone. */
export async function verifyAllReceipts(
  stack: TestStack,
  http: HttpClient,
  evidence: readonly Evidence[],
): Promise<Buffer[]> {
  const { native } = await verifiersFor(stack);
  const receipts: Buffer[] = [];
  for (const { id } of evidence) {
    const { bytes } = await receiptOf(http, id);
    expect((await native.verify(bytes)).verdict).toBe('holds');
    receipts.push(bytes);
  }
  return receipts;
}
