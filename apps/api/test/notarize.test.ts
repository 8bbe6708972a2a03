/** The main path: a fingerprint is accepted, anchored, and its receipt verifies with nothing but the log's key. */
import { createHash } from 'node:crypto';
import { accept, receiptOf, verifiersFor, verifyOnBothPaths } from '@test/receipts.js';
import {
  ALGORITHMS,
  createSigningKey,
  canonical,
  entryOf,
  evidenceOf,
  fingerprintOf,
  readDisclosure,
  registerSigner,
  signEnvelope,
  statementOf,
  type Evidence,
} from '@test/evidence.js';
import { type HttpClient } from '@test/http-client.js';
import { TestStack, type Tenant } from '@test/stack.js';

const DOCUMENT = Buffer.from('合同：甲方与乙方\n');

describe('notarizing one document', () => {
  let stack: TestStack;
  let tenant: Tenant;
  let http: HttpClient;

  beforeAll(async () => {
    stack = await TestStack.create();
    const api = await stack.startApi();
    await stack.startWorker();
    tenant = await stack.createTenant();
    http = api.http.as(tenant.token);
    await accept(http, evidenceOf());
  });

  afterAll(() => stack.close());

  test('202 gives Location, record, disclosures and the entry that anyone can recompute', async () => {
    const body = {
      ...evidenceOf(DOCUMENT),
      title: '合同 2026-117',
      sizeBytes: DOCUMENT.length,
      mediaType: 'text/plain',
      clientRef: 'case/117',
    };
    const answer = await http.post('/v1/evidence', {
      ...body,
      provenance: 'scanned',
      metadata: [{ name: '案号', value: '117' }],
    });
    expect(answer.status).toBe(202);
    const evidence = answer.json<Evidence>();
    expect(answer.headers['location']).toBe(`/v1/evidence/${evidence.id}`);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(evidence).toMatchObject({
      state: 'accepted',
      final: false,
      clientRef: 'case/117',
      receipt: `/v1/evidence/${evidence.id}/receipt`,
    });
    expect(Buffer.from(evidence.entry, 'base64')).toEqual(entryOf(evidence.record));
    const record = JSON.parse(evidence.record) as Record<string, unknown>;
    expect(canonical(record)).toBe(evidence.record);
    expect(record).toMatchObject({
      fingerprints: body.fingerprints,
      assurance: 'none',
      signers: 0,
      kind: 'document',
      acceptedAt: evidence.acceptedAt,
    });
    expect(Object.fromEntries(evidence.disclosures.map(readDisclosure))).toEqual({
      organization: tenant.id,
      title: '合同 2026-117',
      sizeBytes: DOCUMENT.length,
      mediaType: 'text/plain',
      clientRef: 'case/117',
      provenance: 'scanned',
      metadata: [{ name: '案号', value: '117' }],
    });
  });

  test('the record commits to each disclosure by its digest, among decoys', async () => {
    const { record, disclosures } = await accept(http, { ...evidenceOf(), title: 'one' });
    const { _sd: digests } = JSON.parse(record) as { _sd: string[] };
    expect(digests).toHaveLength(8);
    expect(digests).toEqual([...digests].sort());
    for (const disclosure of disclosures) {
      expect(digests).toContain(createHash('sha256').update(disclosure).digest('base64url'));
    }
  });

  test('the receipt verifies offline with the key of the log, on both cryptographic paths', async () => {
    const body = evidenceOf(DOCUMENT, ALGORITHMS);
    const { id, record, disclosures } = await accept(http, { ...body, title: 'all five algorithms' });
    const receipt = await receiptOf(http, id);
    expect(receipt.headers['content-type']).toBe('application/vnd.cunzheng.receipt+json');
    const parsed = receipt.json<{
      record: string;
      disclosures: string[];
      inclusion: { leafIndex: number };
    }>();
    expect(parsed.record).toBe(record);
    expect(parsed.disclosures).toEqual([...disclosures].sort());
    const report = await verifyOnBothPaths(
      await verifiersFor(stack),
      receipt.bytes,
      ALGORITHMS.map((algorithm) => fingerprintOf(DOCUMENT, algorithm)),
    );
    expect(report).toMatchObject({ verdict: 'holds', operatorAlone: true });
    const evidence = (await http.get(`/v1/evidence/${id}`)).json<Evidence>();
    expect(evidence).toMatchObject({
      state: 'anchored',
      final: true,
      record,
      leafIndex: parsed.inclusion.leafIndex,
    });
  });

  test('another document, a changed record and another log are told apart', async () => {
    const verifiers = await verifiersFor(stack);
    const { id } = await accept(http, evidenceOf(DOCUMENT));
    const { bytes, text } = await receiptOf(http, id);
    expect((await verifyOnBothPaths(verifiers, bytes, [fingerprintOf('other')])).verdict).toBe(
      'other-document',
    );
    const altered = Buffer.from(text.replace(/\\"signers\\":0/, '\\"signers\\":1'));
    expect((await verifyOnBothPaths(verifiers, altered)).verdict).toBe('altered');
    const elsewhere = await TestStack.create();
    const worker = await elsewhere.startWorker();
    expect((await verifyOnBothPaths(await verifiersFor(elsewhere), bytes)).verdict).toBe('unverifiable');
    await worker.stop();
    await elsewhere.close();
  });

  test('the same bytes every time; the ETag is their hash and answers 304', async () => {
    const { id } = await accept(http, evidenceOf());
    const first = await receiptOf(http, id);
    // Blocks after it change nothing.
    await receiptOf(http, (await accept(http, evidenceOf())).id);
    const second = await http.get(`/v1/evidence/${id}/receipt`);
    expect(second.bytes.equals(first.bytes)).toBe(true);
    const etag = `"${createHash('sha256').update(first.bytes).digest('hex')}"`;
    expect(first.headers['etag']).toBe(etag);
    for (const tag of [etag, `W/${etag}`, '*', `"other", ${etag}`]) {
      const unchanged = await http.get(`/v1/evidence/${id}/receipt`, { 'if-none-match': tag });
      expect([unchanged.status, unchanged.bytes.length, unchanged.headers['etag']]).toEqual([304, 0, etag]);
    }
    expect((await http.get(`/v1/evidence/${id}/receipt`, { 'if-none-match': '"other"' })).status).toBe(200);
  });

  test('Prefer: wait answers with the anchored receipt and says that the preference was applied', async () => {
    const answer = await http.post('/v1/evidence', evidenceOf(DOCUMENT), {
      prefer: 'respond-async, wait=20',
    });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'preference-applied': 'wait=20',
      'content-type': 'application/vnd.cunzheng.receipt+json',
    });
    const id = answer.headers['location']?.split('/').at(-1) ?? '';
    expect((await http.get(`/v1/evidence/${id}/receipt`)).bytes.equals(answer.bytes)).toBe(true);
    expect(
      (await verifyOnBothPaths(await verifiersFor(stack), answer.bytes, [fingerprintOf(DOCUMENT)])).verdict,
    ).toBe('holds');
    const capped = await http.post('/v1/evidence', evidenceOf(), { prefer: 'wait=600' });
    expect(capped.headers['preference-applied']).toBe('wait=30');
  });

  test('signers stated inline are disclosed as asserted', async () => {
    const signers = [
      {
        name: '张三',
        identifiers: [{ scheme: 'cn-id-card', value: '110101199003070000' }],
        verification: { method: 'in person', at: '2026-01-02T03:04:05.678Z' },
      },
      { name: 'Li Si' },
    ];
    const { id, record, disclosures } = await accept(http, { ...evidenceOf(), signers });
    expect(JSON.parse(record)).toMatchObject({ assurance: 'asserted', signers: 2 });
    expect(Object.fromEntries(disclosures.map(readDisclosure))).toEqual({
      organization: tenant.id,
      'signer.0.name': '张三',
      'signer.0.identifiers': signers[0]?.identifiers,
      'signer.0.verification': signers[0]?.verification,
      'signer.0.assurance': 'asserted',
      'signer.1.name': 'Li Si',
      'signer.1.assurance': 'asserted',
    });
    const report = await verifyOnBothPaths(await verifiersFor(stack), (await receiptOf(http, id)).bytes);
    expect(report.verdict).toBe('holds');
  });

  test('a signed statement: every signature verifies from the receipt alone', async () => {
    const keys = [createSigningKey('ed25519'), createSigningKey('ecdsa-p256-sha256')];
    await registerSigner(http, '王五', ...keys);
    const statement = statementOf(tenant.id, keys, {
      fingerprints: ALGORITHMS.map((algorithm) => fingerprintOf(DOCUMENT, algorithm)),
      title: 'signed by two',
      clientRef: 'signed/1',
      signers: keys.map(({ alg, keyid }) => ({ alg, keyid, role: 'author' })),
    });
    const envelope = signEnvelope(canonical(statement), keys);
    const evidence = await accept(http, { envelope, title: 'signed by two' });
    expect(JSON.parse(evidence.record)).toMatchObject({ assurance: 'key', signers: 2 });
    const disclosed = Object.fromEntries(evidence.disclosures.map(readDisclosure));
    expect(disclosed).toMatchObject({
      envelope,
      title: 'signed by two',
      clientRef: 'signed/1',
      'signer.0.name': '王五',
      'signer.1.assurance': 'key',
    });
    expect(disclosed['signer.1.key']).toBe(keys[1]?.spki.toString('base64'));
    const { bytes } = await receiptOf(http, evidence.id);
    const report = await verifyOnBothPaths(await verifiersFor(stack), bytes, [fingerprintOf(DOCUMENT)]);
    expect(report.verdict).toBe('holds');
    expect(
      report.checks.filter(({ name }) => ['statement', 'signers'].includes(name)).map(({ status }) => status),
    ).toEqual(['passed', 'passed']);
  });

  test('POST /v1/receipts/verify gives the report without an API key, whatever the verdict', async () => {
    const { id } = await accept(http, evidenceOf(DOCUMENT));
    const receipt = (await receiptOf(http, id)).text;
    const verify = async (body: unknown): Promise<unknown> => {
      const answer = await http.as('').post('/v1/receipts/verify', body);
      expect(answer.status).toBe(200);
      return answer.json<{ verdict: string }>().verdict;
    };
    expect(await verify({ receipt })).toBe('holds');
    expect(
      await verify({ receipt, fingerprints: evidenceOf(DOCUMENT, ['sm3', 'sha-256']).fingerprints }),
    ).toBe('holds');
    expect(await verify({ receipt, fingerprints: [fingerprintOf(DOCUMENT)] })).toBe('holds');
    expect(await verify({ receipt, fingerprints: [fingerprintOf('other')] })).toBe('other-document');
    expect(await verify({ receipt: `${receipt} ` })).toBe('altered');
    expect(await verify({ receipt: 'no receipt' })).toBe('altered');
  });
});

