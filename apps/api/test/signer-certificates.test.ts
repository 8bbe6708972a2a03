/** Certificates of signers at intake, revocations of keys and certificates, and what a verifier makes of both. */
import { createHash, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { parseKnownEvent } from '@cunzheng/ledger';
import {
  formatTrustFolder,
  parsePolicy,
  parseTrust,
  verifyReceipt,
  type Check,
  type LoggedRevocation,
} from '@cunzheng/receipt';
import { createSignerCertificatesVerifier } from '@cunzheng/x509';
import { eventually } from '@test/eventually.js';
import {
  canonical,
  createSigningKey,
  evidenceOf,
  registerSigner,
  signEnvelope,
  statementOf,
  toSigningKey,
  type Evidence,
  type EnvelopeJson,
  type SigningKey,
} from '@test/evidence.js';
import { type Answer, type HttpClient } from '@test/http-client.js';
import { CA_EXTENSIONS, type Issued, OpensslPki, SIGNER_EXTENSIONS } from '@test/openssl-pki.js';
import { accept } from '@test/receipts.js';
import { TestStack, type Tenant, type TestApi } from '@test/stack.js';
import { describeWithTool } from '@test/tools.js';

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

describeWithTool('openssl', 'certificates and revocations', () => {
  let pki: OpensslPki;
  let root: Issued;
  let middle: Issued;
  let leaf: Issued;
  let stack: TestStack;
  let api: TestApi;
  let tenant: Tenant;
  let http: HttpClient;
  let key: SigningKey;
  let signer: string;

  const keyOf = (holder: Issued): SigningKey =>
    toSigningKey('ecdsa-p256-sha256', createPrivateKey(readFileSync(holder.keyPath)));

  beforeAll(async () => {
    pki = new OpensslPki();
    root = pki.issue({ name: 'root', extensions: CA_EXTENSIONS });
    middle = pki.issue({ name: 'middle', issuer: root, extensions: CA_EXTENSIONS });
    leaf = pki.issue({ name: 'zhang-san', issuer: middle, extensions: SIGNER_EXTENSIONS });
    stack = await TestStack.create({ SIGNER_ROOTS_FILE: root.certificatePath });
    api = await stack.startApi();
    await stack.startWorker();
    tenant = await stack.createTenant();
    http = api.http.as(tenant.token);
    await accept(http, evidenceOf());
    key = keyOf(leaf);
    signer = await registerSigner(http, '张三', key);
  });
  afterAll(async () => {
    await stack.close();
    pki.remove();
  });

  const envelopeOf = (keys: readonly SigningKey[]): EnvelopeJson =>
    signEnvelope(canonical(statementOf(tenant.id, keys)), keys);
  const post = (envelope: EnvelopeJson, certificates: unknown): Promise<Answer> =>
    http.post('/v1/evidence', { envelope, certificates });
  const chainOf = (...issued: Issued[]): string[] => issued.map(({ der }) => base64(der));
  const assuranceOf = (answer: Answer): string =>
    (JSON.parse(answer.json<Evidence>().record) as { assurance: string }).assurance;

  /** The check `signers` of a receipt, by the roots of these tests and with the log's revocations. */
  async function checkSigners(id: string): Promise<Check> {
    const receipt = await eventually('the receipt', async () => {
      const answer = await http.get(`/v1/evidence/${id}/receipt`);
      return answer.status === 200 && answer.text;
    });
    const [log] = await stack.query<{ verifier_key: string }>('SELECT verifier_key FROM log');
    const policy = parsePolicy(nativeCrypto, `log ${log!.verifier_key}\nquorum none\n`);
    const trust = { ...parseTrust(nativeCrypto, formatTrustFolder({ policy })), signerRoots: [root.der] };
    const verifyCertificates = createSignerCertificatesVerifier(nativeCrypto);
    const report = await verifyReceipt(receipt, {
      crypto: nativeCrypto,
      trust,
      verifyCertificates,
      revocations: await readRevocations(),
    });
    return report.checks.find(({ name }) => name === 'signers')!;
  }

  async function readRevocations(): Promise<LoggedRevocation[]> {
    const rows = await stack.query<{ height: string; body: Buffer }>('SELECT height, body FROM log_event');
    return rows.flatMap(({ height, body }) => {
      const event = parseKnownEvent(new Uint8Array(body));
      return event?.event === 'revocation' ? [{ ...event, height: Number(height) }] : [];
    });
  }

  test('a chain to the configured roots gives the assurance certificate, and a verifier confirms it', async () => {
    const answer = await post(envelopeOf([key]), [chainOf(leaf, middle)]);
    expect(answer.status).toBe(202);
    expect(assuranceOf(answer)).toBe('certificate');
    const { id } = answer.json<Evidence>();
    expect((await http.get(`/v1/evidence/${id}`)).json<Evidence>().record).toBe(
      answer.json<Evidence>().record,
    );
    const check = await checkSigners(id);
    expect(check.status).toBe('passed');
    expect(check.established['signers']).toEqual([expect.stringContaining('CN=zhang-san')]);
    expect((await http.get(`/v1/evidence/${id}/receipt`)).status).toBe(200);
  });

  test('several signers: the record has the weakest assurance, the receipt shows each', async () => {
    const plain = createSigningKey('sm2-sm3');
    await registerSigner(http, '李四', plain);
    const answer = await post(envelopeOf([key, plain]), [chainOf(leaf, middle), []]);
    expect([answer.status, assuranceOf(answer)]).toEqual([202, 'key']);
    const check = await checkSigners(answer.json<Evidence>().id);
    expect(check.status).toBe('passed');
    expect(check.established['signers']).toEqual([
      expect.stringMatching(/^张三: signed with a certificate of .*zhang-san/),
      '李四: signed with a registered key',
    ]);
  });

  test('signers without an envelope are as stated by the platform, whatever the client would like', async () => {
    const evidence = await accept(http, { ...evidenceOf(), signers: [{ name: '王五' }] });
    const check = await checkSigners(evidence.id);
    expect(check.established['signers']).toEqual(['王五: as stated by the platform']);
    const claimed = { ...evidenceOf(), signers: [{ name: '王五', assurance: 'certificate' }] };
    expect((await http.post('/v1/evidence', claimed)).status).toBe(422);
  });

  test.each<[string, () => unknown]>([
    ['no intermediate', () => [chainOf(leaf)]],
    [
      'another key',
      () => [chainOf(pki.issue({ name: 'li', issuer: middle, extensions: SIGNER_EXTENSIONS }), middle)],
    ],
    [
      'an expired one',
      () => [chainOf(pki.issue({ name: 'old', issuer: middle, notAfter: new Date('2021-01-01') }), middle)],
    ],
    ['more lists than signers', () => [chainOf(leaf, middle), []]],
    ['no certificate', () => [['AAAA']]],
  ])('%s is refused', async (_, certificates) => {
    const answer = await post(envelopeOf([key]), certificates());
    expect([answer.status, answer.problem]).toEqual([422, 'certificate-invalid']);
  });

  test('a revoked certificate is refused, the key without it is not', async () => {
    const certificate = createHash('sha256').update(leaf.der).digest('hex');
    const path = `/v1/signers/${signer}/keys/${key.keyid}/revocations`;
    const answer = await http.post(path, { certificate, reason: 'superseded' });
    expect([answer.status, answer.json()]).toEqual([
      201,
      expect.objectContaining({ certificate, keyid: key.keyid, reason: 'superseded' }),
    ]);
    const refused = await eventually('the revocation is heard', async () => {
      const next = await post(envelopeOf([key]), [chainOf(leaf, middle)]);
      return next.status !== 202 && next;
    });
    expect([refused.status, refused.problem]).toEqual([422, 'key-revoked']);
    expect((await post(envelopeOf([key]), undefined)).status).toBe(202);
    expect((await http.post(path, { certificate })).problem).toBe('key-revoked');
  });

  test('a revoked key is refused; what it signed before stays valid, and dating back is seen', async () => {
    const lost = createSigningKey();
    const owner = await registerSigner(http, '赵六', lost);
    const before = (await post(envelopeOf([lost]), undefined)).json<Evidence>();
    expect((await checkSigners(before.id)).status).toBe('passed');
    const path = `/v1/signers/${owner}/keys/${lost.keyid}/revocations`;
    const foreign = api.http.as((await stack.createTenant()).token);
    expect((await foreign.post(path, {})).status).toBe(404);
    expect(
      (await http.post(path, { effectiveAt: new Date(Date.now() + 900_000).toISOString() })).status,
    ).toBe(422);
    expect((await http.post(path, { reason: 'key-compromise' })).status).toBe(201);
    const refused = await eventually('the revocation is heard', async () => {
      const next = await post(envelopeOf([lost]), undefined);
      return next.status !== 202 && next;
    });
    expect([refused.status, refused.problem]).toEqual([422, 'key-revoked']);
    expect((await http.get(`/v1/signers/${owner}`)).text).toContain('revokedAt');
    await eventually('the event is in the log', async () =>
      (await readRevocations()).some(({ keyid }) => keyid === lost.keyid),
    );
    const after = await checkSigners(before.id);
    expect(after).toMatchObject({ status: 'passed', established: { revocation: 'checked' } });
    expect(after.established['revoked']).toHaveLength(1);

    expect((await http.post(path, { effectiveAt: '2020-01-01T00:00:00.000Z' })).status).toBe(201);
    await eventually('the second event is in the log', async () => {
      const events = await readRevocations();
      return events.filter(({ keyid }) => keyid === lost.keyid).length === 2;
    });
    expect(await checkSigners(before.id)).toMatchObject({
      status: 'not checked',
      reason: { code: 'revocation-backdated' },
    });
  });

  test('mutated envelopes and certificates are refused as such: never an error of ours', async () => {
    const fresh = pki.issue({ name: 'fuzz', issuer: middle, extensions: SIGNER_EXTENSIONS });
    const holder = keyOf(fresh);
    await registerSigner(http, 'fuzz', holder);
    const envelope = envelopeOf([holder]);
    const bytes = {
      certificate: Buffer.from(fresh.der),
      payload: Buffer.from(envelope.payload, 'base64'),
      signature: Buffer.from(envelope.signatures[0]!.sig, 'base64'),
    };
    const change = fc.tuple(
      fc.constantFrom('certificate' as const, 'payload' as const, 'signature' as const),
      fc.nat({ max: 4_000 }),
      fc.integer({ min: 1, max: 255 }),
      fc.constantFrom('flip', 'cut', 'repeat', 'insert'),
    );
    const mutate = (part: Buffer, at: number, value: number, how: string): Buffer => {
      const place = at % part.length;
      const [head, tail] = [part.subarray(0, place), part.subarray(place)];
      if (how === 'flip') return Buffer.from(part.map((byte, i) => (i === place ? byte ^ value : byte)));
      if (how === 'cut') return head;
      return Buffer.concat([head, how === 'insert' ? Buffer.of(value) : tail, tail]);
    };
    await fc.assert(
      fc.asyncProperty(change, async ([part, at, value, how]) => {
        const changed = { ...bytes, [part]: mutate(bytes[part], at, value, how) };
        const answer = await post(
          {
            ...envelope,
            payload: base64(changed.payload),
            signatures: [{ keyid: holder.keyid, sig: base64(changed.signature) }],
          },
          [[base64(changed.certificate), base64(middle.der)]],
        );
        expect(answer.status).toBe(422);
      }),
      { numRuns: 300, seed: 20261120 },
    );
    expect((await post(envelope, [chainOf(fresh, middle)])).status).toBe(202);
  });

  test('without roots no certificate is taken, and the file must hold certificates', async () => {
    const other = pki.issue({ name: 'other', issuer: middle, extensions: SIGNER_EXTENSIONS });
    const holder = keyOf(other);
    await registerSigner(http, 'other', holder);
    const strict = await stack.startApi({ SIGNER_ROOTS_FILE: '' });
    const answer = await strict.http
      .as(tenant.token)
      .post('/v1/evidence', { envelope: envelopeOf([holder]), certificates: [chainOf(other, middle)] });
    expect([answer.status, answer.problem]).toEqual([422, 'certificate-invalid']);
    await expect(stack.startApi({ SIGNER_ROOTS_FILE: join(pki.directory, 'root.key') })).rejects.toThrow();
  });
});
