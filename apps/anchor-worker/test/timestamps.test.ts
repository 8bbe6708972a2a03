/**
 * Timestamps over checkpoints: authorities that are OpenSSL behind real HTTP, what they do right and wrong, and what becomes
 * of receipts.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { parseTrust, verifyReceipt, type TrustFiles, type VerificationReport } from '@cunzheng/receipt';
import { createTimestampVerifier } from '@cunzheng/timestamp';
import { eventually } from '@test/eventually.js';
import { canonical, evidenceOf, type Evidence } from '@test/evidence.js';
import { type HttpClient } from '@test/http-client.js';
import { CA_EXTENSIONS, type Issued, OpensslPki, TSA_EXTENSIONS } from '@test/openssl-pki.js';
import { OpensslTsa, type TsaServer } from '@test/openssl-tsa.js';
import { accept, receiptOf } from '@test/receipts.js';
import { TestStack } from '@test/stack.js';
import { describeWithTool } from '@test/tools.js';
import { Circuit } from '../src/attester/circuit.js';
import { readTsas } from '../src/attester/tsa-settings.js';

/** What an authority does with a query. */
type Manner = 'good' | 'silent' | 'garbage' | 'replays' | 'refuses' | 'own root';

class TestTsa {
  manner: Manner = 'good';
  requests = 0;
  private first: Uint8Array | undefined;

  private constructor(
    readonly good: OpensslTsa,
    private readonly stranger: OpensslTsa,
    readonly server: TsaServer,
  ) {}

  static async start(pki: OpensslPki, organization: string, issuer: Issued, root: Issued): Promise<TestTsa> {
    const name = organization.replaceAll(' ', '-');
    const certificate = pki.issue({ name, organization, issuer, extensions: TSA_EXTENSIONS });
    const selfMade = pki.issue({ name: `${name}-stranger`, organization, extensions: TSA_EXTENSIONS });
    const good = new OpensslTsa(pki, certificate, {
      chain: issuer === root ? [] : [issuer],
      settings: ['accuracy=millisecs:250'],
    });
    const answers: { tsa?: TestTsa } = {};
    const server = await good.serve((query) => answers.tsa?.answer(query));
    return (answers.tsa = new TestTsa(good, new OpensslTsa(pki, selfMade), server));
  }

  private answer(query: Uint8Array): Uint8Array | undefined {
    this.requests += 1;
    switch (this.manner) {
      case 'silent':
        return undefined;
      case 'garbage':
        return new Uint8Array(300);
      case 'replays':
        return (this.first ??= this.good.reply(query));
      case 'refuses':
        return Uint8Array.of(0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02);
      case 'own root':
        return this.stranger.reply(query);
      case 'good':
        return (this.first = this.good.reply(query));
    }
  }
}

describeWithTool('openssl', 'timestamps', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cunzheng-timestamps-'));
  const file = (name: string): string => join(directory, name);
  let pki: OpensslPki;
  let root: Issued;
  let stack: TestStack;
  let http: HttpClient;
  let tsas: Record<'first' | 'second', TestTsa>;

  beforeAll(async () => {
    pki = new OpensslPki();
    root = pki.issue({ name: 'root', extensions: CA_EXTENSIONS });
    const middle = pki.issue({ name: 'middle', issuer: root, extensions: CA_EXTENSIONS });
    tsas = {
      first: await TestTsa.start(pki, 'First Authority', root, root),
      second: await TestTsa.start(pki, 'Second Authority', middle, root),
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
    await stack.startWorker();
  });
  afterAll(async () => {
    await stack.close();
    for (const { server } of Object.values(tsas)) await server.close();
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

describe('an authority that fails', () => {
  test('is left alone for longer and longer, then tried now and then, and forgiven at once', () => {
    const circuit = new Circuit(10);
    const waits: number[] = [];
    for (let nowMs = 1_000, failure = 0; failure < 7; failure += 1) {
      circuit.fail(nowMs);
      let untilMs = nowMs;
      while (!circuit.mayAsk(untilMs)) untilMs += 1;
      waits.push(untilMs - nowMs);
      nowMs = untilMs;
    }
    expect(waits).toEqual([10, 20, 40, 80, 320, 320, 320]);
    expect(circuit.isOpen).toBe(true);
    circuit.succeed();
    expect([circuit.isOpen, circuit.mayAsk(0)]).toEqual([false, true]);
  });
});
