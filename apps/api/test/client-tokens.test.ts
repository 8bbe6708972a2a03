/** Timestamp tokens that clients bring: verified in full at intake, shown, disclosed, and judged again by whoever verifies. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { parseTrust, verifyReceipt, type VerificationReport } from '@cunzheng/receipt';
import { createTimestampVerifier, parseToken } from '@cunzheng/timestamp';
import { type HttpClient } from '@test/http-client.js';
import { CA_EXTENSIONS, type Issued, OpensslPki, TSA_EXTENSIONS } from '@test/openssl-pki.js';
import { OpensslTsa, signTstInfo } from '@test/openssl-tsa.js';
import { accept, receiptOf } from '@test/receipts.js';
import { TestStack } from '@test/stack.js';
import { describeWithTool } from '@test/tools.js';

const DOCUMENT = Buffer.from('a work of eight words and a timestamp');

describeWithTool('openssl', 'tokens of clients', () => {
  const directory = mkdtempSync(join(tmpdir(), 'cunzheng-tokens-'));
  let pki: OpensslPki;
  let root: Issued;
  let tsa: OpensslTsa;
  let stack: TestStack;
  let http: HttpClient;

  beforeAll(async () => {
    pki = new OpensslPki();
    root = pki.issue({ name: 'root', extensions: CA_EXTENSIONS });
    const unit = pki.issue({
      name: 'unit',
      organization: 'Outside Authority',
      issuer: root,
      extensions: TSA_EXTENSIONS,
    });
    tsa = new OpensslTsa(pki, unit, { settings: ['accuracy=millisecs:250'] });
    writeFileSync(join(directory, 'roots.pem'), root.pem);
    stack = await TestStack.create({ TSA_ROOTS_FILE: join(directory, 'roots.pem') });
    http = (await stack.startApi()).http.as((await stack.createTenant()).token);
    await stack.startWorker();
  });
  afterAll(async () => {
    await stack.close();
    pki.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const request = (...tokens: Uint8Array[]): object => ({
    fingerprints: [
      { algorithm: 'sha-256', digest: createHash('sha256').update(DOCUMENT).digest('hex') },
      { algorithm: 'sm3', digest: Buffer.from(nativeCrypto.digest('sm3').hash(DOCUMENT)).toString('hex') },
    ],
    tokens: tokens.map(base64),
  });
  const verify = (receipt: Uint8Array, roots: string | undefined): Promise<VerificationReport> => {
    const trustFile = (name: string): string => readFileSync(join(stack.directory, 'trust', name), 'utf8');
    const files = { policy: trustFile('policy'), 'trust.json': trustFile('trust.json') };
    const trust = parseTrust(nativeCrypto, {
      ...files,
      ...(roots === undefined ? {} : { 'tsa-roots.pem': roots }),
    });
    return verifyReceipt(receipt, {
      crypto: nativeCrypto,
      trust,
      verifyTimestamp: createTimestampVerifier(nativeCrypto),
    });
  };
  const timeOf = ({ checks }: VerificationReport): VerificationReport['checks'][number]['established'] =>
    checks.find(({ name }) => name === 'time')!.established;

  test('are shown with time, authority and serial, and the receipt reports them by the roots of its reader', async () => {
    const tokens = [tsa.stamp(DOCUMENT), tsa.stamp(DOCUMENT, { digest: 'sm3' })];
    const { id } = await accept(http, request(...tokens));
    const receipt = await receiptOf(http, id);
    const { genTimeMs, serialNumber } = parseToken(tokens[0]!).info;
    const shown = (await http.get(`/v1/evidence/${id}`)).json<{ timestamps: unknown[] }>().timestamps;
    expect(shown).toHaveLength(2);
    expect(shown[0]).toEqual({
      time: new Date(genTimeMs).toISOString(),
      accuracyMs: 250,
      tsa: 'C=CN, O=Outside Authority, CN=unit',
      serialNumber,
    });
    const report = await verify(receipt.bytes, root.pem);
    expect(report.verdict).toBe('holds');
    expect(timeOf(report)['documentStampedBy']).toEqual([
      `${new Date(genTimeMs + 250).toISOString()} by C=CN, O=Outside Authority, serial ${serialNumber}`,
      expect.stringMatching(/ by C=CN, O=Outside Authority, serial /),
    ]);
    const stranger = await verify(receipt.bytes, undefined);
    expect(stranger.verdict).toBe('holds');
    expect(timeOf(stranger)['documentStampsRejected']).toEqual([
      expect.stringMatching(/^certificate-untrusted: /),
      expect.stringMatching(/^certificate-untrusted: /),
    ]);
  });

  test.each<[string, () => Uint8Array, string]>([
    ['over another document', () => tsa.stamp(Buffer.from('other')), 'imprint-mismatch'],
    [
      'by an algorithm that no fingerprint has',
      () => tsa.stamp(DOCUMENT, { digest: 'sha512' }),
      'imprint-mismatch',
    ],
    ['without its certificate', () => tsa.stamp(DOCUMENT, { certificate: false }), 'certificate-missing'],
    ['cut', () => tsa.stamp(DOCUMENT).subarray(0, 300), 'token-malformed'],
    [
      'of an authority that is not believed',
      () => new OpensslTsa(pki, pki.issue({ name: 'stranger', extensions: TSA_EXTENSIONS })).stamp(DOCUMENT),
      'certificate-untrusted',
    ],
    [
      'from the future',
      () =>
        signTstInfo(pki, pki.issue({ name: 'early', issuer: root, extensions: TSA_EXTENSIONS }), {
          data: DOCUMENT,
          genTime: '20390101000000Z',
        }),
      'time-in-future',
    ],
    [
      'of an authority that had expired',
      () =>
        signTstInfo(
          pki,
          pki.issue({
            name: 'late',
            issuer: root,
            extensions: TSA_EXTENSIONS,
            notAfter: new Date('2021-01-01T00:00:00Z'),
          }),
          { data: DOCUMENT, genTime: '20220101000000Z' },
        ),
      'certificate-expired',
    ],
    [
      'by a certificate for something else',
      () =>
        signTstInfo(
          pki,
          pki.issue({ name: 'wrong', issuer: root, extensions: ['extendedKeyUsage=critical,codeSigning'] }),
          { data: DOCUMENT, genTime: '20220101000000Z' },
        ),
      'extended-key-usage',
    ],
  ])('a token %s is refused, and the problem says why', async (_, make, code) => {
    const answer = await http.post('/v1/evidence', request(tsa.stamp(DOCUMENT), make()));
    expect(answer.status).toBe(422);
    expect(answer.json()).toMatchObject({
      type: 'urn:cunzheng:problem:token-invalid',
      detail: expect.stringContaining(`token 1 does not count: ${code}: `) as string,
      errors: [{ pointer: '/tokens/1', detail: code }],
    });
  });

  test('seventeen tokens, or something else than base64, do not fit the schema', async () => {
    const token = tsa.stamp(DOCUMENT);
    const many = await http.post('/v1/evidence', request(...Array.from({ length: 17 }, () => token)));
    expect([many.status, many.json<{ type: string }>().type]).toEqual([
      422,
      'urn:cunzheng:problem:invalid-content',
    ]);
    expect((await http.post('/v1/evidence', { ...request(), tokens: ['?'] })).status).toBe(422);
  });
});
