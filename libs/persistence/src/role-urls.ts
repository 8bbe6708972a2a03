/**
 * Database URLs for the product's roles. Given the owner's URL of any PostgreSQL, the API's and the worker's roles get
 * a login with passwords of ours, so that each process connects with no more rights than it needs.
 */
import pg from 'pg';
import { PersistenceError } from './persistence-error.js';

export interface RoleUrls {
  readonly owner: string;
  readonly api: string;
  readonly worker: string;
}

/** @throws PersistenceError `role-missing` when the owner may not give roles a login; the message says what to do. */
export async function enableRoles(
  ownerUrl: string,
  passwords: { api: string; worker: string },
): Promise<RoleUrls> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    for (const [role, password] of Object.entries(passwords)) {
      await client.query(`ALTER ROLE cunzheng_${role} LOGIN PASSWORD ${client.escapeLiteral(password)}`);
    }
  } catch (cause) {
    throw new PersistenceError(
      'role-missing',
      'the role in DATABASE_URL may not give cunzheng_api and cunzheng_worker a login: do it yourself and start the API ' +
        'and the worker as separate processes, each with the DATABASE_URL of its role (see docker-compose.yml)',
      { cause },
    );
  } finally {
    await client.end();
  }
  return {
    owner: ownerUrl,
    api: urlFor(ownerUrl, 'cunzheng_api', passwords.api),
    worker: urlFor(ownerUrl, 'cunzheng_worker', passwords.worker),
  };
}

function urlFor(ownerUrl: string, user: string, password: string): string {
  const url = new URL(ownerUrl);
  url.username = user;
  url.password = password;
  return url.href;
}
