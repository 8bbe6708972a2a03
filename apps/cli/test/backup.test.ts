/**
 * `admin backup` beside a service that works, and `admin restore-check` of what came out: proven when it is whole, and not
 * when anything is missing, changed or older than what was published.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { evidenceOf } from '@test/evidence.js';
import { accept, receiptOf } from '@test/receipts.js';
import { TestStack, type TestApi, type Tenant } from '@test/stack.js';
import { runCli, type CliRun } from './run-cli.js';

interface Report {
  readonly verdict: string;
  readonly checks: readonly { readonly name: string; readonly status: string; readonly detail: string }[];
}

let stack: TestStack;
let api: TestApi;
let tenant: Tenant;
let backup: string;

beforeAll(async () => {
  stack = await TestStack.create({ LOG_ORIGIN: 'notary.example/logs/main' });
  api = await stack.startApi();
  await stack.startWorker();
  tenant = await stack.createTenant();
  await anchor(3, 'Zeugenaussage "42"\n\\ 证人');
  backup = join(stack.directory, 'backup');
  const { exitCode, stderr } = await cunzheng('admin', 'backup', backup);
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining('restore-check')]);
});
afterAll(() => stack.close());

async function anchor(count: number, title: string): Promise<void> {
  const http = api.http.as(tenant.token);
  for (let n = 0; n < count; n += 1)
    await receiptOf(http, (await accept(http, { ...evidenceOf(), title, clientRef: `${title} ${n}` })).id);
}

const cunzheng = (...args: string[]): Promise<CliRun> =>
  runCli(args, {
    cwd: stack.directory,
    env: { DATABASE_URL: stack.database.ownerUrl, DATA_DIR: stack.directory },
  });

async function restoreCheck(folder: string, ...options: string[]): Promise<Report & { exitCode: number }> {
  const { exitCode, stdout, stderr } = await cunzheng('--json', 'admin', 'restore-check', folder, ...options);
  if (stdout === '') throw new Error(stderr);
  return { exitCode, ...(JSON.parse(stdout) as Report) };
}

const statuses = ({ checks }: Report): string[] => checks.map(({ name, status }) => `${name} ${status}`);

/** A copy of the backup to do harm to. */
function copyOf(name: string): string {
  const copy = join(stack.directory, name);
  cpSync(backup, copy, { recursive: true });
  return copy;
}

test('a backup made beside a running service is proven, down to receipts of the restored service', async () => {
  const report = await restoreCheck(backup);
  expect(report.checks.map(({ detail }) => detail)).toEqual([
    expect.stringContaining('files are as they were written'),
    expect.stringMatching(/^\d+ rows of \d+ tables restored$/),
    expect.stringMatching(/^clean; 0 blocks/),
    expect.stringMatching(/^size \d+, signed by notary\.example\/logs\/main, is reached/),
    'all 3 anchored records are in the ledger; 0 wait for their block',
    '3 drawn by lot come out of the restored service and verify',
  ]);
  expect([report.exitCode, report.verdict]).toEqual([0, 'proven']);
});

test('it holds no key, no title in clear, and nobody else may read it', () => {
  const names = readdirSync(backup, { recursive: true, encoding: 'utf8' });
  expect(names.filter((name) => /\.pem$|value-keys/.test(name))).toEqual([]);
  expect(names).toEqual(
    expect.arrayContaining(['manifest.json', 'database/evidence.rows.gz', 'ledger/main/checkpoint']),
  );
  expect(readFileSync(join(backup, 'manifest.json'), 'utf8')).not.toContain('Zeugenaussage');
});

test('keys only go in when they are asked for', async () => {
  const folder = join(stack.directory, 'with-keys');
  // As after a switch to another log, and where the service is a timestamping authority.
  for (const path of ['keys/2027/log-ed25519.pem', 'tsa/tsa.pem']) {
    mkdirSync(dirname(join(stack.directory, path)), { recursive: true });
    writeFileSync(join(stack.directory, path), path);
  }
  const flags = ['--include-value-keys', '--include-log-key', '--include-tsa-key'];
  const { stderr } = await cunzheng('admin', 'backup', folder, ...flags);
  rmSync(join(stack.directory, 'keys/2027'), { recursive: true });
  expect(readdirSync(join(folder, 'keys'), { recursive: true }).sort()).toEqual([
    '2027',
    '2027/log-ed25519.pem',
    'log-ed25519.pem',
  ]);
  expect(readdirSync(join(folder, 'value-keys'))).toEqual(['value-keys.json']);
  expect(readdirSync(join(folder, 'tsa'))).toEqual(['tsa.pem']);
  expect(stderr).toMatch(/Not in it.*settings/);
  expect(stderr).not.toMatch(/KEYS_DIR/);
});

test('says which keys are not in it', async () => {
  const { stderr } = await cunzheng('admin', 'backup', join(stack.directory, 'without-keys'));
  for (const name of ['(KEYS_DIR)', '(VALUE_KEYS_DIR)', '(TSA_KEYS_DIR)', 'TRUST_DIR'])
    expect(stderr).toContain(name);
});

