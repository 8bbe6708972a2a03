/** Migrations: an empty database, one with rows, and several processes at once. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { migrate, PersistenceError, waitForSchema } from '@cunzheng/persistence';
import { eventually } from '@test/eventually.js';
import { createTestDatabase, type TestDatabase } from '@test/test-database.js';
import { migrations } from '../../../migrations/index.js';

const run = promisify(execFile);
const built = new URL('../../../dist/libs/persistence/src/index.js', import.meta.url).href;

describe('migrations', () => {
  let database: TestDatabase;
  let owner: pg.Pool;

  beforeEach(async () => {
    database = await createTestDatabase(null);
    owner = new pg.Pool({ connectionString: database.ownerUrl, max: 2 });
    owner.on('error', () => undefined);
  });

  afterEach(async () => {
    await owner.end();
    await database.drop();
  });

  const applied = async (): Promise<string[]> =>
    (await owner.query<{ name: string }>('SELECT name FROM migration ORDER BY id')).rows.map(
      ({ name }) => name,
    );
  const expected = migrations.map(({ name }) => name);
  /** Tables, columns, indexes, constraints, policies and grants as text. */
  const describeSchema = async (pool = owner): Promise<string[]> => {
    const { rows } = await pool.query<{ line: string }>(`
      SELECT format('column %s.%s.%s %s %s %s', table_schema, table_name, column_name, data_type, is_nullable, column_default) AS line
        FROM information_schema.columns WHERE table_schema IN ('public', 'bullmq')
      UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname IN ('public', 'bullmq')
      UNION ALL SELECT format('constraint %s %s', conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
      UNION ALL SELECT format('policy %s %s %s %s', tablename, policyname, qual, with_check) FROM pg_policies
      UNION ALL SELECT format('grant %s %s %s', grantee, table_name, privilege_type) FROM information_schema.role_table_grants WHERE table_schema IN ('public', 'bullmq')
      ORDER BY 1`);
    return rows.map(({ line }) => line);
  };

  test('an empty database gets everything, and again nothing', async () => {
    await migrate(database.ownerUrl);
    expect(await applied()).toEqual(expected);
    const schema = await describeSchema();
    expect(schema.length).toBeGreaterThan(100);
    await migrate(database.ownerUrl);
    expect(await describeSchema()).toEqual(schema);
    expect(await applied()).toEqual(expected);
  });

  test('a database with rows keeps them, whatever release it comes from', async () => {
    await migrate(database.ownerUrl);
    const whole = await describeSchema();
    // As it was after the first release: rows in, later migrations to come.
    await owner.query(`
      DROP SCHEMA public CASCADE; DROP SCHEMA bullmq CASCADE; CREATE SCHEMA public AUTHORIZATION CURRENT_USER; GRANT USAGE ON SCHEMA public TO PUBLIC`);
    const { DataSource } = await import('typeorm');
    const first = await new DataSource({
      type: 'postgres',
      url: database.ownerUrl,
      migrations: migrations.slice(0, 1),
      migrationsTableName: 'migration',
    }).initialize();
    await first.runMigrations();
    await first.destroy();
    await owner.query(`
      INSERT INTO organization (id, name) VALUES ('old', 'Old');
      INSERT INTO log (name, origin, verifier_key) VALUES ('old', 'old.example/logs/old', 'k');
      INSERT INTO block (log, height, first_index, count, header) SELECT id, 0, 0, 1, '\\x7b7d' FROM log;
      INSERT INTO checkpoint (log, tree_size, height, note) SELECT id, 2, 0, '\\x00' FROM log;
      INSERT INTO parcel (log, n, entries) SELECT id, 1, decode(repeat('00', 68), 'hex') FROM log;
      INSERT INTO evidence SELECT key, gen_random_uuid(), 1, 0, 7, '\\x00', '\\x00', 'ref', '\\x00' FROM organization`);
    const rows = async (): Promise<unknown[]> => {
      const counts = ['organization', 'log', 'block', 'checkpoint', 'parcel', 'evidence'].map(
        (table) => `(SELECT count(*)::int FROM ${table})`,
      );
      const { rows: found } = await owner.query<{ counts: number[]; client_ref: string }>(
        `SELECT ARRAY[${counts.join(', ')}] AS counts, (SELECT client_ref FROM evidence)`,
      );
      return found;
    };
    const before = await rows();
    await migrate(database.ownerUrl);
    expect(await rows()).toEqual(before);
    expect(await applied()).toEqual(expected);
    expect(await describeSchema()).toEqual(whole);
  });

  test('several calls at once do not collide', async () => {
    await Promise.all(Array.from({ length: 5 }, () => migrate(database.ownerUrl)));
    expect(await applied()).toEqual(expected);
  });

  test('two processes at once do not collide', async () => {
    const script = `import(${JSON.stringify(built)}).then(({ migrate }) => migrate(${JSON.stringify(database.ownerUrl)})).then(() => console.log('done'))`;
    const processes = await Promise.all(
      [1, 2].map(() =>
        run(process.execPath, ['-e', script], { cwd: fileURLToPath(new URL('../../..', import.meta.url)) }),
      ),
    );
    expect(processes.map(({ stdout, stderr }) => [stdout, stderr])).toEqual([
      ['done\n', ''],
      ['done\n', ''],
    ]);
    expect(await applied()).toEqual(expected);
  });

  test('a migration that fails leaves nothing behind and can be repeated', async () => {
    await owner.query('CREATE TABLE idempotency (in_the_way int)');
    await expect(migrate(database.ownerUrl)).rejects.toThrow(/already exists/);
    const { rows } = await owner.query<{ name: string }>(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_name <> 'migration'",
    );
    expect(rows).toEqual([{ name: 'idempotency' }]);
    await owner.query('DROP TABLE idempotency');
    await migrate(database.ownerUrl);
    expect(await applied()).toEqual(expected);
  });

  test('only the owner can migrate', async () => {
    await expect(migrate(database.apiUrl)).rejects.toThrow(/permission denied/);
  });

  test('who waits for the schema goes on once it is there, and gives up by name when it does not come', async () => {
    const api = new pg.Pool({ connectionString: database.apiUrl, max: 1 });
    await expect(waitForSchema(api, 1)).rejects.toMatchObject({
      name: PersistenceError.name,
      code: 'schema-not-ready',
      message: expect.stringContaining('cunzheng admin migrate') as string,
    });
    let ready = false;
    const waiting = waitForSchema(api, 600_000).then(() => {
      ready = true;
    });
    await eventually('it has asked', async () => {
      const { rowCount } = await owner.query(
        "SELECT FROM pg_stat_activity WHERE usename = 'cunzheng_api' AND datname = current_database()",
      );
      return (rowCount ?? 0) > 0;
    });
    expect(ready).toBe(false);
    await migrate(database.ownerUrl);
    await waiting;
    await api.end();
  });
});
