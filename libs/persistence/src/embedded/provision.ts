/** Creates the roles and the database of the product on an embedded server; safe to repeat. */
import pg from 'pg';
import { embeddedUrl, type EmbeddedPostgres } from './ensure-postgres.js';

/** Serialises two processes that provision at once. */
const PROVISION_LOCK = 0x435a5056;

/** Gives the server its login roles and the database `name`, owned by the owner role. */
export async function provision(server: EmbeddedPostgres, name = 'cunzheng'): Promise<void> {
  const client = new pg.Client({ connectionString: embeddedUrl(server, 'superuser', 'postgres') });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [PROVISION_LOCK]);
    await ensureRole(client, 'cunzheng', server.credentials.owner);
    await ensureRole(client, 'cunzheng_api', server.credentials.api);
    await ensureRole(client, 'cunzheng_worker', server.credentials.worker);
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)} OWNER cunzheng`);
  } finally {
    await client.end();
  }
}

async function ensureRole(client: pg.Client, role: string, password: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  const verb = rowCount === 0 ? 'CREATE' : 'ALTER';
  await client.query(
    `${verb} ROLE ${client.escapeIdentifier(role)} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD ${client.escapeLiteral(password)}`,
  );
}
