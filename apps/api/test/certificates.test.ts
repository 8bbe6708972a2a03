/** The certificate route: for final receipts alone, with what was chosen, and the receipt inside it verifies. */
import { randomBytes } from 'node:crypto';
import { extractReceipt } from '@cunzheng/receipt';
import { eventually } from '@test/eventually.js';
import { evidenceOf, fingerprintOf, readDisclosure } from '@test/evidence.js';
import { type Answer, type HttpClient } from '@test/http-client.js';
import { accept, receiptOf, verifiersFor, verifyOnBothPaths } from '@test/receipts.js';
import { TestStack, type TestApi } from '@test/stack.js';

describe('certificates', () => {
  let stack: TestStack;
  let api: TestApi;
  let owner: HttpClient;
  let document: Buffer;
  let id: string;

  beforeAll(async () => {
    stack = await TestStack.create();
    api = await stack.startApi();
    const worker = await stack.startWorker();
    owner = api.http.as((await stack.createTenant()).token);
    document = randomBytes(16);
    id = (await accept(owner, { ...evidenceOf(document), title: '合同', signers: [{ name: '张三' }] })).id;
    await receiptOf(owner, id);
    await worker.stop();
  });

  afterAll(() => stack.close());

  const fetchCertificate = (query = '', evidence = id): Promise<Answer> =>
    owner.get(`/v1/evidence/${evidence}/certificate.pdf${query}`);
  const receiptIn = ({ bytes }: Answer): string => extractReceipt(bytes) ?? 'no receipt';

  test('is a PDF whose attached receipt verifies, and the same every time', async () => {
    const answer = await fetchCertificate('?lang=zh-en');
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/pdf']);
    expect(answer.bytes.subarray(0, 8).toString('latin1')).toBe('%PDF-1.7');
    expect(receiptIn(answer)).toBe((await owner.get(`/v1/evidence/${id}/receipt`)).text);
    const report = await verifyOnBothPaths(await verifiersFor(stack), Buffer.from(receiptIn(answer)), [
      fingerprintOf(document),
    ]);
    expect(report.verdict).toBe('holds');
    expect((await fetchCertificate('?lang=zh-en')).bytes.equals(answer.bytes)).toBe(true);
    expect((await fetchCertificate('?lang=en')).bytes.equals(answer.bytes)).toBe(false);
  });

  test('shows the disclosures that are asked for alone', async () => {
    const { disclosures } = JSON.parse(receiptIn(await fetchCertificate('?disclose=title'))) as {
      disclosures: string[];
    };
    expect(disclosures.map((text) => readDisclosure(text))).toEqual([['title', '合同']]);
  });

  test('leads to a share link of this evidence, and to no other', async () => {
    const share = (await owner.post(`/v1/evidence/${id}/shares`, {})).json<{ id: string; token: string }>();
    const plain = await fetchCertificate();
    const linked = await fetchCertificate(`?share=${share.token}`);
    expect(linked.status).toBe(200);
    expect(linked.bytes).not.toEqual(plain.bytes);
    await owner.send({ method: 'DELETE', path: `/v1/evidence/${id}/shares/${share.id}` });
    for (const token of [share.token, randomBytes(16).toString('base64url'), 'x']) {
      const { status, problem } = await fetchCertificate(`?share=${token}`);
      expect([status, problem]).toEqual([400, 'malformed-request']);
    }
    expect(stack.logs.join('\n')).not.toContain(share.token);
  });

  test.each(['?lang=fr', '?lang=', '?disclose=nothing', '?other=1'])('%s is refused', async (query) => {
    const { status, problem } = await fetchCertificate(query);
    expect([status, problem]).toEqual([400, 'malformed-request']);
  });

  test('waits until the receipt is final', async () => {
    const waiting = await accept(owner, evidenceOf());
    const pending = await fetchCertificate('', waiting.id);
    expect([pending.status, pending.problem]).toEqual([404, 'receipt-pending']);
    const worker = await stack.startWorker();
    await eventually('the certificate', async () => (await fetchCertificate('', waiting.id)).status === 200);
    await worker.stop();
  });

  test('belongs to its organization', async () => {
    const stranger = api.http.as((await stack.createTenant()).token);
    const answer = await stranger.get(`/v1/evidence/${id}/certificate.pdf`);
    expect([answer.status, answer.problem]).toEqual([404, 'not-found']);
  });
});
