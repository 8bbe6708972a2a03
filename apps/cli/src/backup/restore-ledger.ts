/**
 * The copied ledger made whole as a worker would: a torn end cut off, what the database knows beyond it appended byte for
 * byte, tiles made anew; then fsck reads all of it. The database must not be behind, or the backup was not made in order.
 */
import { type Client } from 'pg';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { computeEntry, LedgerError, type EntryType } from '@cunzheng/ledger';
import { fsck, logDirectory, openLedgerWriter, type LedgerWriter } from '@cunzheng/ledger/node';
import { assembleEntries, PersistenceError, readHighestBlock, readStoredBlock } from '@cunzheng/persistence';
import { failed, passed, type Check } from './check.js';

interface LogName {
  readonly name: string;
  readonly origin: string;
}

export async function restoreLedger(client: Client, directory: string, log: LogName): Promise<Check> {
  const dir = logDirectory(`${directory}/ledger`, log.name);
  try {
    const writer = await openLedgerWriter({ dir, origin: log.origin, crypto: nativeCrypto });
    const completed = await complete(writer, client, log).finally(() => writer.close());
    if (typeof completed === 'string') return failed('ledger', completed);
    for await (const item of fsck({ dir, crypto: nativeCrypto }))
      if (item.kind === 'finding' && item.severity !== 'note') return failed('ledger', item.message);
    return passed('ledger', `clean; ${completed} blocks at its end came from the database`);
  } catch (error) {
    if (error instanceof LedgerError || error instanceof PersistenceError)
      return failed('ledger', error.message);
    throw error;
  }
}

/** How many blocks were appended; a text says why that cannot be done. */
async function complete(writer: LedgerWriter, client: Client, { origin }: LogName): Promise<number | string> {
  const { rows } = await client.query<{ id: number }>('SELECT id FROM log WHERE origin = $1', [origin]);
  const log = rows[0]?.id ?? 0;
  const highest = (await readHighestBlock(client, log))?.height ?? -1;
  const height = writer.head?.height ?? -1;
  if (height > highest)
    return `the ledger has block ${height}, the database only ${highest}: it is older than the ledger`;
  if (height >= 0) {
    const stored = await readStoredBlock(client, log, height);
    if (stored?.header !== (await writer.readBlock(height)).header)
      return `block ${height} differs from the database`;
  }
  for (let next = height + 1; next <= highest; next += 1) {
    const stored = await readStoredBlock(client, log, next);
    if (!stored) return `block ${next} is missing from the database`;
    const entries = assembleEntries(stored, (type, body) =>
      computeEntry(nativeCrypto, type as EntryType, body),
    );
    await writer.appendBlock({
      header: stored.header,
      entries,
      bodies: stored.events.map(({ ordinal, body }) => ({ ordinal, body })),
    });
  }
  await writer.rebuildTiles();
  return highest - height;
}
