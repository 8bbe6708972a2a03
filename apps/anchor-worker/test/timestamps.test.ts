/**
 * Timestamps over checkpoints: authorities that are OpenSSL behind real HTTP, what they do right and wrong, and what becomes
 * of receipts.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { createPool } from '@cunzheng/persistence';
import {
  parseTrust,
  timestampImprintInput,
  verifyReceipt,
  type TrustFiles,
  type VerificationReport,
} from '@cunzheng/receipt';
import { createTimestampVerifier } from '@cunzheng/timestamp';
import { policyFromSettings } from '@cunzheng/webhooks';
import { pino } from 'pino';
import { eventually } from '@test/eventually.js';
import { canonical, evidenceOf, type Evidence } from '@test/evidence.js';
import { type HttpClient } from '@test/http-client.js';
import { CA_EXTENSIONS, type Issued, OpensslPki } from '@test/openssl-pki.js';
import { ListServer } from '@test/list-server.js';
import { accept, receiptOf } from '@test/receipts.js';
import { TestStack, type TestWorker } from '@test/stack.js';
import { describeWithTool } from '@test/tools.js';
import { readTsas } from '../src/attester/tsa-settings.js';
import { WorkerMetrics } from '../src/metrics/worker-metrics.js';
import { RevocationCollector } from '../src/revocation/revocation-collector.js';
import { TestTsa, type Manner } from './test-tsa.js';

describeWithTool('openssl', 'timestamps', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cunzheng-timestamps-'));
  const file = (name: string): string => join(directory, name);
  let pki: OpensslPki;
  let root: Issued;
  let middle: Issued;
  let lists: ListServer;
  let worker: TestWorker;
  let stack: TestStack;
  let http: HttpClient;
  let tsas: Record<'first' | 'second', TestTsa>;

  beforeAll(async () => {
    pki = new OpensslPki();
    root = pki.issue({ name: 'root', extensions: CA_EXTENSIONS });
    lists = await ListServer.start();
    middle = pki.issue({
      name: 'middle',
      issuer: root,
      extensions: [...CA_EXTENSIONS, lists.extension('middle')],
    });
    tsas = {
      first: await TestTsa.start(pki, 'First Authority', root, { root, lists }),
      second: await TestTsa.start(pki, 'Second Authority', middle, { root, lists }),
    };
    writeFileSync(file('roots.pem'), root.pem);
    writeFileSync(
      file('list'),
      `# who stamps\n${tsas.first.server.url} First\n\n${tsas.second.server.url}\n`,
    );
    stack = await TestStack.create({
      TSA_LIST_FILE: file('list'),
      TSA_ROOTS_FILE: file('roots.pem'),
      MIN_TIMESTAMPS: '2',
      // Longer than the tests may take.
      TSA_TIMEOUT_MS: '600000',
      ATTEST_INTERVAL_MS: '100',
    });
    const api = await stack.startApi();
    http = api.http.as((await stack.createTenant()).token);
    tsas.second.manner = 'garbage';
    worker = await stack.startWorker();
  });
  afterAll(async () => {
    await stack.close();
    for (const { server } of Object.values(tsas)) await server.close();
    await lists.stop();
    pki.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  const trustFiles = (): TrustFiles => {
    const read = (name: string): string => readFileSync(join(stack.directory, 'trust', name), 'utf8');
    return {
      policy: read('policy'),
      'trust.json': read('trust.json'),
      'tsa-roots.pem': read('tsa-roots.pem'),
    };
  };
  const verify = (receipt: Uint8Array): Promise<VerificationReport> =>
    verifyReceipt(receipt, {
      crypto: nativeCrypto,
      trust: parseTrust(nativeCrypto, trustFiles()),
      verifyTimestamp: createTimestampVerifier(nativeCrypto, Date.now),
    });
  const read = async (id: string): Promise<Evidence & { final: boolean; state: string }> =>
    (await http.get(`/v1/evidence/${id}`)).json();
  const attested = async (id: string): Promise<void> => {
    await eventually('attested', async () => (await read(id)).state === 'attested');
  };
  const stored = (): Promise<{ authority: string; n: number }[]> =>
    stack.query(
      'SELECT authority, count(*)::int AS n FROM checkpoint_timestamp GROUP BY authority ORDER BY authority',
    );

  test('one authority of the two that are wanted leaves a receipt anchored; it is in the receipt all the same', async () => {
    const { id } = await accept(http, evidenceOf());
    await receiptOf(http, id);
    await eventually(
      'a stamp',
      async () => (await receiptOf(http, id)).json<{ timestamps: unknown[] }>().timestamps.length === 1,
    );
    expect(await read(id)).toMatchObject({ state: 'anchored', final: false });
    const report = await verify((await receiptOf(http, id)).bytes);
    expect(report).toMatchObject({ verdict: 'incomplete' });
    expect(report.checks.find(({ name }) => name === 'timestamps')).toMatchObject({
      status: 'failed',
      reason: { code: 'timestamps-missing' },
      established: { authorities: ['C=CN, O=First Authority'] },
    });
  });

  test.each<Manner>(['refuses', 'replays', 'own root'])(
    'an authority with the manner "%s" does not count',
    async (manner) => {
      tsas.second.manner = 'good';
      const before = await accept(http, evidenceOf());
      await attested(before.id);
      tsas.second.manner = manner;
      const requests = tsas.second.requests;
      const { id } = await accept(http, evidenceOf());
      await receiptOf(http, id);
      await eventually('asked and refused', () => Promise.resolve(tsas.second.requests > requests + 1));
      expect(await read(id)).toMatchObject({ state: 'anchored', final: false });
      tsas.second.manner = 'good';
      await attested(id);
    },
  );

  test.each<[string, (tsa: Issued) => Parameters<OpensslPki['revocationList']>[1], string, string[]]>([
    ['nobody', () => [], 'holds', []],
    [
      'the authority, which ceased to work later',
      (certificate) => [{ certificate, at: new Date(Date.now() + 1_000), reason: 'cessationOfOperation' }],
      'holds',
      [],
    ],
    [
      'the authority, before it stamped',
      (certificate) => [{ certificate, at: new Date('2025-01-01'), reason: 'superseded' }],
      'incomplete',
      [
        'certificate-revoked: C=CN, O=First Authority, CN=First-Authority was revoked as of 2025-01-01T00:00:00.000Z',
      ],
    ],
    [
      'the authority, whose key was stolen, whenever it stamped',
      (certificate) => [{ certificate, at: new Date('2039-01-01'), reason: 'keyCompromise' }],
      'incomplete',
      [
        'certificate-revoked: C=CN, O=First Authority, CN=First-Authority was revoked as of 2039-01-01T00:00:00.000Z',
      ],
    ],
  ])('a list in the receipt that revokes %s', async (_, revoked, verdict, rejected) => {
    tsas.second.manner = 'good';
    const { id } = await accept(http, evidenceOf());
    await attested(id);
    const times = { thisUpdate: new Date(Date.now() - 60_000), nextUpdate: new Date(Date.now() + 3_600_000) };
    const list = pki.revocationList(root, revoked(tsas.first.good.certificate), times);
    const receipt = (await receiptOf(http, id)).json<{ timestamps: object[] }>();
    const timestamps = receipt.timestamps.map((timestamp) => ({
      ...timestamp,
      crls: [Buffer.from(list).toString('base64')],
    }));
    const report = await verify(Buffer.from(canonical({ ...receipt, timestamps })));
    expect(report.verdict).toBe(verdict);
    const { established } = report.checks.find(({ name }) => name === 'timestamps')!;
    expect(established['rejected'] ?? []).toEqual(rejected);
  });

  test('with as many as are wanted the receipt is attested, and holds by their time', async () => {
    const { id } = await accept(http, evidenceOf());
    await attested(id);
    expect(await read(id)).toMatchObject({ final: true });
    const receipt = await receiptOf(http, id);
    const report = await verify(receipt.bytes);
    expect(report).toMatchObject({
      verdict: 'holds',
      operatorAlone: false,
      existedBy: { according: 'timestamps' },
    });
    const { timestamps } = receipt.json<{ timestamps: { certificates: string[] }[] }>();
    // OpenSSL puts the whole chain into its tokens.
    expect(timestamps.map(({ certificates }) => certificates.length)).toEqual([0, 0]);
    await accept(http, evidenceOf());
    expect((await receiptOf(http, id)).bytes.equals(receipt.bytes)).toBe(true);
    const answer = await http.post('/v1/receipts/verify', { receipt: receipt.bytes.toString('utf8') });
    expect(answer.json<VerificationReport>().checks[3]).toMatchObject({
      name: 'timestamps',
      status: 'passed',
      established: { authorities: expect.arrayContaining(['C=CN, O=Second Authority']) as string[] },
    });
  });

  test('OpenSSL verifies what is in the receipt, by the commands of the documentation', async () => {
    const { id } = await accept(http, evidenceOf());
    await attested(id);
    writeFileSync(file('receipt.json'), (await receiptOf(http, id)).bytes);
    writeFileSync(file('tsa-roots.pem'), root.pem);
    const page = readFileSync('docs/formats/timestamp.md', 'utf8');
    const commands = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].at(-1)?.[1] ?? '';
    const output = execFileSync('bash', ['-e', '-c', commands], {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(output.toString()).toContain('Verification: OK');
  });

  test('slow and dead authorities delay no anchoring', async () => {
    tsas.first.manner = 'silent';
    tsas.second.manner = 'silent';
    const requests = tsas.first.requests;
    const { id } = await accept(http, evidenceOf());
    await receiptOf(http, id);
    expect((await read(id)).state).toBe('anchored');
    await eventually('an authority is being asked', () => Promise.resolve(tsas.first.requests > requests));
    const next = await accept(http, evidenceOf());
    await receiptOf(http, next.id);
    expect(await read(next.id)).toMatchObject({ state: 'anchored', final: false });
    for (const tsa of Object.values(tsas)) {
      tsa.manner = 'good';
      tsa.server.hangUp();
    }
    await attested(next.id);
    expect((await stored()).map(({ authority }) => authority)).toEqual([
      'C=CN, O=First Authority',
      'C=CN, O=Second Authority',
    ]);
  });

  const A_DAY_MS = 24 * 3_600_000;
  const currentList = (issuer: Issued, ...revoked: Parameters<OpensslPki['revocationList']>[1][number][]) =>
    pki.revocationList(issuer, revoked, {
      thisUpdate: new Date(Date.now() - 3_600_000),
      nextUpdate: new Date(Date.now() + A_DAY_MS),
    });
  const NAMES = ['First-Authority', 'Second-Authority', 'middle'] as const;
  const countRequests = (): number[] => NAMES.map((name) => lists.countRequests(name));
  const timestampsCheck = async (receipt: Uint8Array) => {
    const report = await verify(receipt);
    expect(report.verdict).toBe('holds');
    return report.checks.find(({ name }) => name === 'timestamps')!.established;
  };
  const isSettled = async (): Promise<boolean> =>
    (await stack.query("SELECT FROM checkpoint_timestamp WHERE revocation = 'pending'")).length === 0;

  test('distribution points that are away hold nothing up; a final receipt gets their lists when they answer, and changes in nothing else', async () => {
    const { id } = await accept(http, evidenceOf());
    await attested(id);
    const before = await receiptOf(http, id);
    const unknown = await timestampsCheck(before.bytes);
    expect(unknown['revocation']).toBe('not checked');
    expect(unknown['revocationUnknown']).toHaveLength(2);
    await eventually('asked', () => countRequests().every((n) => n > 0));
    lists.publish('First-Authority', currentList(root));
    lists.publish('Second-Authority', currentList(middle));
    lists.publish('middle', currentList(root));
    await eventually('lists for every token', isSettled);
    const after = await receiptOf(http, id);
    expect(await timestampsCheck(after.bytes)).toMatchObject({ revocation: 'checked' });
    const { timestamps } = after.json<{ timestamps: { crls: string[] }[] }>();
    expect(timestamps.map(({ crls }) => crls.length).sort()).toEqual([1, 2]);
    const without = { ...after.json<object>(), timestamps: timestamps.map((one) => ({ ...one, crls: [] })) };
    expect(canonical(without)).toBe(before.text);
  });

  test('a token finds the lists of its chain there when it is stored, fetched once for all; OpenSSL says the same of them', async () => {
    const requests = countRequests();
    const { id } = await accept(http, evidenceOf());
    await attested(id);
    const receipt = await receiptOf(http, id);
    expect(await timestampsCheck(receipt.bytes)).toMatchObject({ revocation: 'checked' });
    expect(countRequests()).toEqual(requests);
    const { timestamps, checkpoint } = receipt.json<{
      timestamps: { token: string; crls: string[] }[];
      checkpoint: string;
    }>();
    writeFileSync(file('F'), timestampImprintInput(checkpoint));
    for (const { token, crls } of timestamps) {
      writeFileSync(file('token.der'), Buffer.from(token, 'base64'));
      const pems = crls.map((crl) =>
        pki.run(['crl', '-inform', 'DER'], Buffer.from(crl, 'base64')).toString(),
      );
      writeFileSync(file('trusted.pem'), [root.pem, ...pems].join(''));
      const verifying = ['ts', '-verify', '-in', file('token.der'), '-token_in', '-data', file('F')];
      const output = pki.run([...verifying, '-CAfile', file('trusted.pem'), '-crl_check_all']);
      expect(output.toString()).toContain('Verification: OK');
    }
  });

  test('a list that nobody has is asked for again and again, with nothing written, and given up after a week', async () => {
    await worker.stop();
    const [row] = await stack.query<{ id: string }>('SELECT max(id) AS id FROM checkpoint_timestamp');
    await stack.query('DELETE FROM checkpoint_timestamp_list WHERE timestamp = $1', [row!.id]);
    await stack.query("UPDATE checkpoint_timestamp SET revocation = 'pending' WHERE id = $1", [row!.id]);
    const pool = createPool({ connectionString: stack.database.workerUrl, max: 1 });
    const settings = { NODE_ENV: 'test', WEBHOOK_PORTS: '443', WEBHOOK_ALLOWED_NETWORKS: '' } as const;
    const options = { roots: [root.der], policy: policyFromSettings(settings), timeoutMs: 60_000 };
    // Those that there are have expired by then.
    let days = 2;
    const collector = new RevocationCollector(
      { ...options, intervalMs: 100, now: () => Date.now() + days * A_DAY_MS },
      pool,
      pino({ enabled: false }),
      new WorkerMetrics(false),
    );
    const countAll = (): number => countRequests().reduce((sum, n) => sum + n, 0);
    const readVersion = () =>
      stack.query('SELECT xmin::text FROM checkpoint_timestamp WHERE id = $1', [row!.id]);
    const version = await readVersion();
    // A chain names two lists at most.
    const enough = countAll() + 3;
    const run = collector.run();
    await eventually('asked again', () => countAll() >= enough);
    expect(await readVersion()).toEqual(version);
    days = 8;
    await eventually('given up', isSettled);
    collector.stop();
    await run;
    await pool.end();
    expect(await stack.query('SELECT revocation FROM checkpoint_timestamp WHERE id = $1', [row!.id])).toEqual(
      [{ revocation: 'unknown' }],
    );
  });

  test('an authority that a list revokes is found out if it was stored before, and not counted any more; lists survive a restart', async () => {
    const third = await TestTsa.start(pki, 'Third Authority', root, { root, lists });
    tsas = { ...tsas, third } as typeof tsas;
    const revoked = {
      certificate: third.good.certificate,
      at: new Date('2025-01-01'),
      reason: 'keyCompromise',
    };
    lists.publish('Third-Authority', currentList(root, revoked));
    writeFileSync(file('three'), `${readFileSync(file('list'), 'utf8')}${third.server.url} Third\n`);
    const requests = countRequests();
    worker = await stack.startWorker({ TSA_LIST_FILE: file('three'), MIN_TIMESTAMPS: '3' });
    await eventually('found out', async () => {
      const rows = await stack.query(
        "SELECT FROM checkpoint_timestamp t JOIN checkpoint_timestamp_list l ON l.timestamp = t.id WHERE t.revocation = 'revoked' AND t.authority LIKE '%Third%'",
      );
      return rows.length > 0;
    });
    await eventually('said', () =>
      stack.logs.some((line) => line.includes('a timestamp that was kept does not count any more')),
    );
    const { id } = await accept(http, evidenceOf());
    await receiptOf(http, id);
    const twoStamps = async (): Promise<boolean> =>
      (await receiptOf(http, id)).json<{ timestamps: unknown[] }>().timestamps.length === 2;
    await eventually('stamped by the others', twoStamps);
    await eventually('refused', () =>
      stack.logs.some(
        (line) => line.includes('did not stamp') && line.includes('was revoked as of 2025-01-01'),
      ),
    );
    expect(await read(id)).toMatchObject({ state: 'anchored', final: false });
    expect(await twoStamps()).toBe(true);
    expect(countRequests()).toEqual(requests);
  });

  test.each([
    ['our own host', { list: 'https://evidence.example.com/tsa Us\n' }, /is this service/],
    ['a list without roots', { list: 'https://tsa.example/\n', roots: false }, /needs TSA_ROOTS_FILE/],
    ['more wanted than asked', { list: 'https://tsa.example/\n', min: 2 }, /MIN_TIMESTAMPS is 2/],
    ['a line that is no URL', { list: 'tsa.example\n' }, /line 1: got no URL/],
    ['a password in a URL', { list: '\nhttps://u:p@tsa.example/\n' }, /line 2: a URL with a password/],
    [
      'an authority twice',
      { list: 'https://tsa.example\nhttps://tsa.example/ Again\n' },
      /Again is there twice/,
    ],
  ])(
    'refuses to start with %s',
    (_, { list, roots = true, min = 1 }: { list: string; roots?: boolean; min?: number }, message) => {
      writeFileSync(file('bad-list'), list);
      const settings = {
        TSA_LIST_FILE: file('bad-list'),
        TSA_ROOTS_FILE: roots ? file('roots.pem') : undefined,
        MIN_TIMESTAMPS: min,
      };
      expect(() => readTsas(settings, 'evidence.example.com/logs/main')).toThrow(message);
    },
  );
});
