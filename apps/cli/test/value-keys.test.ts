/** `cunzheng admin value-key` and `admin reencrypt` as built programs, on a database that an API has stored values in. */
import { readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createSigningKey, evidenceOf, registerSigner, type Evidence } from '@test/evidence.js';
import { type HttpClient } from '@test/http-client.js';
import { accept, receiptOf } from '@test/receipts.js';
import { TestStack, type Tenant, type TestApi } from '@test/stack.js';
import { expectOneLineError, runCli, type CliRun } from './run-cli.js';

interface KeyFile {
  readonly keys: Readonly<Record<string, string>>;
}

describe('keys of values', () => {
  let stack: TestStack;
  let tenant: Tenant;
  beforeAll(async () => {
    stack = await TestStack.create();
    tenant = await stack.createTenant();
  });
  afterAll(() => stack.close());

  const admin = (...args: string[]): Promise<CliRun> =>
    runCli(['admin', ...args], {
      cwd: stack.directory,
      env: { DATABASE_URL: stack.database.ownerUrl, DATA_DIR: stack.directory },
    });
  const file = (): string => join(stack.directory, 'value-keys', 'value-keys.json');
  const keyNumbers = (): string[] => Object.keys((JSON.parse(readFileSync(file(), 'utf8')) as KeyFile).keys);
  /** How many values of a table are sealed with which key: its number is in their second and third byte. */
  const sealedWith = async (column: string, table: string): Promise<Record<string, number>> => {
    const rows = await stack.query<{ key: number; n: number }>(
      `SELECT get_byte(${column}, 1) * 256 + get_byte(${column}, 2) AS key, count(*)::int AS n FROM ${table} GROUP BY 1`,
    );
    return Object.fromEntries(rows.map(({ key, n }) => [key, n]));
  };

  it('makes the file once, readable by its owner alone, and never another where one was used', async () => {
    const created = await admin('value-key', 'create', '--json');
    expect([created.exitCode, JSON.parse(created.stdout)]).toEqual([0, { created: true }]);
    expect([statSync(file()).mode & 0o777, keyNumbers()]).toEqual([0o600, ['1']]);
    const before = readFileSync(file(), 'utf8');
    expectOneLineError(await admin('value-key', 'create'), 2, /key file already: use rotate/);
    expect(await admin('value-key', 'create', '--if-missing')).toMatchObject({
      exitCode: 0,
      stdout: 'nothing to do\n',
    });
    expect(readFileSync(file(), 'utf8')).toBe(before);
  });

  it('rotates, seals anew beside a running service, and everything reads as before', async () => {
    const old = await stack.startApi();
    await stack.startWorker();
    const http = (api: TestApi): HttpClient => api.http.as(tenant.token);
    const sent = await Promise.all(
      [1, 2, 3].map((n) =>
        accept(http(old), { ...evidenceOf(), title: `title ${n}`, clientRef: `ref ${n}` }),
      ),
    );
    const signer = await registerSigner(http(old), '张三', createSigningKey());
    for (const { id } of sent) await receiptOf(http(old), id);
    expect(await sealedWith('content', 'evidence')).toEqual({ 1: 3 });

    const rotated = await admin('value-key', 'rotate', '--json');
    expect([rotated.exitCode, JSON.parse(rotated.stdout)]).toEqual([0, { key: 2 }]);
    expect(keyNumbers()).toEqual(['1', '2']);
    const fresh = await stack.startApi();
    await accept(http(fresh), evidenceOf());
    expect(await sealedWith('content', 'evidence')).toEqual({ 1: 3, 2: 1 });

    const sealed = await admin('reencrypt', '--json');
    expect([sealed.exitCode, JSON.parse(sealed.stdout)]).toMatchObject([
      0,
      { key: 2, evidence: 3, signers: 1 },
    ]);
    expect(await sealedWith('content', 'evidence')).toEqual({ 2: 4 });
    expect(await sealedWith('identity', 'signer')).toEqual({ 2: 1 });

    // The one that was started before the key was there reads the file again.
    for (const api of [old, fresh]) {
      for (const { id, record, disclosures } of sent)
        expect((await http(api).get(`/v1/evidence/${id}`)).json<Evidence>()).toMatchObject({
          record,
          disclosures,
        });
      const found = await http(api).get('/v1/evidence?clientRef=ref%202');
      expect(found.json<{ items: Evidence[] }>().items.map(({ id }) => id)).toEqual([sent[1]!.id]);
      expect((await http(api).get(`/v1/signers/${signer}`)).json()).toMatchObject({ name: '张三' });
    }
    const again = await admin('reencrypt', '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ evidence: 0, signers: 0 });
  });

  it('says what is wrong when the file is not there or is another installation’s', async () => {
    renameSync(file(), `${file()}.away`);
    const missing = await admin('reencrypt');
    expect(missing.exitCode).not.toBe(0);
    expect(missing.stderr).toMatch(/value-keys\.json/);
    expect(await admin('value-key', 'create', '--if-missing')).toMatchObject({
      exitCode: 0,
      stdout: 'nothing to do\n',
    });
    expect((await admin('value-key', 'create')).exitCode).toBe(0);
    const other = await admin('reencrypt');
    expect(other.exitCode).not.toBe(0);
    expect(other.stderr).toMatch(/^cunzheng: /);
    renameSync(`${file()}.away`, file());
    const right = await admin('reencrypt');
    expect(right.exitCode).toBe(0);
    expect(right.stderr).toMatch(/write-ahead log and backups/);
  });
});
