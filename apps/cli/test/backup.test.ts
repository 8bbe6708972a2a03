/**
 * `admin backup` beside a service that works, and `admin restore-check` of what came out: proven when it is whole, and not
 * when anything is missing, changed or older than what was published.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { evidenceOf } from '@test/evidence.js';
import { accept, receiptOf } from '@test/receipts.js';
import { TestStack, type TestApi, type Tenant } from '@test/stack.js';
import { runCli, type CliRun } from './run-cli.js';

const TIMEOUT_MS = 170_000;

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
}, TIMEOUT_MS);
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
    timeoutMs: TIMEOUT_MS,
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

test(
  'a backup made beside a running service is proven, down to receipts of the restored service',
  async () => {
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
  },
  TIMEOUT_MS,
);

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
  await cunzheng('admin', 'backup', folder, '--include-value-keys', '--include-log-key');
  expect(readdirSync(join(folder, 'keys'))).toEqual(['log-ed25519.pem']);
  expect(readdirSync(join(folder, 'value-keys'))).toEqual(['value-keys.json']);
});

test(
  'a service that has grown since shows by how much the backup is behind; without value keys receipts are not checked',
  async () => {
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
  },
  TIMEOUT_MS,
);

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

test(
  'a ledger that was torn while it was copied is completed from the database, and kept with --into',
  async () => {
    const torn = copyOf('torn');
    const segment = join(torn, 'ledger/main/segments/000000000000.seg');
    const whole = readFileSync(segment);
    truncateSync(segment, whole.length - 10);
    rmSync(join(torn, 'ledger/main/checkpoint'));
    // As if it had been written that way.
    await rewriteManifest(torn);
    const into = join(stack.directory, 'restored');
    const options = [
      '--into',
      into,
      '--receipts',
      '2',
      '--checkpoint',
      join(backup, 'ledger/main/checkpoint'),
    ];
    const report = await restoreCheck(torn, ...options);
    expect(report.checks[2]?.detail).toBe('clean; 1 blocks at its end came from the database');
    expect([report.exitCode, report.verdict]).toEqual([0, 'proven']);
    expect(readFileSync(join(into, 'ledger/main/segments/000000000000.seg'))).toEqual(whole);
    expect(readdirSync(into).sort()).toEqual(['ledger', 'postgres']);
  },
  TIMEOUT_MS,
);

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
