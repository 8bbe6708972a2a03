/** `GET …/receipt?disclose=`: the receipt shows just what was named, and everything else verifies. */
import { type Verifier } from '@cunzheng/receipt';
import {
  canonical,
  createSigningKey,
  evidenceOf,
  readDisclosure,
  registerSigner,
  signEnvelope,
  statementOf,
  type Fingerprint,
} from '@test/evidence.js';
import { type HttpClient } from '@test/http-client.js';
import { accept, receiptOf, verifiersFor, verifyOnBothPaths } from '@test/receipts.js';
import { TestStack, type Tenant } from '@test/stack.js';

describe('a receipt with a selection of disclosures', () => {
  let stack: TestStack;
  let tenant: Tenant;
  let http: HttpClient;
  let verifiers: Record<'portable' | 'native', Verifier>;
  let id: string;
  let fingerprints: Fingerprint[];

  beforeAll(async () => {
    stack = await TestStack.create();
    const api = await stack.startApi();
    await stack.startWorker();
    tenant = await stack.createTenant();
    http = api.http.as(tenant.token);
    await accept(http, evidenceOf());
    const key = createSigningKey();
    await registerSigner(http, 'Zhang San', key);
    ({ fingerprints } = evidenceOf('the document'));
    const statement = statementOf(tenant.id, [key], { title: 'A title', clientRef: 'ref', fingerprints });
    ({ id } = await accept(http, { envelope: signEnvelope(canonical(statement), [key]) }));
    await receiptOf(http, id);
    verifiers = await verifiersFor(stack);
  });

  afterAll(() => stack.close());

  const namesIn = (text: string): string[] =>
    (JSON.parse(text) as { disclosures: string[] }).disclosures.map((one) => readDisclosure(one)[0]).sort();

  test('shows a signer and the title, and the rest is withheld', async () => {
    const answer = await http.get(`/v1/evidence/${id}/receipt?disclose=signer.0.name,title`);
    expect([answer.status, namesIn(answer.text)]).toEqual([200, ['signer.0.name', 'title']]);
    const report = await verifyOnBothPaths(verifiers, answer.bytes, fingerprints);
    expect(report.verdict).toBe('holds');
    expect(
      report.checks
        .filter(({ status }) => status !== 'passed')
        .map(({ name, status, reason }) => [name, status, reason?.code]),
    ).toEqual([
      ['witnesses', 'not checked', 'not-required'],
      ['timestamps', 'not checked', 'not-required'],
      ['statement', 'not checked', 'withheld'],
      ['signers', 'not checked', 'withheld'],
    ]);
    expect(answer.headers.etag).not.toBe((await receiptOf(http, id)).headers.etag);
  });

  test('a signer as a whole, nothing at all, and everything without the parameter', async () => {
    const select = async (query: string): Promise<string[]> =>
      namesIn((await http.get(`/v1/evidence/${id}/receipt${query}`)).text);
    expect(await select('?disclose=signer.0')).toEqual([
      'signer.0.assurance',
      'signer.0.key',
      'signer.0.name',
    ]);
    expect(await select('?disclose=')).toEqual([]);
    expect(await select('')).toEqual([
      'clientRef',
      'envelope',
      'organization',
      'signer.0.assurance',
      'signer.0.key',
      'signer.0.name',
      'title',
    ]);
  });

  test.each([
    ['disclose=titel', '"titel" is no name of a disclosure'],
    ['disclose=metadata', '"metadata" is not disclosed by this record'],
    ['disclose=signer.1', '"signer.1" is not disclosed by this record'],
    ['disclose=title,,', '"" is no name of a disclosure'],
    ['disclose=title&disclose=envelope', 'query /disclose'],
    ['discloses=title', 'query'],
    [`disclose=${'x'.repeat(5_000)}`, 'query /disclose'],
  ])('?%s is refused', async (query, detail) => {
    const answer = await http.get(`/v1/evidence/${id}/receipt?${query}`);
    expect([answer.status, answer.problem]).toEqual([400, 'malformed-request']);
    expect(answer.json<{ detail: string }>().detail).toContain(detail);
  });
});
