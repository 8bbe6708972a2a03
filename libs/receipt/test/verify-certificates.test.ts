/** Certificates of signers in check 11, with chains that OpenSSL made and the verifier that the command line uses. */
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { type Check, encodeBase64, type VerifierOptions, verifyReceipt } from '@cunzheng/receipt';
import { createSignerCertificatesVerifier } from '@cunzheng/x509';
import { CA_EXTENSIONS, type Issued, OpensslPki, SIGNER_EXTENSIONS } from '@test/openssl-pki.js';
import { describeWithTool } from '@test/tools.js';
import { ACCEPTED_AT_MS, type BuildOptions, buildReceipt, buildTrust } from './build-receipt.js';
import { toTestKey } from './ed25519-key.js';
import { check, document } from './verify-built.js';

describeWithTool('openssl', 'certificates of signers', () => {
  let pki: OpensslPki;
  let root: Issued;
  let middle: Issued;
  let leaf: Issued;

  beforeAll(() => {
    pki = new OpensslPki();
    root = pki.issue({ name: 'root', extensions: CA_EXTENSIONS });
    middle = pki.issue({ name: 'middle', issuer: root, extensions: CA_EXTENSIONS });
    leaf = issueLeaf('zhang-san');
  });
  afterAll(() => {
    pki.remove();
  });

  const issueLeaf = (name: string, options: object = {}): Issued =>
    pki.issue({ name, issuer: middle, key: 'ed25519', extensions: SIGNER_EXTENSIONS, ...options });

  /** A receipt signed with the key of `holder`, disclosing the chain. */
  function build(
    holder: Issued,
    chain: readonly Issued[] = [holder, middle],
    options: BuildOptions = {},
  ): string {
    const salt = new Uint8Array(16).fill(0x77);
    const certificates = chain.map(({ der }) => encodeBase64(der));
    return buildReceipt({
      signer: toTestKey(createPrivateKey(readFileSync(holder.keyPath))),
      record: (record) => ({ ...record, assurance: 'certificate' }),
      disclosures: (all) => [
        ...all.map((one) => (one.name === 'signer.0.assurance' ? { ...one, value: 'certificate' } : one)),
        { salt, name: 'signer.0.certificates', value: certificates },
      ],
      ...options,
    }).receipt;
  }

  async function signers(
    receipt: string,
    roots = [root],
    options: Partial<VerifierOptions> = {},
  ): Promise<Check> {
    const trust = { ...buildTrust(), signerRoots: roots.map(({ der }) => der) };
    const verifyCertificates = createSignerCertificatesVerifier(nativeCrypto);
    return check(
      await verifyReceipt(receipt, { crypto: nativeCrypto, trust, document, verifyCertificates, ...options }),
      'signers',
    );
  }

  it('pass with a chain to the roots of the verifier, and are named', async () => {
    const { status, established } = await signers(build(leaf));
    expect(status).toBe('passed');
    expect(established).toMatchObject({
      assurance: 'certificate',
      signers: [
        '张三 Zhang San: signed with a certificate of C=CN, O=Test, CN=zhang-san, issued by C=CN, O=Test, CN=middle',
      ],
    });
  });

  it('stay open without roots, without a verifier, and where they are not shown', async () => {
    expect((await signers(build(leaf), [])).reason?.code).toBe('no-signer-roots');
    const trust = { ...buildTrust(), signerRoots: [root.der] };
    const without = await verifyReceipt(build(leaf), { crypto: nativeCrypto, trust });
    expect(check(without, 'signers').reason?.code).toBe('certificate-verifier-missing');
    const broken = { verifyCertificates: () => Promise.reject(new Error('no WebCrypto')) };
    expect((await signers(build(leaf), [root], broken)).reason?.code).toBe('certificate-verifier-missing');
    const hidden = build(leaf, undefined, { show: (name) => name !== 'signer.0.certificates' });
    expect((await signers(hidden)).reason?.code).toBe('withheld');
    const unsigned = build(leaf, undefined, { show: (name) => name !== 'envelope' });
    expect(await signers(unsigned)).toMatchObject({
      status: 'not checked',
      reason: { code: 'withheld' },
      established: { signers: ['张三 Zhang San: signature not confirmed'] },
    });
  });

  it.each<[string, () => { receipt: string; roots?: Issued[] }, RegExp]>([
    [
      'another root',
      () => ({ receipt: build(leaf), roots: [pki.issue({ name: 'stranger', extensions: CA_EXTENSIONS })] }),
      /chain-untrusted/,
    ],
    ['no intermediate', () => ({ receipt: build(leaf, [leaf]) }), /chain-untrusted/],
    [
      'the certificate of another key',
      () => ({ receipt: build(issueLeaf('li-si'), [leaf, middle]) }),
      /key-invalid.*for another key/,
    ],
    [
      'a key for encryption alone',
      () => ({
        receipt: build(issueLeaf('encrypts', { extensions: ['keyUsage=critical,keyEncipherment'] })),
      }),
      /key-usage/,
    ],
    [
      'an authority',
      () => ({
        receipt: build(pki.issue({ name: 'ca', issuer: middle, key: 'ed25519', extensions: CA_EXTENSIONS })),
      }),
      /key-usage.*authority/,
    ],
    [
      'one that had expired when it was accepted',
      () => ({ receipt: build(issueLeaf('expired', { notAfter: new Date(ACCEPTED_AT_MS - 60_000) })) }),
      /expired/,
    ],
    [
      'one that was not yet valid',
      () => ({ receipt: build(issueLeaf('early', { notBefore: new Date(ACCEPTED_AT_MS + 60_000) })) }),
      /not-yet-valid/,
    ],
  ])('%s fails', async (_, make, reason) => {
    const { receipt, roots } = make();
    const { status, reason: got } = await signers(receipt, roots);
    expect([status, got?.code]).toEqual(['failed', 'certificate-invalid']);
    expect(got?.message).toMatch(reason);
  });

  it('a certificate that has expired since stays good', async () => {
    const short = issueLeaf('short', { notAfter: new Date(ACCEPTED_AT_MS + 60_000) });
    expect((await signers(build(short))).status).toBe('passed');
  });

  it('a signature that fails is not made good by a certificate', async () => {
    const forged = build(leaf, undefined, {
      signWith: toTestKey(createPrivateKey(readFileSync(issueLeaf('forger').keyPath))),
    });
    expect(await signers(forged)).toMatchObject({
      status: 'failed',
      reason: { code: 'signature-invalid' },
      established: { signers: ['张三 Zhang San: signature not confirmed'] },
    });
  });

  it('bytes that are no certificate fail, whatever they are', async () => {
    for (const der of [
      new Uint8Array([1]),
      leaf.der.subarray(1),
      leaf.der.subarray(0, -1),
      new Uint8Array(60_000),
    ]) {
      const { status, reason } = await signers(build(leaf, [{ ...leaf, der }, middle]));
      expect([status, reason?.code]).toEqual(['failed', 'certificate-invalid']);
    }
  });
});
