/** Whether all evidence leads to an entry: its parcel is there, has that many records, and is in the ledger byte for byte. */
import { join } from 'node:path';
import { type Client } from 'pg';
import { logDirectory, openLedgerReader, type LedgerReader } from '@cunzheng/ledger/node';
import { failed, passed, type Check } from './check.js';

const CHUNK = 200;
const ENTRY_BYTES = 68;

interface ParcelRow {
  readonly id: string;
  readonly n: number;
  readonly height: string;
  readonly first_leaf: string;
  readonly entries: Buffer;
}

export async function checkRecords(
  client: Client,
  directory: string,
  { name, origin }: { readonly name: string; readonly origin: string },
): Promise<Check> {
  const { rows: lost } = await client.query<{ count: string }>(
    `SELECT count(*) FROM evidence e LEFT JOIN parcel p ON p.id = e.parcel WHERE p.id IS NULL OR e.ord NOT BETWEEN 0 AND p.n - 1`,
  );
  if (lost[0]?.count !== '0')
    return failed('records', `${lost[0]?.count ?? '?'} records of the database have no entry`);
  const reader = await openLedgerReader({ dir: logDirectory(join(directory, 'ledger'), name) });
  try {
    const { wrong, anchored } = await compareParcels(client, reader, origin);
    if (wrong !== undefined)
      return failed('records', `parcel ${wrong} is not in the ledger as the database has it`);
    const { rows } = await client.query<{ waiting: string }>(
      'SELECT coalesce(sum(n), 0) AS waiting FROM parcel JOIN log ON log.id = parcel.log WHERE height IS NULL AND origin = $1',
      [origin],
    );
    return passed(
      'records',
      `all ${anchored} anchored records are in the ledger; ${rows[0]?.waiting ?? '0'} wait for their block`,
    );
  } finally {
    await reader.close();
  }
}

async function compareParcels(
  client: Client,
  reader: LedgerReader,
  origin: string,
): Promise<{ wrong?: string; anchored: number }> {
  let after = '0';
  let anchored = 0;
  for (;;) {
    const { rows } = await client.query<ParcelRow>(
      `SELECT p.id, n, height, first_leaf, entries FROM parcel p JOIN log ON log.id = p.log
       WHERE height IS NOT NULL AND origin = $1 AND p.id > $2 ORDER BY p.id LIMIT ${CHUNK}`,
      [origin, after],
    );
    for (const parcel of rows) {
      if (!(await isInLedger(reader, parcel))) return { wrong: parcel.id, anchored };
      anchored += parcel.n;
      after = parcel.id;
    }
    if (rows.length < CHUNK) return { anchored };
  }
}

async function isInLedger(
  reader: LedgerReader,
  { height, first_leaf, entries }: ParcelRow,
): Promise<boolean> {
  const { firstIndex } = await reader.findBlock(Number(first_leaf));
  const block = await reader.readBlock(Number(height)).catch(() => undefined);
  const start = (Number(first_leaf) - firstIndex) * ENTRY_BYTES;
  return (
    block !== undefined &&
    Buffer.compare(block.entries.subarray(start, start + entries.length), entries) === 0
  );
}