test('a service that has grown since shows by how much the backup is behind; without value keys receipts are not checked', async () => {
  await anchor(1, 'later');
  mkdirSync(join(stack.directory, 'no-keys'), { recursive: true });
  const published = `${api.url}/logs/main/checkpoint`;
  const report = await restoreCheck(
    ...([backup, '--checkpoint', published, '--value-keys', join(stack.directory, 'no-keys')] as const),
  );
  expect(statuses(report)).toEqual([
    'files passed',
    'database passed',
    'ledger passed',
    'checkpoint failed',
    'records passed',
    'receipts not checked',
  ]);
  expect(report.checks[3]?.detail).toMatch(/: 2 entries are missing$/);
  expect([report.exitCode, report.verdict]).toEqual([1, 'NOT PROVEN']);
});

test('a file that was changed, removed or added is named', async () => {
  const changed = copyOf('changed');
  writeFileSync(join(changed, 'ledger/main/checkpoint'), 'x');
  expect((await restoreCheck(changed)).checks).toEqual([
    { name: 'files', status: 'failed', detail: expect.stringContaining('ledger/main/checkpoint') as string },
  ]);
  const removed = copyOf('removed');
  rmSync(join(removed, 'database/parcel.rows.gz'));
  expect((await restoreCheck(removed)).checks[0]?.detail).toContain('database/parcel.rows.gz');
  const cutShort = copyOf('cut-short');
  rmSync(join(cutShort, 'manifest.json'));
  const { exitCode, stderr } = await cunzheng('admin', 'restore-check', cutShort);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('cut short')]);
});

test('a ledger that was torn while it was copied is completed from the database, and kept with --into', async () => {
  const torn = copyOf('torn');
  const segment = join(torn, 'ledger/main/segments/000000000000.seg');
  const whole = readFileSync(segment);
  truncateSync(segment, whole.length - 10);
  rmSync(join(torn, 'ledger/main/checkpoint'));
  // As if it had been written that way.
  await rewriteManifest(torn);
  const into = join(stack.directory, 'restored');
  const options = ['--into', into, '--receipts', '2', '--checkpoint', join(backup, 'ledger/main/checkpoint')];
  const report = await restoreCheck(torn, ...options);
  expect(report.checks[2]?.detail).toBe('clean; 1 blocks at its end came from the database');
  expect([report.exitCode, report.verdict]).toEqual([0, 'proven']);
  expect(readFileSync(join(into, 'ledger/main/segments/000000000000.seg'))).toEqual(whole);
  expect(readdirSync(into).sort()).toEqual(['ledger', 'postgres']);
});

async function rewriteManifest(folder: string): Promise<void> {
  const { listFiles } = await import('../src/backup/manifest.js');
  const path = join(folder, 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as object;
  writeFileSync(path, JSON.stringify({ ...manifest, files: await listFiles(folder) }));
}

test('a folder that is not empty is refused', async () => {
  const { exitCode, stderr } = await cunzheng('admin', 'backup', backup);
  expect([exitCode, stderr]).toEqual([2, expect.stringContaining('not empty')]);
});

describe('a database that other tools restored', () => {
  const check = async (url: string, ...options: string[]): Promise<Report & { exitCode: number }> => {
    const run = await cunzheng('--json', 'admin', 'restore-check', '--database', url, ...options);
    if (run.stdout === '') throw new Error(run.stderr);
    return { exitCode: run.exitCode, ...(JSON.parse(run.stdout) as Report) };
  };

  test('is proven against the published checkpoint where it stands, and nothing is written', async () => {
    const ledger = join(stack.directory, 'ledger');
    const before = [await stack.countRows(), readdirSync(ledger, { recursive: true }).length];
    const published = `${api.url}/logs/main/checkpoint`;
    const report = await check(stack.database.ownerUrl, '--checkpoint', published);
    expect(statuses(report)).toEqual([
      'database passed',
      'ledger passed',
      'checkpoint passed',
      'records passed',
      'receipts not checked',
    ]);
    expect([report.exitCode, report.verdict]).toEqual([3, 'not everything was checked']);
    expect([await stack.countRows(), readdirSync(ledger, { recursive: true }).length]).toEqual(before);
  });

  test('is found out when a record is not as the ledger has it', async () => {
    const [row] = await stack.query<{ id: string }>(
      'SELECT max(id) AS id FROM parcel WHERE height IS NOT NULL',
    );
    await stack.asSuperuser(`UPDATE parcel SET entries = reverse(entries::bytea) WHERE id = ${row!.id}`);
    const altered = await check(stack.database.ownerUrl);
    await stack.asSuperuser(`UPDATE parcel SET entries = reverse(entries::bytea) WHERE id = ${row!.id}`);
    expect(statuses(altered)).toContain('records failed');
    expect([altered.exitCode, altered.verdict]).toEqual([1, 'NOT PROVEN']);
  });

  test('needs its owner, a log in it, and either a folder or a database', async () => {
    for (const [args, said] of [
      [['--database', stack.database.apiUrl], /must be that of the owner/],
      [['--database', 'postgres://nobody@127.0.0.1:1/none'], /does not answer/],
      [[], /name the folder of a backup/],
      [[backup, '--database', stack.database.ownerUrl], /name the folder of a backup/],
    ] as const) {
      const { exitCode, stderr } = await cunzheng('admin', 'restore-check', ...args);
      expect([exitCode === 0, stderr]).toEqual([false, expect.stringMatching(said)]);
    }
  });
});
