/**
 * Brings a dump back into an empty database: the schema as it was, then the rows, then the migrations that came since.
 * Loading switches off triggers and foreign keys, which only a superuser may: the rows were right when they were read.
 */
import { Client, type ClientBase } from 'pg';
import { DataSource } from 'typeorm';
import { migrations } from '../../../../migrations/index.js';
import { migrate } from '../migrate.js';
import { PersistenceError } from '../persistence-error.js';
import { type DatabaseDump } from './dump-database.js';

export interface LoadTarget {
  readonly ownerUrl: string;
  readonly superuserUrl: string;
}

/**
 * `readRows` gives the rows of a table, in chunks.
 *
 * @throws PersistenceError `dump-unusable` when this program does not know the dump's schema, or rows are missing.
 */
export async function loadDump(
  { ownerUrl, superuserUrl }: LoadTarget,
  dump: DatabaseDump,
  readRows: (table: string) => AsyncIterable<readonly string[]>,
): Promise<void> {
  await makeSchema(ownerUrl, dump.migrations);
  const client = new Client({ connectionString: superuserUrl, application_name: 'cunzheng-restore' });
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query("SET LOCAL session_replication_role = 'replica'");
    for (const { name } of dump.tables)
      await client.query(`TRUNCATE public.${client.escapeIdentifier(name)} CASCADE`);
    for (const table of dump.tables) await loadTable(client, table, readRows(table.name));
    for (const [name, last] of Object.entries(dump.sequences))
      await client.query('SELECT setval($1::regclass, $2)', [
        `public.${client.escapeIdentifier(name)}`,
        last,
      ]);
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
  await migrate(ownerUrl);
}

/** The schema as it was when the dump was made. */
async function makeSchema(url: string, names: readonly string[]): Promise<void> {
  const known = migrations.filter(({ name }) => names.includes(name));
  const unknown = names.find((name) => !migrations.some((migration) => migration.name === name));
  if (unknown !== undefined)
    throw new PersistenceError(
      'dump-unusable',
      `the backup has migration ${unknown}, which this version does not know: use the version that made it, or a newer one`,
    );
  const source = new DataSource({
    type: 'postgres',
    url,
    migrations: known,
    migrationsTableName: 'migration',
    poolSize: 1,
  });
  await source.initialize();
  await source.runMigrations({ transaction: 'all' }).finally(() => source.destroy());
}

async function loadTable(
  client: ClientBase,
  { name, rows }: { readonly name: string; readonly rows: number },
  chunks: AsyncIterable<readonly string[]>,
): Promise<void> {
  const table = `public.${client.escapeIdentifier(name)}`;
  let loaded = 0;
  for await (const chunk of chunks) {
    const { rowCount } = await client.query(
      `INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT (r).* FROM (SELECT unnest($1::text[])::${table} AS r) AS given`,
      [chunk],
    );
    loaded += rowCount ?? 0;
  }
  if (loaded !== rows)
    throw new PersistenceError('dump-unusable', `the backup has ${loaded} rows of ${name}, not ${rows}`);
}
