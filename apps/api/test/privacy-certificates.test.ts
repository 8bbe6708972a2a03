/** Certificates and timestamp tokens name persons too: they are planted, accepted, refused, shown, and found nowhere else. */
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  canonical,
  evidenceOf,
  fingerprintOf,
  registerSigner,
  signEnvelope,
  statementOf,
  toSigningKey,
  type Evidence,
  type SigningKey,
} from '@test/evidence.js';
import { type HttpClient } from '@test/http-client.js';
import {
  CA_EXTENSIONS,
  type Issued,
  OpensslPki,
  SIGNER_EXTENSIONS,
  TSA_EXTENSIONS,
} from '@test/openssl-pki.js';
import { OpensslTsa } from '@test/openssl-tsa.js';
import { Planted } from '@test/planted.js';
import { accept, receiptOf } from '@test/receipts.js';
import { TestStack, type Tenant, type TestApi } from '@test/stack.js';
import { describeWithTool } from '@test/tools.js';

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const DOCUMENT = 'a document with a stamp';

describeWithTool('openssl', 'names in certificates and tokens', () => {
  const planted = new Planted();
  const directory = mkdtempSync(join(tmpdir(), 'cunzheng-privacy-'));
  let pki: OpensslPki;
  let stack: TestStack;
  let api: TestApi;
  let tenant: Tenant;
  let http: HttpClient;

  beforeAll(async () => {
    pki = new OpensslPki();
    const root = pki.issue({ name: 'root', extensions: CA_EXTENSIONS });
    writeFileSync(join(directory, 'roots.pem'), root.pem);
    const roots = join(directory, 'roots.pem');
    stack = await TestStack.create({ SIGNER_ROOTS_FILE: roots, TSA_ROOTS_FILE: roots });
    api = await stack.startApi();
    const worker = await stack.startWorker();
    tenant = await stack.createTenant(`${planted.word}-org`);
    http = api.http.as(tenant.token);
    await accept(http, evidenceOf());
    await useCertificates(root);
    await useTokens(root);
    await worker.stop();
  });
  afterAll(async () => {
    await stack.close();
    pki.remove();
    rmSync(directory, { recursive: true });
  });

  const issueTo = (who: string, issuer: Issued, extensions = SIGNER_EXTENSIONS): Issued =>
    pki.issue({ name: planted.text(who), organization: planted.text('employer'), issuer, extensions });
  const keyOf = ({ keyPath }: Issued): SigningKey =>
    toSigningKey('ecdsa-p256-sha256', createPrivateKey(readFileSync(keyPath)));
  const envelopeOf = (...keys: SigningKey[]): object =>
    signEnvelope(canonical(statementOf(tenant.id, keys)), keys);

  /** With the envelope, registered for the key, registered twice, for another key, and by an issuer that nobody knows. */
  async function useCertificates(root: Issued): Promise<void> {
    const issuer = issueTo('issuer', root, CA_EXTENSIONS);
    const stranger = pki.issue({ name: planted.text('stranger'), extensions: CA_EXTENSIONS });
    const [sent, registered, foreign] = [
      issueTo('sent', issuer),
      issueTo('registered', issuer),
      issueTo('foreign', stranger),
    ];
    const keys = [sent, registered, foreign].map(keyOf);
    const chains = [sent, registered, foreign].map((leaf) => [leaf, issuer].map(({ der }) => base64(der)));
    const signer = await registerSigner(http, planted.text('signer'), ...keys);
    const register = async (key: number, chain: number, headers = {}): Promise<number> => {
      const path = `/v1/signers/${signer}/keys/${keys[key]!.keyid}/certificates`;
      return (await http.post(path, { certificates: chains[chain] }, headers)).status;
    };
    expect([
      await register(1, 1, { 'idempotency-key': planted.text('idempotency') }),
      await register(1, 1),
      await register(0, 1),
      await register(2, 2),
    ]).toEqual([201, 409, 422, 422]);
    await expectShown(await accept(http, { envelope: envelopeOf(keys[0]!), certificates: [chains[0]] }));
    await expectShown(await accept(http, { envelope: envelopeOf(keys[1]!) }));
    const refused = await http.post('/v1/evidence', {
      envelope: envelopeOf(keys[2]!),
      certificates: [chains[2]],
    });
    expect(refused.status).toBe(422);
    const revocation = await http.post(`/v1/signers/${signer}/keys/${keys[0]!.keyid}/revocations`, {});
    expect(revocation.status).toBe(201);
  }

  /** From an authority with a person's name, taken and refused. */
  async function useTokens(root: Issued): Promise<void> {
    const tsa = new OpensslTsa(pki, issueTo('authority', root, TSA_EXTENSIONS));
    const request = (stamped: string): object => ({
      fingerprints: [fingerprintOf(DOCUMENT)],
      tokens: [base64(tsa.stamp(Buffer.from(stamped)))],
    });
    await expectShown(await accept(http, request(DOCUMENT)));
    expect((await http.post('/v1/evidence', request('another document'))).status).toBe(422);
  }

  /** To whom it belongs everything is shown. */
  async function expectShown({ id }: Evidence): Promise<void> {
    const { bytes } = await receiptOf(http, id);
    const { disclosures } = JSON.parse(bytes.toString()) as { disclosures: string[] };
    const decoded = disclosures.map((text) => Buffer.from(text, 'base64url').toString());
    const inside = decoded.filter((text) => /"(signer\.0\.certificates|token\.0)"/.test(text)).join();
    expect(planted.find(Buffer.from(inside)).length).toBeGreaterThan(0);
  }

  test('are in no row and no file of the database', async () => {
    expect((await planted.scanRows(stack)).found).toEqual([]);
    expect((await planted.scanServerFiles(stack)).found).toEqual([]);
    expect(await stack.query('SELECT FROM signer_certificate')).toHaveLength(1);
  });

  test('are not in the log, at any level', () => {
    expect(planted.scanLogs(stack).found).toEqual([]);
  });

  test('are not in the public ledger, its events included', async () => {
    expect((await planted.scanLedger(stack)).found).toEqual([]);
    const [log] = await stack.query<{ name: string }>('SELECT name FROM log');
    const events = await api.http.get(`/logs/${log!.name}/events`);
    expect(events.text).toContain('revocation');
    expect(planted.scanPublic([['events', events.bytes]]).found).toEqual([]);
  });
});
