/** Embedded PostgreSQL: started once, found again, and back after it was killed, with what was committed. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import {
  embeddedUrl,
  enableRoles,
  ensurePostgres,
  migrate,
  provision,
  type EmbeddedPostgres,
} from '@cunzheng/persistence';
import { eventually } from '@test/eventually.js';

test('the life of an embedded server', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cunzheng-embedded-'));
  const query = async (server: EmbeddedPostgres, sql: string): Promise<unknown[]> => {
    const client = new pg.Client({ connectionString: embeddedUrl(server, 'owner') });
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(sql).finally(() => client.end());
    return rows;
  };

  // Made on first use, by the first who asks; whoever asks next finds it.
  const first = await ensurePostgres(directory);
  expect([first.started, first.isAlive()]).toEqual([true, true]);
  expect(statSync(join(directory, 'credentials.json')).mode & 0o777).toBe(0o600);
  expect(new Set(Object.values(first.credentials)).size).toBe(4);
  const again = await ensurePostgres(directory);
  expect(again).toMatchObject({ started: false, pid: first.pid, port: first.port });
  await Promise.all([provision(first), provision(again)]);
  expect(await query(first, 'SHOW synchronous_commit')).toEqual([{ synchronous_commit: 'on' }]);
  expect(await query(first, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
  await query(first, 'CREATE TABLE kept AS SELECT 7 AS value');

  // A wrong password is refused: the server is on loopback, but not open to every local user.
  const stranger = new pg.Client({
    connectionString: embeddedUrl(
      { ...first, credentials: { ...first.credentials, owner: 'guess' } },
      'owner',
    ),
  });
  await expect(stranger.connect()).rejects.toThrow(/password authentication failed/);

  // Killed without a word: its stale pid file must not keep the next start, and what was committed is there.
  process.kill(first.pid, 'SIGKILL');
  await eventually('it is dead', () => !first.isAlive());
  const [second, third] = await Promise.all([ensurePostgres(directory), ensurePostgres(directory)]);
  expect(second.pid).toBe(third.pid);
  expect([second.started, third.started].filter(Boolean)).toHaveLength(1);
  expect(await query(second, 'SELECT value FROM kept')).toEqual([{ value: 7 }]);

  // An installation on a server of the operator's: the roles get a login of their own.
  await migrate(embeddedUrl(second, 'superuser'));
  const urls = await enableRoles(embeddedUrl(second, 'superuser'), { api: 'p@ss/word?#', worker: 'other' });
  for (const [url, user] of [
    [urls.api, 'cunzheng_api'],
    [urls.worker, 'cunzheng_worker'],
  ] as const) {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    expect((await client.query('SELECT current_user')).rows).toEqual([{ current_user: user }]);
    await client.end();
  }
  await expect(enableRoles(urls.api, { api: 'x', worker: 'y' })).rejects.toMatchObject({
    code: 'role-missing',
  });

  await second.stop();
  expect(second.isAlive()).toBe(false);
  expect(readFileSync(join(directory, 'data', 'PG_VERSION'), 'utf8')).toMatch(/^18/);
  rmSync(directory, { recursive: true });
});
