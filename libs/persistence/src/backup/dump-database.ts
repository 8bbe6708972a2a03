/**
 * A logical copy of the database: the rows of every table of ours as of one moment, each as PostgreSQL's own text of a row
 * (composite value), which keeps every type exactly. The schema is not in it: it is made by the migrations that the copy
 * names. The queue's tables are left out, since the sweeper finds what a queue forgot.
 */
import { type ClientBase } from 'pg';

const CHUNK_ROWS = 500;

export interface DumpedTable {
  readonly name: string;
  readonly rows: number;
}

export interface DatabaseDump {
  /** Names of the migrations that made the schema, in order. */
  readonly migrations: readonly string[];
  readonly tables: readonly DumpedTable[];
  /** The last value that each sequence gave; those that gave none are left out. */
  readonly sequences: Readonly<Record<string, string>>;
}

/** What is the schema's own, or must not come back. */
const LEFT_OUT = ['migration'];

/** Hands over all rows of all tables, of one snapshot. `client` must own the tables and have no transaction open. */
export async function dumpDatabase(
  client: ClientBase,
  write: (table: string, rows: readonly string[]) => Promise<void>,
): Promise<DatabaseDump> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    await client.query(
      "SET LOCAL TIME ZONE 'UTC'; SET LOCAL DateStyle = 'ISO'; SET LOCAL bytea_output = 'hex'",
    );
    const { rows: migrations } = await client.query<{ name: string }>(
      'SELECT name FROM migration ORDER BY id',
    );
    const tables: DumpedTable[] = [];
    for (const name of await listTables(client)) tables.push(await dumpTable(client, name, write));
    return { migrations: migrations.map(({ name }) => name), tables, sequences: await readSequences(client) };
  } finally {
    await client.query('ROLLBACK');
  }
}

async function listTables(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> ALL ($1) ORDER BY relname`,
    [LEFT_OUT],
  );
  return rows.map(({ name }) => name);
}

async function dumpTable(
  client: ClientBase,
  name: string,
  write: (table: string, rows: readonly string[]) => Promise<void>,
): Promise<DumpedTable> {
  const table = client.escapeIdentifier(name);
  await client.query(`DECLARE dump NO SCROLL CURSOR FOR SELECT t::text AS row FROM public.${table} t`);
  let count = 0;
  for (;;) {
    const { rows } = await client.query<{ row: string }>(`FETCH ${CHUNK_ROWS} FROM dump`);
    await write(
      name,
      rows.map(({ row }) => row),
    );
    count += rows.length;
    if (rows.length < CHUNK_ROWS) break;
  }
  await client.query('CLOSE dump');
  return { name, rows: count };
}

async function readSequences(client: ClientBase): Promise<Record<string, string>> {
  const { rows } = await client.query<{ name: string; last: string }>(
    `SELECT sequencename AS name, last_value AS last FROM pg_sequences
     WHERE schemaname = 'public' AND last_value IS NOT NULL AND sequencename NOT LIKE 'migration%'`,
  );
  return Object.fromEntries(rows.map(({ name, last }) => [name, last]));
}
