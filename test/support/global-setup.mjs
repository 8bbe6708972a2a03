// One embedded PostgreSQL for the whole run, with a migrated template database that every test file copies. Its
// address reaches the workers through the environment. Jest loads this file without its module mapping, so it uses
// the built libraries: `npm test` builds first.
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const built = new URL('../../dist/libs/persistence/src/index.js', import.meta.url);

/**
 * Its files are gone after the run: nothing has to reach the disk, which may be slow and is shared with all else. And suites
 * that run side by side, as many as the machine has processors, have some 20 connections each.
 */
const SETTINGS = { fsync: 'off', full_page_writes: 'off', max_connections: '500' };

export default async function setup() {
  // Whatever tests speak to is on this machine, also for the programs that they start.
  for (const name of Object.keys(process.env)) if (/_proxy$/i.test(name)) delete process.env[name];
  const directory = mkdtempSync(join(tmpdir(), 'cunzheng-test-'));
  globalThis.testRun = { directory };
  // Suites that could not run leave a line here; the teardown prints it below the summary.
  process.env.TEST_NOTES = join(directory, 'notes');
  writeFileSync(process.env.TEST_NOTES, '');
  if (!existsSync(built)) {
    console.warn('not built: tests that need a database will fail (run "npm test" or "npm run build")');
    return;
  }
  const { embeddedUrl, ensurePostgres, migrate, provision } = await import(built.href);
  const server = await ensurePostgres(join(directory, 'postgres'), SETTINGS);
  globalThis.testRun.server = server;
  await provision(server, 'cunzheng_template');
  await migrate(embeddedUrl(server, 'owner', 'cunzheng_template'));
  process.env.TEST_POSTGRES = JSON.stringify(server);
}
