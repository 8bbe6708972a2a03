// One embedded PostgreSQL for the whole run, with a migrated template database that every test file copies. Its
// address reaches the workers through the environment. Jest loads this file without its module mapping, so it uses
// the built libraries: `npm test` builds first.
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const built = new URL('../../dist/libs/persistence/src/index.js', import.meta.url);

export default async function setup() {
  if (!existsSync(built)) {
    console.warn('not built: tests that need a database will fail (run "npm test" or "npm run build")');
    return;
  }
  const { embeddedUrl, ensurePostgres, migrate, provision } = await import(built.href);
  const directory = mkdtempSync(join(tmpdir(), 'cunzheng-test-'));
  const server = await ensurePostgres(join(directory, 'postgres'));
  globalThis.testPostgres = { server, directory };
  await provision(server, 'cunzheng_template');
  await migrate(embeddedUrl(server, 'owner', 'cunzheng_template'));
  process.env.TEST_POSTGRES = JSON.stringify(server);
}
