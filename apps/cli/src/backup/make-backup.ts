/** Makes a backup; see backup.ts. Loaded when the command runs. */
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import pg from 'pg';
import { dumpDatabase } from '@cunzheng/persistence';
import { type Settings } from '@cunzheng/settings';
import { readSettings, withOwnerUrl } from '../admin/owner-database.js';
import { CliError } from '../cli-error.js';
import { copyLedgers } from './copy-ledger.js';
import { listFiles, MANIFEST, type Manifest } from './manifest.js';
import { TableFiles } from './table-files.js';

interface IncludedKeys {
  readonly logKey: boolean;
  readonly valueKeys: boolean;
  readonly tsaKey: boolean;
}

/** @throws CliError. */
export async function makeBackup(directory: string, keys: IncludedKeys): Promise<Manifest> {
  const settings = readSettings();
  await makeEmpty(directory);
  const { logs, database } = await withOwnerUrl(async (url) => {
    await copyLedgers(settings.LEDGER_DIR, join(directory, 'ledger'));
    return await copyDatabase(url, directory);
  });
  const manifest: Manifest = {
    format: 'cunzheng/backup@v1',
    createdAt: new Date().toISOString(),
    logs,
    database,
    keys: await copyKeys(settings, directory, keys),
    files: await listFiles(directory),
  };
  await writeFile(join(directory, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, {
    mode: 0o600,
    flush: true,
  });
  return manifest;
}

async function makeEmpty(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if ((await readdir(directory)).length > 0)
    throw new CliError('file', `${directory} is not empty: name a new folder for each backup`);
}

async function copyDatabase(url: string, directory: string): Promise<Pick<Manifest, 'logs' | 'database'>> {
  const client = new pg.Client({ connectionString: url, application_name: 'cunzheng-backup' });
  await client.connect();
  try {
    const files = await TableFiles.create(directory);
    const { migrations, tables, sequences } = await dumpDatabase(client, (table, rows) =>
      files.write(table, rows),
    );
    await files.close();
    const { rows: logs } = await client.query<{ name: string; origin: string }>(
      'SELECT name, origin FROM log ORDER BY id',
    );
    return {
      logs,
      database: { migrations: [...migrations], tables: [...tables], sequences: { ...sequences } },
    };
  } finally {
    await client.end();
  }
}

async function copyKeys(
  settings: Settings,
  directory: string,
  keys: IncludedKeys,
): Promise<Manifest['keys']> {
  const copy = async (from: string, folder: string, name: RegExp): Promise<void> => {
    await mkdir(join(directory, folder), { mode: 0o700 });
    // The keys of further logs are in folders of their own.
    const files = (await readdir(from, { recursive: true })).filter((file) => name.test(basename(file)));
    for (const file of files) {
      await mkdir(join(directory, folder, dirname(file)), { mode: 0o700, recursive: true });
      await copyFile(join(from, file), join(directory, folder, file));
    }
  };
  if (keys.logKey) await copy(settings.KEYS_DIR, 'keys', /^log-.*\.pem$/);
  if (keys.valueKeys) await copy(settings.VALUE_KEYS_DIR, 'value-keys', /^value-keys\.json$/);
  if (keys.tsaKey) await copy(settings.TSA_KEYS_DIR, 'tsa', /^tsa\.pem$/);
  return [
    ...(keys.logKey ? ['log-key' as const] : []),
    ...(keys.valueKeys ? ['value-keys' as const] : []),
    ...(keys.tsaKey ? ['tsa-key' as const] : []),
  ];
}
