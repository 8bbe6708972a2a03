/**
 * `restore-check --database`: a database that other tools restored, as it stands there. It is read in one snapshot that
 * cannot write, and the ledger is copied first, so neither is touched. Receipts are left out: they need an API, which writes.
 */
import { join } from 'node:path';
import pg from 'pg';
import { readSettings } from '../admin/owner-database.js';
import { CliError } from '../cli-error.js';
import { loadTrust } from '../verify/trust-folder.js';
import { openScratch } from './check-backup.js';
import { notChecked, passed, type Check } from './check.js';
import { checkLogs } from './check-logs.js';
import { copyLedgers } from './copy-ledger.js';

export interface CheckDatabaseOptions {
  readonly checkpoint?: string;
  readonly trust?: string;
  readonly ledger?: string;
}

const RECEIPTS_ELSEWHERE =
  'an API would write into this database: start one where no client reaches it and verify a receipt, or check a cunzheng admin backup of it';

/** @throws CliError when the database, or what it is checked with, cannot be read at all. */
export async function checkDatabase(url: string, options: CheckDatabaseOptions): Promise<Check[]> {
  const settings = readSettings();
  const { trust } = loadTrust({ trust: options.trust ?? settings.TRUST_DIR });
  const { directory, discard } = await openScratch(undefined);
  try {
    await copyLedgers(options.ledger ?? settings.LEDGER_DIR, join(directory, 'ledger'));
    return await withSnapshot(url, async (client) => {
      const database = await describeDatabase(client);
      const logs = await readLogs(client);
      const checks = await checkLogs(client, directory, logs, trust, options.checkpoint);
      return [database, ...checks, notChecked('receipts', RECEIPTS_ELSEWHERE)];
    });
  } finally {
    await discard();
  }
}

async function withSnapshot(url: string, work: (client: pg.Client) => Promise<Check[]>): Promise<Check[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'cunzheng-restore-check' });
  await client.connect().catch((cause: unknown) => {
    throw new CliError('database', 'the database of --database does not answer: check its URL', { cause });
  });
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    return await work(client);
  } finally {
    await client.end();
  }
}

async function readLogs(client: pg.Client): Promise<{ name: string; origin: string }[]> {
  const { rows } = await client.query<{ name: string; origin: string }>(
    'SELECT name, origin FROM log ORDER BY id',
  );
  if (rows.length === 0) throw new CliError('database', 'the database of --database knows no log');
  return rows;
}

/** Row-level security hides rows from other roles than the owner, and they would seem to be lost. */
async function describeDatabase(client: pg.Client): Promise<Check> {
  const { rows: tables } = await client.query<{ owner: boolean }>(
    "SELECT pg_has_role(relowner, 'USAGE') AS owner FROM pg_class WHERE oid = to_regclass('evidence')",
  );
  const [evidence] = tables;
  if (!evidence) throw new CliError('database', 'the database of --database is none of ours, or empty');
  if (!evidence.owner)
    throw new CliError('settings', 'the URL of --database must be that of the owner of the database');
  const { rows } = await client.query<{ count: string }>('SELECT count(*) FROM evidence');
  return passed('database', `${rows[0]?.count ?? '0'} records of evidence are in it`);
}
