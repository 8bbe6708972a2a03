/**
 * Keys with a time to sign in, certificates registered for them, several signers on one envelope, what an erasure leaves of
 * certificates, and revocations as the service's own verification reports them.
 */
import { createHash, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  formatTrustFolder,
  parsePolicy,
  parseTrust,
  verifyReceipt,
  type Check,
  type VerificationReport,
} from '@cunzheng/receipt';
import { createSignerCertificatesVerifier } from '@cunzheng/x509';
import { eventually } from '@test/eventually.js';
import {
  canonical,
  createSigningKey,
  evidenceOf,
  readDisclosure,
  registerSigner,
  requestChallenge,
  signEnvelope,
  statementOf,
  toSigningKey,
  type Evidence,
  type SigningKey,
} from '@test/evidence.js';
import { type Answer, type HttpClient } from '@test/http-client.js';
import { CA_EXTENSIONS, type Issued, OpensslPki, SIGNER_EXTENSIONS } from '@test/openssl-pki.js';
import { accept, receiptOf } from '@test/receipts.js';
import { TestStack, type Tenant, type TestApi } from '@test/stack.js';
import { describeWithTool } from '@test/tools.js';

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();

interface Registered {
  readonly keys: readonly {
    readonly validFrom?: string;
    readonly validUntil?: string;
    readonly certificates?: readonly { sha256: string; subject: string; revokedAt?: string }[];
  }[];
}

