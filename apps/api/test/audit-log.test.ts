/** The audit log: complete, without private values, chained, bound into the ledger, and checked offline. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { accept } from '@test/receipts.js';
import { eventually } from '@test/eventually.js';
import { evidenceOf, fingerprintOf } from '@test/evidence.js';
import { type HttpClient } from '@test/http-client.js';
import { TestStack, type Tenant, type TestApi, type TestWorker } from '@test/stack.js';
import { openDirectorySource } from '../../cli/src/audit/directory-source.js';
import { LogFault } from '../../cli/src/audit/log-fault.js';
import { type LogSource } from '../../cli/src/audit/log-source.js';
import { openSignedTree } from '../../cli/src/audit-log/signed-tree.js';
import { verifyAuditLog } from '../../cli/src/audit-log/verify-audit-log.js';
import { loadTrust } from '../../cli/src/verify/trust-folder.js';

interface Line {
  readonly entry?: {
    action: string;
    actor: string;
    from: string;
    outcome: string;
    requests?: number;
    subject?: string[];
  };
  readonly previous?: string;
  readonly sequence?: number;
  readonly body?: string;
}

describe('the audit log', () => {
  let stack: TestStack;
  let api: TestApi;
  let tenant: Tenant;
  let http: HttpClient;
  let worker: TestWorker;

  beforeAll(async () => {
    stack = await TestStack.create({ AUDIT_HEAD_INTERVAL_MS: '100' });
    api = await stack.startApi();
    worker = await stack.startWorker();
    tenant = await stack.createTenant();
    http = api.http.as(tenant.token);
  });

  afterAll(() => stack.close());

  const exported = async (): Promise<string[]> =>
    (await http.get('/v1/audit-log')).text.split('\n').filter(Boolean);
  const parsed = async (): Promise<Line[]> => (await exported()).map((line) => JSON.parse(line) as Line);
  const bytes = (lines: readonly string[]): Uint8Array[] => lines.map((line) => Buffer.from(line));

  test('a read has its entry before its answer, a change one before and one after, acceptances are counted', async () => {
    const { id } = await accept(http, {
      ...evidenceOf('geheim'),
      title: '绝密合同',
      clientRef: 'ref-private',
    });
    await accept(http, evidenceOf());
    await http.get(`/v1/evidence/${id}`);
    await http.get(
      `/v1/evidence?clientRef=ref-private&fingerprint=sha-256:${fingerprintOf('geheim').digest}`,
    );
    await http.post('/v1/signers', { name: '张三' });
    expect((await http.get('/v1/evidence/..%2Fsecret')).status).toBe(404);
    const entries = (await parsed()).flatMap(({ entry }) => entry ?? []);
    const actor = `key:${tenant.token.split('_')[1]!}`;
    expect(entries).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          action: 'GET /v1/evidence/:id',
          actor,
          from: '127.0.0.1',
          outcome: '200',
          subject: [id],
        }),
        expect.objectContaining({ action: 'GET /v1/evidence', outcome: '200' }),
        expect.objectContaining({ action: 'POST /v1/signers', outcome: 'begun' }),
        expect.objectContaining({ action: 'POST /v1/signers', outcome: '201' }),
      ]),
    );
    await eventually('both acceptances are written', async () => {
      const counted = (await parsed()).filter(
        ({ entry }) => entry?.action === 'POST /v1/evidence' && entry.outcome === '202',
      );
      return counted.reduce((sum, { entry }) => sum + (entry?.requests ?? 0), 0) === 2;
    });
    const text = (await exported()).join('\n');
    for (const secret of [
      '绝密',
      'ref-private',
      '张三',
      'secret',
      fingerprintOf('geheim').digest,
      tenant.token,
    ])
      expect(text).not.toContain(secret);
  });

  test('refusals are in it, and those of strangers are not', async () => {
    const weak = await stack.createKey(tenant, { scopes: [] });
    await api.http.as(weak).get('/v1/evidence');
    await api.http.get('/v1/evidence');
    const entries = (await parsed()).flatMap(({ entry }) => entry ?? []);
    expect(entries).toContainEqual(
      expect.objectContaining({ actor: `key:${weak.split('_')[1]!}`, outcome: '403' }),
    );
    expect(entries.some(({ outcome }) => outcome === '401')).toBe(false);
  });

  test('lines are a chain, also when many requests come at once; organizations have chains of their own', async () => {
    await Promise.all(Array.from({ length: 40 }, () => http.get('/v1/evidence')));
    const lines = (await exported()).filter((line) => line.startsWith('{"entry"'));
    lines.forEach((line, index) => {
      const { previous, sequence } = JSON.parse(line) as Line;
      const before =
        index === 0
          ? '0'.repeat(64)
          : createHash('sha256')
              .update(lines[index - 1]!)
              .digest('hex');
      expect([previous, sequence]).toEqual([before, index + 1]);
    });
    const other = api.http.as((await stack.createTenant()).token);
    expect((await other.get('/v1/audit-log')).text).toBe('');
  });

  test('nobody changes or removes a line, the owner included', async () => {
    for (const sql of [
      "UPDATE audit_log SET line = ''",
      'DELETE FROM audit_log',
      'TRUNCATE audit_log',
      'DELETE FROM audit_head',
    ])
      await expect(stack.query(sql)).rejects.toThrow(/append-only/);
  });

  test('an answer whose entry cannot be written is not given', async () => {
    const { id } = await accept(http, evidenceOf());
    await stack.query('ALTER FUNCTION append_audit(int[], bytea[]) RENAME TO away');
    const answers = [
      await http.get(`/v1/evidence/${id}`),
      await http.post('/v1/signers', { name: 'unseen' }),
    ];
    await stack.query('ALTER FUNCTION away(int[], bytea[]) RENAME TO append_audit');
    for (const answer of answers) {
      expect([answer.status, answer.problem]).toEqual([503, 'not-ready']);
      expect(answer.text).not.toContain(id);
    }
    expect((await http.get(`/v1/evidence/${id}`)).status).toBe(200);
  });

  test('heads are bound into the ledger, and an export that was changed is found out', async () => {
    await eventually('a head is anchored', async () =>
      (await exported()).some((line) => line.startsWith('{"body"')),
    );
    // Nothing is bound any more of which the ledger's checkpoint does not know yet.
    await worker.stop();
    const lines = await exported();
    const source = await openDirectorySource(await stack.logDirectory());
    const { trust } = loadTrust({ trust: join(stack.directory, 'trust') });
    const ledger = await eventually('a checkpoint covers the heads', async () => {
      const tree = await openSignedTree(source, trust);
      return (await verifyAuditLog(bytes(lines), { ledger: tree })).findings.length === 0 && tree;
    });
    expect(ledger.logKeys).toHaveLength(1);
    const good = await verifyAuditLog(bytes(lines), { ledger });
    expect(good).toMatchObject({ findings: [], boundTo: expect.any(Number) as number });
    expect(good.boundTo).toBeGreaterThan(0);
    expect([good.range, good.organization]).toEqual([[1, good.entries], tenant.id]);
    // As an export that was asked to begin after entry 2: heads of what is before it are not in it.
    const isBefore = (line: string): boolean => /^\{"body".*\\"sequence\\":[12]\}"/.test(line);
    const beheaded = bytes(lines.slice(2).filter((line) => !isBefore(line)));
    expect((await verifyAuditLog(beheaded, { ledger })).findings[0]).toContain('begins with entry 3');
    const later = await verifyAuditLog(beheaded, { ledger, from: 3, organization: tenant.id });
    expect(later).toMatchObject({ findings: [], range: [3, good.entries] });
    const foreign = await verifyAuditLog(bytes(lines), { ledger, organization: 'another' });
    expect(foreign.findings[0]).toContain(`is of "${tenant.id}", not of "another"`);
    expect(foreign.boundTo).toBe(0);
    const changed = lines.map((line, index) => (index === 1 ? line.replace('127.0.0.1', '127.0.0.2') : line));
    const forged = lines.map((line) =>
      line.startsWith('{"body"') ? line.replace(/nonce\\":\\"../, 'nonce\\":\\"zz') : line,
    );
    const bad = [changed, forged, lines.slice(0, 1).concat(lines.slice(2)), [...lines, 'x']];
    for (const list of bad)
      expect((await verifyAuditLog(bytes(list), { ledger })).findings.length).toBeGreaterThan(0);
    const early = { ...ledger, treeSize: 1 };
    expect((await verifyAuditLog(bytes(lines), { ledger: early })).findings[0]).toContain('ends before it');
    // Tiles and checkpoint of a log that says something else than it signed.
    const altered = (change: (tile: Uint8Array) => void): LogSource => ({
      ...source,
      readTile: async (tile) => {
        const read = Uint8Array.from(await source.readTile(tile));
        change(read);
        return read;
      },
    });
    const lying = await openSignedTree(
      altered((tile) => (tile[0]! ^= 1)),
      trust,
    );
    expect((await verifyAuditLog(bytes(lines), { ledger: lying })).findings[0]).toMatch(
      /does not have the head/,
    );
    const foreignTree = {
      ...source,
      readCheckpoint: async () => (await source.readCheckpoint()).replace(/\n\d+\n/, '\n9\n'),
    };
    await expect(openSignedTree(foreignTree, trust)).rejects.toThrow(LogFault);
    await source.close();
  });
});
