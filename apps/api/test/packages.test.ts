/** The package route: reproducible, with the receipts in it, stamped once by a real authority. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { portableCrypto } from '@cunzheng/crypto';
import { addDocuments, openPackage } from '@cunzheng/evidence-package';
import { verifyToken } from '@cunzheng/timestamp';
import { evidenceOf, fingerprintOf, readDisclosure, type Problem } from '@test/evidence.js';
import { type Answer, type HttpClient } from '@test/http-client.js';
import { CA_EXTENSIONS, OpensslPki, TSA_EXTENSIONS, type Issued } from '@test/openssl-pki.js';
import { OpensslTsa, type TsaServer } from '@test/openssl-tsa.js';
import { accept, receiptOf, verifiersFor, verifyOnBothPaths } from '@test/receipts.js';
import { TestStack, type TestApi } from '@test/stack.js';
import { describeWithTool } from '@test/tools.js';

describeWithTool('openssl', 'packages', () => {
  let stack: TestStack;
  let pki: OpensslPki;
  let root: Issued;
  let server: TsaServer;
  let asked = 0;
  let api: TestApi;
  let owner: HttpClient;
  const documents = [randomBytes(16), randomBytes(16)];
  const ids: string[] = [];

  beforeAll(async () => {
    pki = new OpensslPki();
    root = pki.issue({ name: 'root', extensions: CA_EXTENSIONS });
    const tsa = new OpensslTsa(pki, pki.issue({ name: 'tsa', issuer: root, extensions: TSA_EXTENSIONS }));
    server = await tsa.serve((query) => {
      asked += 1;
      return tsa.reply(query);
    });
    stack = await TestStack.create();
    const list = join(stack.directory, 'tsas.txt');
    // The first does not answer: the second is asked.
    writeFileSync(list, `http://127.0.0.1:9/ dead\n${server.url} alive\n`);
    api = await stack.startApi({ TSA_LIST_FILE: list, TSA_ROOTS_FILE: root.certificatePath });
    const worker = await stack.startWorker();
    owner = api.http.as((await stack.createTenant()).token);
    for (const document of documents) {
      const { id } = await accept(owner, {
        ...evidenceOf(document),
        title: '合同',
        signers: [{ name: '张三' }],
      });
      await receiptOf(owner, id);
      ids.push(id);
    }
    await worker.stop();
  });

  afterAll(async () => {
    await server.close();
    await stack.close();
    pki.remove();
  });

  const request = (more: object = {}): object => ({
    title: '案件',
    items: ids.map((evidence, index) => ({ evidence, name: `证据 ${index + 1}`, purpose: '证明' })),
    ...more,
  });
  const build = (body: object = request()): Promise<Answer> => owner.post('/v1/packages', body);

  test('holds receipts that verify, for documents that are added later, stamped over its manifest', async () => {
    const answer = await build();
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/vnd.etsi.asic-e+zip']);
    const filled = addDocuments(
      portableCrypto,
      answer.bytes,
      documents.map((bytes, index) => ({ name: `${index}.bin`, bytes })),
    );
    const { manifest, items, stamped, timestamp } = openPackage(portableCrypto, filled);
    expect([manifest.title, items.map(({ name }) => name)]).toEqual(['案件', ['证据 1', '证据 2']]);
    const verifiers = await verifiersFor(stack);
    for (const [index, { receipt, document }] of items.entries()) {
      const report = await verifyOnBothPaths(verifiers, receipt, [fingerprintOf(documents[index]!)]);
      expect([report.verdict, Buffer.from(document!.unpack())]).toEqual(['holds', documents[index]]);
    }
    const roots = [new Uint8Array(pki.run(['x509', '-in', root.certificatePath, '-outform', 'DER']))];
    const verified = await verifyToken(portableCrypto, {
      token: timestamp!,
      stamped: { data: stamped },
      roots,
    });
    expect(Math.abs(verified.genTimeMs - Date.now())).toBeLessThan(300_000);
  });

  test('the same list is the same bytes, and its authority is asked once', async () => {
    const first = await build(request({ title: '另案' }));
    const before = asked;
    expect((await build(request({ title: '另案' }))).bytes.equals(first.bytes)).toBe(true);
    expect(asked).toBe(before);
    expect((await build(request({ title: '第三案' }))).bytes.equals(first.bytes)).toBe(false);
  });

  test('shows the disclosures that are asked for, where a record has them', async () => {
    const { bytes } = await build(request({ disclose: ['title', 'metadata'] }));
    for (const { receipt } of openPackage(portableCrypto, bytes).items) {
      const { disclosures } = JSON.parse(Buffer.from(receipt).toString()) as { disclosures: string[] };
      expect(disclosures.map((text) => readDisclosure(text)[0])).toEqual(['title']);
    }
  });

  test('evidence that is not there, or another organization has, is pointed at', async () => {
    const stranger = api.http.as((await stack.createTenant()).token);
    const answers = [
      await stranger.post('/v1/packages', request()),
      await build({
        items: [
          { evidence: ids[0], name: 'a' },
          { evidence: '00000000-0000-7000-8000-000000000000', name: 'b' },
        ],
      }),
    ];
    expect(answers.map(({ problem }) => problem)).toEqual(['invalid-content', 'invalid-content']);
    expect(answers[1]!.json<Problem>().errors).toEqual([
      { pointer: '/items/1/evidence', detail: 'no evidence with this id in your organization' },
    ]);
  });

  test.each([
    {},
    { items: [] },
    { items: [{ evidence: 'x', name: 'a' }] },
    { items: [{ evidence: '00000000-0000-7000-8000-000000000000', name: '' }] },
    {
      items: Array.from({ length: 101 }, () => ({
        evidence: '00000000-0000-7000-8000-000000000000',
        name: 'a',
      })),
    },
  ])('refuses %j', async (body) => {
    const answer = await build(body);
    expect([answer.status, answer.problem]).toEqual([422, 'invalid-content']);
  });

  test('waits for receipts that are not final', async () => {
    const { id } = await accept(owner, evidenceOf());
    const answer = await build({ items: [{ evidence: id, name: 'a' }] });
    expect([answer.status, answer.problem]).toEqual([404, 'receipt-pending']);
  });

  test('without an answer of any authority there is no package; without authorities there is one without a timestamp', async () => {
    const list = join(stack.directory, 'dead.txt');
    writeFileSync(list, 'http://127.0.0.1:9/ dead\n');
    const dead = await stack.startApi({ TSA_LIST_FILE: list, TSA_ROOTS_FILE: root.certificatePath });
    const refused = await dead.http
      .as(await stack.createKey(await tenantOf()))
      .post('/v1/packages', request({ title: '死局' }));
    expect([refused.status, refused.problem]).toEqual([503, 'not-ready']);
    await dead.stop();
    const none = await stack.startApi();
    const plain = await none.http.as(await stack.createKey(await tenantOf())).post('/v1/packages', request());
    expect(plain.status).toBe(200);
    expect(openPackage(portableCrypto, plain.bytes).timestamp).toBeUndefined();
    await none.stop();
  });

  async function tenantOf(): Promise<{ key: number; id: string; token: string }> {
    const [row] = await stack.query<{ key: number; id: string }>(
      'SELECT key, id FROM organization ORDER BY key LIMIT 1',
    );
    return { ...row!, token: '' };
  }
});
