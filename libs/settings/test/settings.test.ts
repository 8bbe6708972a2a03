/** Settings: what fits, what does not and how that is said, and that `.env.example` documents them all. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSettings, settingNames, SettingsError } from '@cunzheng/settings';
import { parseOrigin } from '@cunzheng/ledger';

const root = fileURLToPath(new URL('../../..', import.meta.url));

function errorOf(env: NodeJS.ProcessEnv, required: readonly (typeof settingNames)[number][] = []): string {
  try {
    loadSettings(env, required);
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

describe('settings', () => {
  test('without any variable they are what the documentation says', () => {
    expect(loadSettings({})).toMatchObject({
      NODE_ENV: 'development',
      DATA_DIR: resolve('.data'),
      LEDGER_DIR: resolve('.data/ledger'),
      KEYS_DIR: resolve('.data/keys'),
      TRUST_DIR: resolve('.data/trust'),
      HOST: '127.0.0.1',
      PORT: 3000,
      BATCH_MAX_SIZE: 4096,
      BATCH_MAX_AGE_MS: 200,
    });
    expect(loadSettings({}).DATABASE_URL).toBeUndefined();
  });

  test('folders follow DATA_DIR unless they are set; all are absolute', () => {
    expect(loadSettings({ DATA_DIR: '/srv/cz', KEYS_DIR: 'secrets' })).toMatchObject({
      LEDGER_DIR: '/srv/cz/ledger',
      KEYS_DIR: resolve('secrets'),
    });
  });

  test('an empty variable counts as not set', () => {
    const empty = Object.fromEntries(settingNames.map((name) => [name, '']));
    expect(loadSettings(empty)).toEqual(loadSettings({}));
  });

  test("variables of others are nobody's business", () => {
    expect(loadSettings({ PATH: '/bin', BATCH_MAX_SIZES: 'x' })).toEqual(loadSettings({}));
  });

  test.each<[keyof ReturnType<typeof loadSettings>, string[]]>([
    ['NODE_ENV', ['prod', 'Production']],
    ['LOG_LEVEL', ['verbose', 'INFO']],
    ['PORT', ['-1', '65536', '80.5', '0x50', '1e3', ' 80', 'http']],
    ['DATABASE_URL', ['localhost', 'mysql://x/y', 'postgres', '//x']],
    ['REDIS_URL', ['localhost:6379', 'http://x', 'postgres://x/y']],
    [
      'LOG_ORIGIN',
      [
        'example.com',
        'https://example.com/logs/a',
        'Example.com/logs/a',
        'example.com/logs/',
        'example.com/logs/A',
        'example.com/logs/a/b',
        'example.com/logs/-a',
        `example.com/logs/${'a'.repeat(64)}`,
        'a b/logs/c',
        '/logs/a',
      ],
    ],
    ['OPERATOR_NAME', ['x'.repeat(201)]],
    ['OPERATOR_CREDIT_CODE', ['x'.repeat(65)]],
    ['OPERATOR_FILING_NUMBER', ['x'.repeat(65)]],
    ['BATCH_MAX_SIZE', ['999', '65537', '4k']],
    ['BATCH_MAX_AGE_MS', ['0', '60001', '0.5']],
    ['RECORDS_PER_MINUTE', ['0', '1000000001']],
    ['AUDIT_HEAD_INTERVAL_MS', ['99', '86400001']],
    ['METRICS_PORT', ['65536', '-1']],
    ['WORKER_METRICS_PORT', ['x']],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', ['localhost:4318', 'grpc://collector']],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', ['/v1/traces']],
    ['OTEL_EXPORTER_OTLP_HEADERS', ['x'.repeat(8_193)]],
    ['OTEL_TRACES_SAMPLER', ['on', 'jaeger_remote']],
    ['OTEL_TRACES_SAMPLER_ARG', ['2', '1.5', '-1', '10%']],
    ['OTEL_SDK_DISABLED', ['yes']],
    ['ATTEST_LATE_MS', ['999', '604800001']],
    ['SWEEP_INTERVAL_MS', ['99', '3600001']],
    ['INTAKE_BUFFER_ROWS', ['999', '1000001']],
    ['BODY_LIMIT_BYTES', ['65535', '104857601', '10MB']],
    ['SHUTDOWN_TIMEOUT_MS', ['99', '600001']],
  ])('%s: a value that does not fit is refused by the name of the variable', (name, values) => {
    for (const value of values) {
      expect(errorOf({ [name]: value })).toMatch(new RegExp(`^${name}: .{10}`));
    }
  });

  test('a password in a URL that does not fit is not printed', () => {
    expect(errorOf({ DATABASE_URL: 'mysql://user:hunter2@host/db' })).not.toContain('hunter2');
  });

  test('every variable that does not fit is named, each on a line of its own', () => {
    const names = errorOf({ PORT: 'x', BATCH_MAX_SIZE: 'y', LOG_ORIGIN: 'z' })
      .split('\n')
      .map((line) => line.split(':')[0]);
    expect(names.sort()).toEqual(['BATCH_MAX_SIZE', 'LOG_ORIGIN', 'PORT']);
  });

  test('what a program cannot do without must be set; in production LOG_ORIGIN always', () => {
    expect(errorOf({}, ['DATABASE_URL', 'REDIS_URL'])).toBe(
      'DATABASE_URL: must be set (see .env.example)\nREDIS_URL: must be set (see .env.example)',
    );
    expect(errorOf({ NODE_ENV: 'production' })).toMatch(/^LOG_ORIGIN: must be set/);
    expect(loadSettings({ NODE_ENV: 'production', LOG_ORIGIN: 'example.com/logs/main' }).LOG_ORIGIN).toBe(
      'example.com/logs/main',
    );
  });

  test.each([
    'localhost/logs/dev-0a1b2c3d',
    'example.com:8443/logs/a',
    `${'a'.repeat(253)}/logs/${'b'.repeat(63)}`,
    '127.0.0.1:1/logs/0',
  ])('an origin that passes here is one for the ledger: %s', (origin) => {
    expect(loadSettings({ LOG_ORIGIN: origin }).LOG_ORIGIN).toBe(origin);
    expect(() => parseOrigin(origin)).not.toThrow();
  });
});

describe('.env.example', () => {
  const lines = readFileSync(join(root, '.env.example'), 'utf8').split('\n');
  const variables = lines.flatMap((line, index) => {
    const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, value: value ?? '', index }];
  });

  test('has every setting once, and no other', () => {
    expect(variables.map(({ name }) => name).sort()).toEqual([...settingNames].sort());
  });

  test('has a comment above each, or above the group it belongs to', () => {
    for (const { index } of variables) {
      let above = index - 1;
      while (/^[A-Z_]+=/.test(lines[above] ?? '')) above -= 1;
      expect(lines[above]).toMatch(/^# .{10,}/);
    }
  });

  test('holds the defaults: taken as it is it changes nothing', () => {
    const env = Object.fromEntries(variables.map(({ name, value }) => [name, value]));
    expect(loadSettings(env)).toEqual(loadSettings({}));
  });

  test('is read as a file by Node, and does not override what is set', () => {
    const directory = mkdtempSync(join(tmpdir(), 'cunzheng-env-'));
    writeFileSync(join(directory, '.env'), 'PORT=4000\nHOST=0.0.0.0\n# a comment\n');
    const script = `process.chdir(${JSON.stringify(directory)}); process.env.HOST = '::1';
      import(${JSON.stringify(join(root, 'dist/libs/settings/src/index.js'))}).then(({ loadEnvFile, loadSettings }) => {
        loadEnvFile(); const { HOST, PORT } = loadSettings(process.env); console.log(JSON.stringify({ HOST, PORT })); });`;
    const run = spawnSync(process.execPath, ['-e', script], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] },
    });
    rmSync(directory, { recursive: true });
    expect(run.stdout).toBe('{"HOST":"::1","PORT":4000}\n');
  });
});
