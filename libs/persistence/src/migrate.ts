/**
 * Brings a database to the current schema. Run by the owner: the supervisor, `cunzheng admin migrate`, the compose
 * file's one-shot service. Two processes that start at once do not collide: an advisory lock lets one in at a time,
 * and the second finds nothing left to do.
 */
import { type Pool } from 'pg';
import { DEFAULT_SCHEMA, runMigrations as migrateQueue } from 'bullmq';
import { migrations } from '../../../migrations/index.js';
import { createDataSource } from './data-source.js';
import { PersistenceError } from './persistence-error.js';
import { createPool } from './pool.js';

/** "CZMG": any constant will do as long as it is only ours. */
const MIGRATION_LOCK = 0x435a4d47;

/** Channel on which the database tells that API or signer keys have changed. */
export const KEYS_CHANNEL = 'cunzheng_keys';

/** Applies every migration that is missing, ours and the queue's, as the owner role in `url`. */
export async function migrate(url: string): Promise<void> {
  // Ending it does not wait for its connections to close: a server stopped right after ends them, which is no failure.
  const pool = createPool({ connectionString: url, max: 2 });
  const client = await pool.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const dataSource = await createDataSource(url, 1).initialize();
    await dataSource.runMigrations({ transaction: 'all' }).finally(() => dataSource.destroy());
    const queueClient = await pool.connect();
    await migrateQueue(queueClient, DEFAULT_SCHEMA).finally(() => {
      queueClient.release();
    });
    await client.query(QUEUE_GRANTS);
  } finally {
    client.release(true);
    await pool.end();
  }
}

const QUEUE_GRANTS = `
  GRANT USAGE ON SCHEMA ${DEFAULT_SCHEMA} TO cunzheng_api, cunzheng_worker;
  GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${DEFAULT_SCHEMA} TO cunzheng_api, cunzheng_worker;
  GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${DEFAULT_SCHEMA} TO cunzheng_api, cunzheng_worker;
  GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${DEFAULT_SCHEMA} TO cunzheng_api, cunzheng_worker`;

/**
 * Waits until the database answers and has the schema this program was built for; a newer schema is accepted
 * (migrations expand before they contract).
 *
 * @throws PersistenceError `schema-not-ready` after `timeoutMs`.
 */
export async function waitForSchema(pool: Pool, timeoutMs: number): Promise<void> {
  const newest = migrations.at(-1)?.name;
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const { rowCount } = await pool.query('SELECT FROM migration WHERE name = $1', [newest]);
      if (rowCount === 1) return;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new PersistenceError(
    'schema-not-ready',
    `the database did not reach migration ${newest} within ${timeoutMs} ms: run "cunzheng admin migrate" as the owner`,
    { cause: last },
  );
}

/**
 * Refuses to serve through a role for which row-level security does not hold.
 *
 * @throws PersistenceError `role-too-powerful` for a superuser, a role that bypasses row security, or an owner.
 */
export async function assertRestrictedRole(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ name: string; powerful: boolean }>(
    `SELECT rolname AS name, (rolsuper OR rolbypassrls OR EXISTS (
       SELECT FROM pg_class WHERE relowner = pg_roles.oid AND relnamespace = 'public'::regnamespace)) AS powerful
     FROM pg_roles WHERE rolname = current_user`,
  );
  const role = rows[0];
  if (role && !role.powerful) return;
  throw new PersistenceError(
    'role-too-powerful',
    `database role ${role?.name ?? '?'} owns tables or bypasses row-level security: connect as cunzheng_api (DATABASE_URL)`,
  );
}
