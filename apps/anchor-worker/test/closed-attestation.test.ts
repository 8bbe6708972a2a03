/** A closed log is attested to its end: its last checkpoint needs the witnesses and authorities of the policy like any other. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { parseTrust, verifyReceipt, type VerificationReport } from '@cunzheng/receipt';
import { createTimestampVerifier } from '@cunzheng/timestamp';
import { eventually } from '@test/eventually.js';
import { evidenceOf } from '@test/evidence.js';
import { HttpClient } from '@test/http-client.js';
import { CA_EXTENSIONS, OpensslPki, TSA_EXTENSIONS } from '@test/openssl-pki.js';
import { OpensslTsa, type TsaServer } from '@test/openssl-tsa.js';
import { accept, receiptOf } from '@test/receipts.js';
import { type TestWorker } from '@test/stack.js';
import { describeWithTool } from '@test/tools.js';
import { TestWitness } from '@test/witness.js';
import { Worker } from '../src/worker.js';
import { ClosingScene, NEXT } from './closing-scene.js';

describeWithTool('openssl', 'a closed log', () => {
  let scene: ClosingScene;
  let pki: OpensslPki;
  let server: TsaServer;
  let witness: TestWitness;
  /** Whether the authority stamps, or answers with nothing. */
  let stamps = false;

  beforeAll(async () => {
    scene = await ClosingScene.create();
    pki = new OpensslPki();
    const root = pki.issue({ name: 'root', extensions: CA_EXTENSIONS });
    const certificate = pki.issue({ name: 'tsa', issuer: root, extensions: TSA_EXTENSIONS });
    const tsa = new OpensslTsa(pki, certificate);
    server = await tsa.serve((query) => (stamps ? tsa.reply(query) : new Uint8Array()));
    witness = await TestWitness.start('court.example/w1', 'garbage');
    const [log] = await scene.stack.query<{ vkey: string }>('SELECT verifier_key AS vkey FROM log');
    witness.watch(log!.vkey);
    // It is of a log without a policy.
    rmSync(file('trust'), { recursive: true });
    writeFileSync(file('roots.pem'), root.pem);
    writeFileSync(file('tsas'), `${server.url} Authority\n`);
    writeFileSync(file('policy'), `witness court ${witness.key.vkey} ${witness.url}\nquorum court\n`);
  });

  afterAll(async () => {
    await scene.stack.close();
    await server.close();
    await witness.stop();
    pki.remove();
  });

  const file = (...names: string[]): string => join(scene.stack.directory, ...names);
  const start = (): Promise<TestWorker> =>
    scene.stack.startWorker({
      POLICY_FILE: file('policy'),
      TSA_LIST_FILE: file('tsas'),
      TSA_ROOTS_FILE: file('roots.pem'),
      MIN_TIMESTAMPS: '1',
      ATTEST_INTERVAL_MS: '100',
      WORKER_METRICS_PORT: '0',
    });
  const isAttested = async (): Promise<boolean> => {
    const rows = await scene.stack.query(
      `SELECT FROM attestation a JOIN log ON log.id = a.log
       WHERE log.origin = $1 AND a.tree_size = log.last_size AND a.attested_at IS NOT NULL`,
      [scene.origin],
    );
    return rows.length === 1;
  };
  const rounds = async (more: number): Promise<void> => {
    const before = witness.requests;
    await eventually('the witness is asked', () => witness.requests >= before + more);
  };
  const verify = (receipt: Uint8Array): Promise<VerificationReport> => {
    const read = (name: string): string => readFileSync(file('trust', name), 'utf8');
    const files = {
      policy: read('policy'),
      'trust.json': read('trust.json'),
      'tsa-roots.pem': read('tsa-roots.pem'),
    };
    return verifyReceipt(receipt, {
      crypto: nativeCrypto,
      trust: parseTrust(nativeCrypto, files),
      verifyTimestamp: createTimestampVerifier(nativeCrypto, Date.now),
    });
  };

  test('goes on asking, also after a restart, until the policy holds for its last checkpoint', async () => {
    let worker = await start();
    const { id } = await accept(scene.http, evidenceOf());
    await receiptOf(scene.http, id);
    await scene.close('--confirm');
    await scene.isClosed();
    await rounds(2);
    await worker.stop();
    worker = await start();
    await rounds(2);
    witness.manner = 'good';
    await eventually('it cosigned', () => witness.sizes.length > 0);
    expect(await isAttested()).toBe(false);
    const early = await receiptOf(scene.http, id);
    expect((await verify(early.bytes)).verdict).toBe('incomplete');
    await worker.stop();
    stamps = true;
    worker = await start();
    await eventually('it is attested', isAttested);
    const { checks, verdict } = await verify((await receiptOf(scene.http, id)).bytes);
    expect(verdict).toBe('holds');
    expect(checks.filter(({ name }) => ['witnesses', 'timestamps'].includes(name))).toMatchObject([
      { status: 'passed' },
      { status: 'passed' },
    ]);
    await worker.stop();
  });

  test('is left for the next one by metrics and health the moment that one takes the records', async () => {
    const worker = await start();
    const { id } = await accept(scene.http, evidenceOf());
    await receiptOf(scene.http, id);
    const client = HttpClient.to(`http://127.0.0.1:${worker.app.get(Worker).metricsPort}`);
    const treeSize = async (): Promise<number> =>
      Number(/^cunzheng_checkpoint_tree_size (\d+)$/m.exec((await client.get('/metrics')).text)?.[1]);
    const before = await treeSize();
    expect((await client.get('/health')).json()).toMatchObject({ log: NEXT });
    const then = 'notary.example/logs/then';
    await scene.cunzheng('ledger', 'close', NEXT, '--next', then, '--confirm');
    await eventually('it is watched', async () => {
      const health = (await client.get('/health')).json<{ log: string }>();
      return health.log === then;
    });
    await eventually('its opening is counted', async () => (await treeSize()) === 2);
    expect(before).toBeGreaterThan(2);
    client.close();
    await worker.stop();
  });
});
