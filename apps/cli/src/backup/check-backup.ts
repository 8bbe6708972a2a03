/** The steps of `restore-check`, in order; the first that fails ends it, because the next would say nothing. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pg from 'pg';
import {
  embeddedUrl,
  ensurePostgres,
  loadDump,
  provision,
  type EmbeddedPostgres,
} from '@cunzheng/persistence';
import { readSettings } from '../admin/owner-database.js';
import { CliError } from '../cli-error.js';
import { loadTrust } from '../verify/trust-folder.js';
import { failed, notChecked, passed, type Check } from './check.js';
import { checkLogs } from './check-logs.js';
import { checkReceipts } from './check-receipts.js';
import { copyLedgers } from './copy-ledger.js';
import { listFiles, readManifest, type Manifest } from './manifest.js';
import { readTableFile } from './table-files.js';

export interface CheckBackupOptions {
  readonly checkpoint?: string;
  readonly trust?: string;
  readonly valueKeys?: string;
  readonly receipts: number;
  readonly into?: string;
}

/** Scratch folder, restored server, and a connection as the database's owner. */
interface Restored {
  readonly directory: string;
  readonly server: EmbeddedPostgres;
  readonly client: pg.Client;
}

/** @throws CliError when the backup, or what it is checked with, cannot be read at all. */
export async function checkBackup(backup: string, options: CheckBackupOptions): Promise<Check[]> {
  const manifest = await readManifest(backup);
  const settings = readSettings();
  const { trust } = loadTrust({ trust: options.trust ?? settings.TRUST_DIR });
  const files = compareFiles(manifest, await listFiles(backup));
  if (files.status === 'failed') return [files];
  const { directory, discard } = await openScratch(options.into);
  try {
    return await withServer(directory, async (restored) => {
      const database = await restoreDatabase(backup, manifest, restored);
      if (database.status === 'failed') return [files, database];
      await copyLedgers(join(backup, 'ledger'), join(directory, 'ledger'));
      const checks = [files, database];
      checks.push(...(await checkLogs(restored.client, directory, manifest.logs, trust, options.checkpoint)));
      if (checks.some(({ name, status }) => name === 'ledger' && status === 'failed')) return checks;
      const valueKeys = findValueKeys(options.valueKeys, backup, settings.VALUE_KEYS_DIR);
      checks.push(
        valueKeys === undefined
          ? notChecked('receipts', 'there are no value keys: name them with --value-keys')
          : await checkReceipts({
              ...restored,
              valueKeys,
              trust,
              count: options.receipts,
              logs: manifest.logs,
            }),
      );
      return checks;
    });
  } finally {
    await discard();
  }
}

function compareFiles(manifest: Manifest, found: Manifest['files']): Check {
  const key = ({ path, sizeBytes, sha256 }: Manifest['files'][number]): string =>
    `${path} ${sizeBytes} ${sha256}`;
  const [wanted, present] = [new Set(manifest.files.map(key)), new Set(found.map(key))];
  const wrong =
    manifest.files.find((file) => !present.has(key(file))) ?? found.find((file) => !wanted.has(key(file)));
  if (wrong) return failed('files', `${wrong.path} is not as it was when the backup was made`);
  return passed('files', `${found.length} files are as they were written ${manifest.createdAt}`);
}

export async function openScratch(
  into: string | undefined,
): Promise<{ directory: string; discard: () => Promise<void> }> {
  if (into === undefined) {
    const directory = await mkdtemp(join(tmpdir(), 'cunzheng-restore-'));
    return { directory, discard: () => rm(directory, { recursive: true, force: true }) };
  }
  await mkdir(into, { recursive: true, mode: 0o700 });
  if ((await readdir(into)).length > 0) throw new CliError('file', `${into} is not empty: name a new folder`);
  return { directory: resolve(into), discard: () => Promise.resolve() };
}

async function withServer(
  directory: string,
  work: (restored: Restored) => Promise<Check[]>,
): Promise<Check[]> {
  const server = await ensurePostgres(join(directory, 'postgres'));
  try {
    await provision(server);
    const client = new pg.Client({ connectionString: embeddedUrl(server, 'owner') });
    await client.connect();
    try {
      return await work({ directory, server, client });
    } finally {
      await client.end();
    }
  } finally {
    await server.stop();
  }
}

async function restoreDatabase(backup: string, { database }: Manifest, { server }: Restored): Promise<Check> {
  const target = { ownerUrl: embeddedUrl(server, 'owner'), superuserUrl: embeddedUrl(server, 'superuser') };
  try {
    await loadDump(target, database, (table) => readTableFile(backup, table));
  } catch (error) {
    return failed('database', error instanceof Error ? error.message : String(error));
  }
  const rows = database.tables.reduce((sum, table) => sum + table.rows, 0);
  return passed('database', `${rows} rows of ${database.tables.length} tables restored`);
}

function findValueKeys(given: string | undefined, backup: string, own: string): string | undefined {
  const folders = given === undefined ? [join(backup, 'value-keys'), own] : [given];
  return folders
    .map((folder) => resolve(folder))
    .find((folder) => existsSync(join(folder, 'value-keys.json')));
}
