/** `cunzheng admin` for people and supervisors as the built program: members, grants, organizations, and the log of it. */
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '@test/test-database.js';
import { expectOneLineError, runCli, useFolder, type CliRun } from './run-cli.js';

const cwd = useFolder();
let database: TestDatabase;

const admin = (...args: string[]): Promise<CliRun> =>
  runCli(['admin', ...args], { cwd, env: { DATABASE_URL: database.ownerUrl } });
const rows = async (sql: string): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client({ connectionString: database.ownerUrl });
  await client.connect();
  const result = await client.query<Record<string, unknown>>(sql).finally(() => client.end());
  return result.rows;
};

beforeAll(async () => {
  database = await createTestDatabase();
  for (const id of ['firm', 'court'])
    expect((await admin('organization', 'create', id, '--name', id)).exitCode).toBe(0);
});
afterAll(() => database.drop());

describe('members', () => {
  test('are added, changed and suspended', async () => {
    const set = await admin('member', 'set', 'firm', 'zhang.wei', '--role', 'submitter', '--role', 'reader');
    expect([set.exitCode, set.stderr]).toEqual([0, '']);
    const read = (): ReturnType<typeof rows> =>
      rows("SELECT id, roles, suspended_at IS NOT NULL AS suspended FROM member WHERE id = 'zhang.wei'");
    expect(await read()).toEqual([{ id: 'zhang.wei', roles: ['submitter', 'reader'], suspended: false }]);
    await admin('member', 'set', 'firm', 'zhang.wei', '--role', 'reader', '--suspend');
    expect(await read()).toEqual([{ id: 'zhang.wei', roles: ['reader'], suspended: true }]);
  });

  test('with a role or an organization that is none are refused', async () => {
    expectOneLineError(await admin('member', 'set', 'firm', 'li.na', '--role', 'root'), 2, /root/);
    expectOneLineError(await admin('member', 'set', 'nobody', 'li.na', '--role', 'reader'), 2, /nobody/);
    expect(await rows("SELECT FROM member WHERE id = 'li.na'")).toEqual([]);
  });
});

describe('grants', () => {
  const create = (...more: string[]): Promise<CliRun> =>
    admin(
      ...['grant', 'create', 'court', '--organization', 'firm', '--from', '2026-01-01'],
      ...['--before', '2026-07-01', '--expires', '2099-01-01', '--basis', '(2026)京01民初1号', ...more],
    );

  test('name what they say, by default evidence, and are revoked', async () => {
    const made = await create();
    expect(made.exitCode).toBe(0);
    const id = made.stdout.trim();
    const [row] = await rows(
      `SELECT s.id AS supervisor, o.id AS organization, kinds, accepted_from, accepted_before, expires_at, basis, revoked_at
       FROM supervision_grant g JOIN organization s ON s.key = g.supervisor JOIN organization o ON o.key = ANY (g.organizations)
       WHERE g.id = '${id}'`,
    );
    expect(row).toEqual({
      supervisor: 'court',
      organization: 'firm',
      kinds: ['evidence'],
      accepted_from: new Date('2026-01-01T00:00:00Z'),
      accepted_before: new Date('2026-07-01T00:00:00Z'),
      expires_at: new Date('2099-01-01T00:00:00Z'),
      basis: '(2026)京01民初1号',
      revoked_at: null,
    });
    expect((await admin('grant', 'revoke', id)).exitCode).toBe(0);
    expect(
      await rows(`SELECT revoked_at IS NOT NULL AS ended FROM supervision_grant WHERE id = '${id}'`),
    ).toEqual([{ ended: true }]);
  });

  test('may name the audit log', async () => {
    const { stdout } = await create('--kind', 'audit-log', '--kind', 'evidence');
    expect(await rows(`SELECT kinds FROM supervision_grant WHERE id = '${stdout.trim()}'`)).toEqual([
      { kinds: ['audit-log', 'evidence'] },
    ]);
  });

  test('that make no sense are refused, and nothing is stored', async () => {
    const [before] = await rows('SELECT count(*) FROM supervision_grant');
    expectOneLineError(await create('--kind', 'everything'), 2, /everything/);
    expectOneLineError(await create('--organization', 'nobody'), 2, /no organization nobody/);
    expectOneLineError(await create('--before', '2025-01-01'), 2, /--before must lie after --from/);
    expectOneLineError(await admin('grant', 'revoke', 'x'), 2, /is no grant id/);
    const unknown = '00000000-0000-4000-8000-000000000000';
    expectOneLineError(await admin('grant', 'revoke', unknown), 2, /there is no grant/);
    expect((await rows('SELECT count(*) FROM supervision_grant'))[0]).toEqual(before);
  });
});

describe('organizations', () => {
  test('apply, are approved, suspended, approved again and leave, each step with its reason', async () => {
    const digest = 'a'.repeat(64);
    const applied = await admin(
      ...['organization', 'apply', 'notary-1', '--name', '公证处', '--type', 'notary'],
      ...['--document', digest, '--agreement', '2026-1'],
    );
    expect([applied.exitCode, applied.stderr]).toEqual([0, expect.stringContaining('organization approve')]);
    for (const step of ['approve', 'suspend', 'approve', 'leave'])
      expect([
        step,
        (await admin('organization', step, 'notary-1', '--reason', `${step}, 2026`)).exitCode,
      ]).toEqual([step, 0]);
    expectOneLineError(await admin('organization', 'suspend', 'nobody', '--reason', 'x'), 2, /nobody/);
    const { stdout } = await admin('organization', 'list');
    expect(stdout).toMatch(/notary-1\s+notary\s+left\s+default\/minute\s+any\/month\s+公证处/);
  });

  test('get limits, one at a time, that are printed and listed', async () => {
    const limits = (...options: string[]): Promise<CliRun> =>
      admin('organization', 'limits', 'firm', ...options);
    expect((await limits('--records-per-minute', '6000')).stdout).toBe('firm  6000/minute  any/month\n');
    expect((await limits('--records-per-month', '1000000000000')).exitCode).toBe(0);
    expect((await limits()).stdout).toBe('firm  6000/minute  1000000000000/month\n');
    expect((await admin('organization', 'list')).stdout).toMatch(
      /^firm .* 6000\/minute\s+1000000000000\/month/m,
    );
    expect((await limits('--records-per-minute', 'default', '--records-per-month', 'none')).exitCode).toBe(0);
    expect((await limits()).stdout).toBe('firm  default/minute  any/month\n');
    for (const unfit of ['0', '-1', '1.5', '1000000001', 'none'])
      expectOneLineError(await limits('--records-per-minute', unfit), 2, /--records-per-minute is a number/);
    expectOneLineError(await admin('organization', 'limits', 'nobody'), 2, /nobody/);
  });
});

test('every change is in the audit log of the operator, by a name, and an export shows it', async () => {
  const { stdout, exitCode } = await admin('audit-log', 'export', 'firm');
  expect(exitCode).toBe(0);
  const actions = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { entry: { action: string; actor: string } }).entry);
  expect(actions.map(({ action }) => action)).toEqual(expect.arrayContaining(['admin member set']));
  expect(actions.every(({ actor }) => actor.startsWith('operator:'))).toBe(true);
  expect(stdout).not.toContain('民初');
});