describeWithTool('openssl', 'keys and certificates of signers', () => {
  let pki: OpensslPki;
  let root: Issued;
  let middle: Issued;
  let stack: TestStack;
  let api: TestApi;
  let tenant: Tenant;
  let http: HttpClient;

  beforeAll(async () => {
    pki = new OpensslPki();
    root = pki.issue({ name: 'root', extensions: CA_EXTENSIONS });
    middle = pki.issue({ name: 'middle', issuer: root, extensions: CA_EXTENSIONS });
    stack = await TestStack.create({ SIGNER_ROOTS_FILE: root.certificatePath });
    api = await stack.startApi();
    await stack.startWorker();
    tenant = await stack.createTenant();
    http = api.http.as(tenant.token);
    await accept(http, evidenceOf());
  });
  afterAll(async () => {
    await stack.close();
    pki.remove();
  });

  const keyOf = ({ keyPath }: Issued): SigningKey =>
    toSigningKey('ecdsa-p256-sha256', createPrivateKey(readFileSync(keyPath)));
  const issue = (name: string): Issued => pki.issue({ name, issuer: middle, extensions: SIGNER_EXTENSIONS });
  const chainOf = (...issued: Issued[]): string[] => issued.map(({ der }) => base64(der));
  const send = (keys: readonly SigningKey[], members = {}, more = {}): Promise<Answer> =>
    http.post('/v1/evidence', {
      envelope: signEnvelope(canonical(statementOf(tenant.id, keys, members)), keys),
      ...more,
    });
  const outcomeOf = ({ status, problem, text }: Answer): unknown =>
    status === 202
      ? (JSON.parse((JSON.parse(text) as Evidence).record) as { assurance: string }).assurance
      : problem;
  const registerChain = (signer: string, key: SigningKey, certificates: string[]): Promise<Answer> =>
    http.post(`/v1/signers/${signer}/keys/${key.keyid}/certificates`, { certificates });
  const readSigner = async (signer: string): Promise<Registered> =>
    (await http.get(`/v1/signers/${signer}`)).json<Registered>();

  async function registerKeyFor(
    window: object,
  ): Promise<{ signer: string; key: SigningKey; answer: Answer }> {
    const key = createSigningKey();
    const signer = await registerSigner(http, '某公司');
    const { challenge, message } = await requestChallenge(http, signer, key);
    const answer = await http.post(`/v1/signers/${signer}/keys`, {
      alg: key.alg,
      publicKey: base64(key.spki),
      challenge,
      signature: base64(key.sign(message)),
      ...window,
    });
    return { signer, key, answer };
  }

  async function verifyAs(receipt: Answer): Promise<VerificationReport> {
    const [log] = await stack.query<{ verifier_key: string }>('SELECT verifier_key FROM log');
    const policy = parsePolicy(nativeCrypto, `log ${log!.verifier_key}\nquorum none\n`);
    return await verifyReceipt(receipt.bytes, {
      crypto: nativeCrypto,
      trust: { ...parseTrust(nativeCrypto, formatTrustFolder({ policy })), signerRoots: [root.der] },
      verifyCertificates: createSignerCertificatesVerifier(nativeCrypto),
    });
  }
  const checkOf = (report: VerificationReport, name: string): Check =>
    report.checks.find((check) => check.name === name)!;

  test('a signer is a person or an organization, and what else it is called is refused', async () => {
    const answer = await http.post('/v1/signers', { type: 'organization', name: '某公司' });
    expect(answer.json()).toMatchObject({ type: 'organization', name: '某公司' });
    const { id } = answer.json<{ id: string }>();
    expect((await http.get(`/v1/signers/${id}`)).json()).toMatchObject({ type: 'organization' });
    expect((await http.post('/v1/signers', { type: 'robot', name: 'x' })).status).toBe(422);
  });

  test.each([
    ['inside its time', { validFrom: inMinutes(-10), validUntil: inMinutes(60) }, -1, 'key'],
    ['signed before it', { validFrom: inMinutes(-10) }, -60, 'key-not-valid'],
    ['not yet', { validFrom: inMinutes(30) }, 0, 'key-not-valid'],
    ['dated back into a time that is over', { validUntil: inMinutes(-5) }, -60, 'key-not-valid'],
  ])('a statement %s', async (_, window, createdAtMinutes, outcome) => {
    const { signer, key, answer } = await registerKeyFor(window);
    expect([answer.status, answer.json()]).toEqual([201, expect.objectContaining(window)]);
    expect((await readSigner(signer)).keys).toEqual([expect.objectContaining(window)]);
    expect(outcomeOf(await send([key], { createdAt: inMinutes(createdAtMinutes) }))).toBe(outcome);
  });

  test('a time that ends before it begins is refused', async () => {
    const { answer } = await registerKeyFor({ validFrom: inMinutes(1), validUntil: inMinutes(1) });
    expect([answer.status, answer.problem]).toEqual([422, 'invalid-content']);
  });

  test('a registered certificate is used for envelopes that bring none, until it is revoked', async () => {
    const leaf = issue('zhang-san');
    const key = keyOf(leaf);
    const signer = await registerSigner(http, '张三', key);
    expect(outcomeOf(await send([key]))).toBe('key');
    const answer = await registerChain(signer, key, chainOf(leaf, middle));
    expect([answer.status, answer.json()]).toEqual([
      201,
      expect.objectContaining({
        sha256: sha256(leaf.der),
        subject: expect.stringContaining('zhang-san') as string,
        notAfter: '2040-01-01T00:00:00.000Z',
      }),
    ]);
    const accepted = await eventually('the certificate is used', async () => {
      const sent = await send([key]);
      return outcomeOf(sent) === 'certificate' && sent.json<Evidence>();
    });
    const report = await verifyAs(await receiptOf(http, accepted.id));
    expect(checkOf(report, 'signers')).toMatchObject({ status: 'passed' });
    expect(outcomeOf(await send([key], {}, { certificates: [[]] }))).toBe('key');
    expect((await registerChain(signer, key, chainOf(leaf, middle))).problem).toBe('certificate-registered');

    const path = `/v1/signers/${signer}/keys/${key.keyid}/revocations`;
    expect((await http.post(path, { certificate: sha256(leaf.der) })).status).toBe(201);
    await eventually('it is no longer used', async () => outcomeOf(await send([key])) === 'key');
    const [{ certificates } = {}] = (await readSigner(signer)).keys;
    expect(certificates).toEqual([expect.objectContaining({ revokedAt: expect.any(String) as string })]);
    expect((await registerChain(signer, key, chainOf(leaf, middle))).problem).toBe('key-revoked');
  });

  test('what does not hold, or is not theirs, is not registered; what no longer holds is not used', async () => {
    const short = issue('short');
    const key = keyOf(short);
    const signer = await registerSigner(http, 'short', key);
    expect((await registerChain(signer, key, chainOf(short))).problem).toBe('certificate-invalid');
    expect((await registerChain(signer, key, chainOf(issue('other'), middle))).problem).toBe(
      'certificate-invalid',
    );
    expect((await registerChain(signer, key, ['AAAA'])).problem).toBe('certificate-invalid');
    expect((await registerChain(signer, createSigningKey(), chainOf(short, middle))).status).toBe(404);
    const foreign = api.http.as((await stack.createTenant()).token);
    const path = `/v1/signers/${signer}/keys/${key.keyid}/certificates`;
    expect((await foreign.post(path, { certificates: chainOf(short, middle) })).status).toBe(404);
    expect((await registerChain(signer, key, chainOf(short, middle))).status).toBe(201);
    const elsewhere = await stack.startApi({ SIGNER_ROOTS_FILE: middle.certificatePath });
    const stranger = await stack.startApi({ SIGNER_ROOTS_FILE: issue('stranger').certificatePath });
    const sendTo = async ({ http: client }: TestApi): Promise<unknown> => {
      const envelope = signEnvelope(canonical(statementOf(tenant.id, [key])), [key]);
      return outcomeOf(await client.as(tenant.token).post('/v1/evidence', { envelope }));
    };
    expect([await sendTo(elsewhere), await sendTo(stranger)]).toEqual(['certificate', 'key']);
  });

  test('the verification of the service looks revocations up in its own logs', async () => {
    const key = createSigningKey();
    const signer = await registerSigner(http, '吊销', key);
    const { id } = (await send([key])).json<Evidence>();
    const receipt = await receiptOf(http, id);
    const signersOf = async (): Promise<Check> => {
      const answer = await api.http.post('/v1/receipts/verify', { receipt: receipt.text });
      return checkOf(answer.json<VerificationReport>(), 'signers');
    };
    expect(await signersOf()).toMatchObject({ status: 'passed', established: { revocation: 'checked' } });
    expect((await signersOf()).established['revoked']).toBeUndefined();
    expect((await http.post(`/v1/signers/${signer}/keys/${key.keyid}/revocations`, {})).status).toBe(201);
    const after = await eventually('the revocation is in the log', async () => {
      const check = await signersOf();
      return check.established['revoked'] !== undefined && check;
    });
    expect(after).toMatchObject({
      status: 'passed',
      established: { revoked: [expect.stringContaining('signer 0: revoked as of') as string] },
    });
  });

  test('a key that another organization revoked is refused, as verifiers would', async () => {
    const key = createSigningKey();
    await registerSigner(http, '同一人', key);
    expect((await send([key])).status).toBe(202);
    const elsewhere = api.http.as((await stack.createTenant()).token);
    const foreign = await registerSigner(elsewhere, '同一人', key);
    const path = `/v1/signers/${foreign}/keys/${key.keyid}/revocations`;
    const effectiveAt = new Date(Date.now() - 60_000).toISOString();
    expect((await elsewhere.post(path, { effectiveAt })).status).toBe(201);
    const refused = await eventually('the revocation is heard', async () => {
      const next = await send([key]);
      return next.status !== 202 && next;
    });
    expect([refused.status, refused.problem]).toEqual([422, 'key-revoked']);
  });

  test('signers of four algorithms, one with a certificate: the receipt shows each, and hiding one name leaves the rest', async () => {
    const leaf = issue('ed');
    const certified = keyOf(leaf);
    const keys = [createSigningKey('ed25519'), createSigningKey('sm2-sm3'), createSigningKey('ml-dsa-65')];
    const names = ['甲', '乙', '丙'];
    for (const [index, key] of keys.entries()) await registerSigner(http, names[index]!, key);
    const fourth = await registerSigner(http, '丁', certified);
    expect((await registerChain(fourth, certified, chainOf(leaf, middle))).status).toBe(201);
    const { fingerprints } = evidenceOf('signed by four');
    const signers = [...keys, certified];
    const accepted = await eventually('the certificate is used', async () => {
      const sent = await send(signers, { fingerprints });
      expect(outcomeOf(sent)).toBe('key');
      const { id, disclosures } = sent.json<Evidence>();
      return disclosures.some((one) => readDisclosure(one)[0] === 'signer.3.certificates') && id;
    });
    const whole = checkOf(await verifyAs(await receiptOf(http, accepted)), 'signers');
    expect(whole.status).toBe('passed');
    expect(whole.established['signers']).toEqual([
      '甲: signed with a registered key',
      '乙: signed with a registered key',
      '丙: signed with a registered key',
      expect.stringMatching(/^丁: signed with a certificate of .*CN=ed/),
    ]);
    const all = (await receiptOf(http, accepted))
      .json<Evidence>()
      .disclosures.map((one) => readDisclosure(one)[0]);
    const shown = all.filter((name) => name !== 'signer.1.name').join(',');
    const part = await http.get(`/v1/evidence/${accepted}/receipt?disclose=${shown}`);
    expect(part.text).not.toContain(Buffer.from('乙').toString('base64url'));
    const report = await verifyAs(part);
    expect(report.verdict).toBe('holds');
    expect(checkOf(report, 'statement').status).toBe('passed');
    expect(checkOf(report, 'signers')).toMatchObject({
      status: 'passed',
      established: {
        names: ['甲', '丙', '丁'],
        signers: expect.arrayContaining([
          'withheld: signed with a registered key',
          '丙: signed with a registered key',
        ]) as string[],
      },
    });
  });

  test('erasing removes certificates, of the evidence and of the signer; the receipt handed out stays valid', async () => {
    const leaf = issue('to-be-erased');
    const key = keyOf(leaf);
    const signer = await registerSigner(http, '将被删除', key);
    await registerChain(signer, key, chainOf(leaf, middle));
    const { id } = await eventually('the certificate is used', async () => {
      const sent = await send([key]);
      return outcomeOf(sent) === 'certificate' && sent.json<Evidence>();
    });
    const receipt = await receiptOf(http, id);
    const erased = await http.send({ method: 'DELETE', path: `/v1/evidence/${id}/personal-data` });
    expect(erased.json<{ erased: string[] }>().erased).toEqual(
      expect.arrayContaining(['signer.0.certificates', 'signer.0.key', 'signer.0.name']),
    );
    const later = await receiptOf(http, id);
    expect(later.json<Evidence>().disclosures.map((one) => readDisclosure(one)[0])).toEqual(['organization']);
    expect((await verifyAs(later)).verdict).toBe('holds');
    expect(checkOf(await verifyAs(receipt), 'signers')).toMatchObject({ status: 'passed' });

    const count = (): Promise<{ n: number }[]> =>
      stack.query(
        `SELECT count(*)::int AS n FROM signer_certificate c JOIN signer_key k ON k.key = c.key WHERE k.signer = '${signer}'`,
      );
    expect(await count()).toEqual([{ n: 1 }]);
    const gone = await http.send({ method: 'DELETE', path: `/v1/signers/${signer}/personal-data` });
    expect(gone.json()).toMatchObject({ complete: true });
    expect(await count()).toEqual([{ n: 0 }]);
    expect((await readSigner(signer)).keys).toEqual([
      expect.not.objectContaining({ certificates: expect.anything() as unknown }),
    ]);
    expect((await registerChain(signer, key, chainOf(leaf, middle))).problem).toBe('key-revoked');
    expect(checkOf(await verifyAs(receipt), 'signers')).toMatchObject({ status: 'passed' });
  });
});
