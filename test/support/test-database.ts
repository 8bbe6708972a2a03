/** A fresh, migrated database for one test file, with a URL for each role. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { embeddedUrl, type EmbeddedPostgres } from '@cunzheng/persistence';
import { eventually } from './eventually.js';

/** SQLSTATE object_in_use. */
const IN_USE = '55006';

export interface TestDatabase {
  readonly name: string;
  readonly ownerUrl: string;
  readonly apiUrl: string;
  readonly workerUrl: string;
  /** For what only an administrator may do, such as ending another's connection. */
  readonly superuserUrl: string;
  /** A copy of the database as it is now; nobody may be connected. */
  snapshot(): Promise<DatabaseSnapshot>;
  drop(): Promise<void>;
}

export interface DatabaseSnapshot {
  /** Replaces the database by the copy, ending whoever is connected; once, and then there is no copy any more. */
  restore(): Promise<void>;
  drop(): Promise<void>;
}

/** The server that global-setup started. */
export function testServer(): Pick<EmbeddedPostgres, 'port' | 'credentials' | 'pid'> {
  const address = process.env['TEST_POSTGRES'];
  if (!address) throw new Error('no test server: run the tests through "npm test"');
  return JSON.parse(address) as EmbeddedPostgres;
}

/** Creates a database; `template: null` gives an empty one. */
export async function createTestDatabase(
  template: string | null = 'cunzheng_template',
): Promise<TestDatabase> {
  const server = testServer() as EmbeddedPostgres;
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asSuperuser(
    server,
    `CREATE DATABASE ${name} OWNER cunzheng${template === null ? '' : ` TEMPLATE ${template}`}`,
  );
  return {
    name,
    ownerUrl: embeddedUrl(server, 'owner', name),
    apiUrl: embeddedUrl(server, 'api', name),
    workerUrl: embeddedUrl(server, 'worker', name),
    superuserUrl: embeddedUrl(server, 'superuser', name),
    snapshot: () => snapshotOf(server, name),
    drop: () => asSuperuser(server, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

async function snapshotOf(server: EmbeddedPostgres, name: string): Promise<DatabaseSnapshot> {
  const copy = `${name}_${randomBytes(3).toString('hex')}`;
  await asSuperuser(server, `CREATE DATABASE ${copy} OWNER cunzheng TEMPLATE ${name}`);
  return {
    restore: async () => {
      await asSuperuser(server, `DROP DATABASE ${name} WITH (FORCE)`);
      await asSuperuser(server, `ALTER DATABASE ${copy} RENAME TO ${name}`);
    },
    drop: () => asSuperuser(server, `DROP DATABASE IF EXISTS ${copy} WITH (FORCE)`),
  };
}

/** What was said goodbye to a moment ago may be connected still: PostgreSQL waits five seconds for it, and is asked again. */
async function asSuperuser(server: EmbeddedPostgres, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: embeddedUrl(server, 'superuser', 'postgres') });
  await client.connect();
  const isDone = (): Promise<boolean> =>
    client.query(sql).then(
      () => true,
      (error: unknown) => {
        if ((error as pg.DatabaseError).code === IN_USE) return false;
        throw error;
      },
    );
  await eventually(`nobody uses the database any more: ${sql}`, isDone).finally(() => client.end());
}
