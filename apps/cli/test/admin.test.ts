/** `cunzheng admin` over DATABASE_URL and over the embedded database of a fresh DATA_DIR. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DEFAULT_API_KEY_SCOPES,
  embeddedUrl,
  ensurePostgres,
  parseApiKeyToken,
  secretMatches,
} from '@cunzheng/persistence';
import { createTestDatabase, type TestDatabase } from '@test/test-database.js';
import pg from 'pg';
import { expectOneLineError, runCli, useFolder, type CliRun } from './run-cli.js';

const cwd = useFolder();

async function query(url: string, sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

describe('over DATABASE_URL', () => {
  let database: TestDatabase;
  const admin = (...args: string[]): Promise<CliRun> =>
    runCli(['admin', ...args], { cwd, env: { DATABASE_URL: database.ownerUrl } });

  beforeAll(async () => {
    database = await createTestDatabase();
    const created = await admin('organization', 'create', 'firm', '--name', '某律师事务所');
    expect(created).toMatchObject({ exitCode: 0, stdout: 'firm\n' });
  });
  afterAll(() => database.drop());

  it('creates an organization once', async () => {
    expect(await query(database.ownerUrl, 'SELECT id, name FROM organization')).toEqual([
      { id: 'firm', name: '某律师事务所' },
    ]);
    expectOneLineError(
      await admin('organization', 'create', 'firm', '--name', 'x'),
      2,
      /firm exists already/,
    );
  });

  it('creates an API key with every scope, prints it alone on stdout, and stores a hash only', async () => {
    const { exitCode, stdout, stderr } = await admin('api-key', 'create', 'firm');
    expect(exitCode).toBe(0);
    const token = parseApiKeyToken(stdout.trimEnd());
    expect(stderr).toMatch(/only time the key is shown/);
    const [row] = await query(database.ownerUrl, 'SELECT * FROM api_key WHERE id = $1', [token?.id]);
    expect(row).toMatchObject({
      scopes: [...DEFAULT_API_KEY_SCOPES],
      label: '',
      expires_at: null,
      revoked_at: null,
    });
    expect(secretMatches(token!.secretSha256, row!['secret_sha256'] as Buffer)).toBe(true);
  });

  it('creates one with chosen scopes, a label and an end', async () => {
    const options = [
      '--scope',
      'evidence:read',
      '--scope',
      'signers:read',
      '--label',
      'archive',
      '--expires',
      '2099-12-31T12:00:00Z',
    ];
    const { stdout } = await admin('api-key', 'create', 'firm', ...options, '--json');
    const answer = JSON.parse(stdout) as { id: string; apiKey: string };
    expect(answer).toMatchObject({
      organization: 'firm',
      scopes: ['evidence:read', 'signers:read'],
      expiresAt: '2099-12-31T12:00:00.000Z',
    });
    expect(parseApiKeyToken(answer.apiKey)?.id).toBe(answer.id);
    const [row] = await query(
      database.ownerUrl,
      'SELECT scopes, label, expires_at FROM api_key WHERE id = $1',
      [answer.id],
    );
    expect(row).toEqual({
      scopes: ['evidence:read', 'signers:read'],
      label: 'archive',
      expires_at: new Date('2099-12-31T12:00:00Z'),
    });
  });

  it('refuses a key for an organization that does not exist', async () => {
    expectOneLineError(
      await admin('api-key', 'create', 'nobody'),
      2,
      /no organization nobody: create it with/,
    );
  });

  it('revokes a key once and for all', async () => {
    const { stdout } = await admin('api-key', 'create', 'firm', '--json');
    const { id } = JSON.parse(stdout) as { id: string };
    const first = JSON.parse((await admin('api-key', 'revoke', id, '--json')).stdout) as {
      revokedAt: string;
    };
    const again = await admin('api-key', 'revoke', id, '--json');
    expect(again.exitCode).toBe(0);
    expect(JSON.parse(again.stdout)).toEqual({ id, revokedAt: first.revokedAt });
    const [row] = await query(database.ownerUrl, 'SELECT revoked_at FROM api_key WHERE id = $1', [id]);
    expect((row!['revoked_at'] as Date).toISOString()).toBe(first.revokedAt);
    expectOneLineError(await admin('api-key', 'revoke', 'aaaaaaaa'), 2, /no API key aaaaaaaa/);
  });

  it('wants the owner of the database', async () => {
    const run = await runCli(['admin', 'organization', 'create', 'other', '--name', 'x'], {
      cwd,
      env: { DATABASE_URL: database.apiUrl },
    });
    expectOneLineError(run, 2, /DATABASE_URL must be that of the owner/);
  });
});

describe('a database that is not ready', () => {
  it('is migrated by admin migrate, as often as one likes', async () => {
    const database = await createTestDatabase(null);
    const env = { DATABASE_URL: database.ownerUrl };
    const create = ['admin', 'organization', 'create', 'firm', '--name', 'x'];
    expectOneLineError(await runCli(create, { cwd, env }), 3, /no schema yet: run cunzheng admin migrate/);
    for (let times = 0; times < 2; times++) {
      expect(await runCli(['admin', 'migrate'], { cwd, env })).toEqual({
        exitCode: 0,
        stdout: 'the database has the current schema\n',
        stderr: '',
      });
    }
    expect((await runCli(create, { cwd, env })).exitCode).toBe(0);
    await database.drop();
  });

  it('is said to be unreachable, or its setting wrong', async () => {
    const migrate = (url: string): Promise<CliRun> =>
      runCli(['admin', 'migrate'], { cwd, env: { DATABASE_URL: url } });
    expectOneLineError(await migrate('postgres://x@127.0.0.1:1/x'), 3, /ECONNREFUSED.*check DATABASE_URL/);
    expectOneLineError(await migrate('mysql://x'), 2, /DATABASE_URL: must be a URL starting with postgres/);
  });
});

describe('over the embedded database', () => {
  const home = join(cwd, 'home');
  const dataDir = join(home, 'data');
  const pidFile = join(dataDir, 'postgres', 'data', 'postmaster.pid');
  beforeAll(() => {
    mkdirSync(home);
    // As for the service itself, settings may stand in .env.
    writeFileSync(join(home, '.env'), `DATA_DIR=${dataDir}\n`);
  });
  const admin = (...args: string[]): Promise<CliRun> => runCli(['admin', ...args], { cwd: home });

  it('creates it on first use and stops what it started', async () => {
    expect(await admin('organization', 'create', 'firm', '--name', 'x')).toMatchObject({
      exitCode: 0,
      stdout: 'firm\n',
    });
    expect(existsSync(join(dataDir, 'postgres', 'credentials.json'))).toBe(true);
    expect(existsSync(pidFile)).toBe(false);
    expectOneLineError(await admin('organization', 'create', 'firm', '--name', 'x'), 2, /exists already/);
    expect(existsSync(pidFile)).toBe(false);
  });

  it('leaves a server that others run alone', async () => {
    const server = await ensurePostgres(join(dataDir, 'postgres'));
    try {
      expect((await admin('api-key', 'create', 'firm')).exitCode).toBe(0);
      expect(server.isAlive()).toBe(true);
      expect(await query(embeddedUrl(server, 'owner'), 'SELECT count(*)::int AS keys FROM api_key')).toEqual([
        { keys: 1 },
      ]);
    } finally {
      await server.stop();
    }
  });
});