describe('while no worker runs', () => {
  let stack: TestStack;
  let http: HttpClient;

  beforeAll(async () => {
    stack = await TestStack.create();
    const api = await stack.startApi();
    const worker = await stack.startWorker();
    http = api.http.as((await stack.createTenant()).token);
    await receiptOf(http, (await accept(http, evidenceOf())).id);
    await worker.stop();
  });

  afterAll(() => stack.close());

  test('evidence is accepted, and its receipt is pending with Retry-After', async () => {
    const { id } = await accept(http, evidenceOf());
    const pending = await http.get(`/v1/evidence/${id}/receipt`);
    expect([pending.status, pending.problem]).toEqual([404, 'receipt-pending']);
    expect(Number(pending.headers['retry-after'])).toBeGreaterThan(0);
    expect((await http.get(`/v1/evidence/${id}`)).json<Evidence>()).toMatchObject({
      state: 'accepted',
      final: false,
    });
  });

  test('a wait that ends in vain answers 202 without Preference-Applied', async () => {
    const answer = await http.post('/v1/evidence', evidenceOf(), { prefer: 'wait=1' });
    expect(answer.status).toBe(202);
    expect(answer.headers['preference-applied']).toBeUndefined();
    expect(answer.json<Evidence>().state).toBe('accepted');
  });

  test('a wait begun before the worker starts ends with the receipt', async () => {
    const waiting = http.post('/v1/evidence', evidenceOf(), { prefer: 'wait=30' });
    await stack.startWorker();
    expect((await waiting).status).toBe(200);
  });
});
