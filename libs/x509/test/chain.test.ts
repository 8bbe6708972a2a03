/** Chains, over certificates that OpenSSL made; where OpenSSL has an opinion (`openssl verify`), it is the same. */
import { portableCrypto } from '@cunzheng/crypto';
import {
  type Certificate,
  type ChainRequest,
  limitSignatures,
  parseCertificate,
  requireKeyUsage,
  verifyChain,
} from '@cunzheng/x509';
import {
  CA_EXTENSIONS,
  type Issued,
  type IssueOptions,
  type KeyType,
  OpensslPki,
  SIGNER_EXTENSIONS,
  TSA_EXTENSIONS,
} from '@test/openssl-pki.js';
import { describeWithTool } from '@test/tools.js';

import { outcome, refusalCode } from './refusal.js';

const AT = Date.UTC(2026, 10, 20, 8);
let files = 0;

describeWithTool('openssl', 'chains', () => {
  let pki: OpensslPki;
  let root: Issued;
  let middle: Issued;
  let leaf: Issued;

  beforeAll(() => {
    pki = new OpensslPki();
    root = pki.issue({ name: 'root', extensions: CA_EXTENSIONS });
    middle = pki.issue({
      name: 'middle',
      issuer: root,
      extensions: CA_EXTENSIONS,
      key: 'ec-p384',
      digest: 'sha384',
    });
    leaf = pki.issue({ name: 'leaf', issuer: middle, extensions: SIGNER_EXTENSIONS, digest: 'sha512' });
  });
  afterAll(() => {
    pki.remove();
  });

  const parse = (issued: Issued): Certificate => parseCertificate(issued.der);
  const request = (changes: Partial<ChainRequest> = {}): ChainRequest => ({
    certificate: parse(leaf),
    intermediates: [parse(middle)],
    anchors: [parse(root)],
    atMs: AT,
    ...changes,
  });
  const verify = (changes: Partial<ChainRequest> = {}): Promise<string> =>
    outcome(verifyChain(portableCrypto, request(changes)));
  const openssl = (certificate: Issued, intermediate?: Issued, at = AT): boolean => {
    const untrusted = intermediate === undefined ? [] : ['-untrusted', intermediate.certificatePath];
    const time = ['-attime', String(at / 1000), '-CAfile', root.certificatePath, '-x509_strict'];
    try {
      pki.run(['verify', ...time, ...untrusted, certificate.certificatePath]);
      return true;
    } catch {
      return false;
    }
  };

  it('leads from the certificate to the anchor', async () => {
    const { path, isKnownUnrevoked } = await verifyChain(portableCrypto, request());
    expect(path.map(({ subject }) => subject.text)).toEqual([
      'C=CN, O=Test, CN=leaf',
      'C=CN, O=Test, CN=middle',
      'C=CN, O=Test, CN=root',
    ]);
    expect(isKnownUnrevoked).toBe(false);
    expect(await verify({ anchors: [parse(middle)], intermediates: [] })).toBe('none');
    expect(await verify({ anchors: [parse(leaf)], intermediates: [] })).toBe('none');
  });

  it('needs the intermediate and the right anchor', async () => {
    const other = pki.issue({ name: 'other', extensions: CA_EXTENSIONS });
    expect(await verify({ intermediates: [] })).toBe('chain-untrusted');
    expect(await verify({ anchors: [parse(other)] })).toBe('chain-untrusted');
    expect(await verify({ anchors: [] })).toBe('chain-untrusted');
  });

  it('a certificate of the same name with another key does not stand in', async () => {
    const impostor = new OpensslPki();
    try {
      const fake = impostor.issue({ name: 'root', extensions: CA_EXTENSIONS });
      expect(await verify({ anchors: [parse(fake)] })).toBe('signature-invalid');
      expect(await verify({ anchors: [parse(fake), parse(root)] })).toBe('none');
    } finally {
      impostor.remove();
    }
  });

  it.each<[string, Partial<IssueOptions>, string]>([
    ['expired', { notAfter: new Date('2026-11-20T07:59:59Z') }, 'expired'],
    ['not yet valid', { notBefore: new Date('2026-11-20T08:00:01Z') }, 'not-yet-valid'],
    ['valid from this second', { notBefore: new Date(AT) }, 'none'],
    ['valid until this second', { notAfter: new Date(AT) }, 'none'],
    [
      'with an unknown critical extension',
      { extensions: ['1.2.3.4=critical,ASN1:NULL'] },
      'extension-unsupported',
    ],
    ['with an unknown extension', { extensions: ['1.2.3.4=ASN1:NULL'] }, 'none'],
  ])('a certificate that is %s', async (title, options, code) => {
    const name = title.replaceAll(' ', '-');
    const issued = pki.issue({ name, issuer: middle, extensions: SIGNER_EXTENSIONS, ...options });
    expect(await verify({ certificate: parse(issued) })).toBe(code);
    // The last second of validity counts (RFC 5280 §4.1.2.5), which OpenSSL sees otherwise.
    if (options.notAfter?.getTime() !== AT) expect(openssl(issued, middle)).toBe(code === 'none');
  });

  it.each<[string, Partial<IssueOptions>, string]>([
    ['no authority', { extensions: ['basicConstraints=critical,CA:FALSE'] }, 'issuer-not-ca'],
    ['silent about being one', { extensions: ['subjectKeyIdentifier=hash'] }, 'issuer-not-ca'],
    [
      'not for certificates',
      { extensions: ['basicConstraints=critical,CA:TRUE', 'keyUsage=cRLSign'] },
      'issuer-not-ca',
    ],
    ['expired', { extensions: CA_EXTENSIONS, notAfter: new Date('2025-01-01T00:00:00Z') }, 'expired'],
    [
      'of restricted names',
      { extensions: [...CA_EXTENSIONS, 'nameConstraints=critical,permitted;DNS:x'] },
      'extension-unsupported',
    ],
  ])('an issuer that is %s', async (title, options, code) => {
    const issuer = pki.issue({ name: `issuer ${title}`, issuer: root, ...options });
    const issued = pki.issue({ name: `below ${title}`, issuer, extensions: SIGNER_EXTENSIONS });
    expect(await verify({ certificate: parse(issued), intermediates: [parse(issuer)] })).toBe(code);
  });

  it('the length that an authority allows', async () => {
    const short = pki.issue({
      name: 'short',
      issuer: root,
      extensions: ['basicConstraints=critical,CA:TRUE,pathlen:0', 'keyUsage=keyCertSign'],
    });
    const below = pki.issue({ name: 'below', issuer: short, extensions: CA_EXTENSIONS });
    const direct = pki.issue({ name: 'direct', issuer: short, extensions: SIGNER_EXTENSIONS });
    const deep = pki.issue({ name: 'deep', issuer: below, extensions: SIGNER_EXTENSIONS });
    const intermediates = [short, below].map(parse);
    expect(await verify({ certificate: parse(direct), intermediates })).toBe('none');
    expect(await verify({ certificate: parse(deep), intermediates })).toBe('path-too-long');
  });

  it('a chain that never ends is given up', async () => {
    let issuer = root;
    const intermediates: Certificate[] = [];
    for (let i = 0; i < 9; i++) {
      issuer = pki.issue({ name: `link${i}`, issuer, extensions: CA_EXTENSIONS });
      intermediates.push(parse(issuer));
    }
    const far = pki.issue({ name: 'far', issuer, extensions: SIGNER_EXTENSIONS });
    expect(await verify({ certificate: parse(far), intermediates })).toBe('chain-untrusted');
    const many = Array.from({ length: 100 }, () => ({
      ...parse(middle),
      bytes: crypto.getRandomValues(new Uint8Array(8)),
    }));
    const unsigned = { ...parse(leaf), signature: new Uint8Array(8) };
    expect(await verify({ certificate: unsigned, intermediates: many })).toBe('chain-limit');
  });

  it('an issuer that is given many times is tried once', async () => {
    const many = Array.from({ length: 100 }, () => parse(middle));
    const unsigned = { ...parse(leaf), signature: new Uint8Array(8) };
    let taken = 0;
    const counting = limitSignatures(portableCrypto, () => ++taken > 0);
    const search = verifyChain(counting, request({ certificate: unsigned, intermediates: many }));
    expect(await outcome(search)).toBe('signature-invalid');
    expect(taken).toBe(1);
    expect(await verify({ intermediates: many })).toBe('none');
  });

  it('is given up where no more signatures are to be verified', async () => {
    for (const [allowed, code] of [
      [0, 'signature-limit'],
      [1, 'signature-limit'],
      [2, 'none'],
    ] as const) {
      let left: number = allowed;
      expect(
        await outcome(
          verifyChain(
            limitSignatures(portableCrypto, () => left-- > 0),
            request(),
          ),
        ),
      ).toBe(code);
    }
  });

  it('one body has one key, however it writes itself; another has another', () => {
    const keyOf = (organization: string): string =>
      parse(pki.issue({ name: `unit-${files++}`, organization, extensions: TSA_EXTENSIONS })).subject
        .organizationKey;
    const key = keyOf('Acme TSA');
    for (const same of ['ACME  TSA', ' acme tsa ', 'Ａｃｍｅ TSA', 'Ac\u200bme TSA'])
      expect(keyOf(same)).toBe(key);
    expect(keyOf('AcmeTSA')).not.toBe(key);
    expect(keyOf('国家授时中心')).not.toBe(keyOf('国家授时'));
  });

  it('the purpose that an authority allows', async () => {
    const only = pki.issue({
      name: 'only-email',
      issuer: root,
      extensions: [...CA_EXTENSIONS, 'extendedKeyUsage=emailProtection'],
    });
    const tsa = pki.issue({ name: 'tsa', issuer: only, extensions: TSA_EXTENSIONS });
    const changes = { certificate: parse(tsa), intermediates: [parse(only)] };
    expect(await verify({ ...changes, purpose: '1.3.6.1.5.5.7.3.8' })).toBe('extended-key-usage');
    expect(await verify({ ...changes, purpose: '1.3.6.1.5.5.7.3.4' })).toBe('none');
  });

  it.each<[KeyType, readonly string[], string]>([
    ['rsa-2048', [], 'sha256'],
    ['rsa-2048', [], 'sha512'],
    ['rsa-2048', ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:32'], 'sha256'],
    ['rsa-2048', ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:48'], 'sha384'],
    ['ec-p256', [], 'sha384'],
    ['ec-p384', [], 'sha384'],
    ['ec-p521', [], 'sha512'],
    ['ed25519', [], 'null'],
  ])('an authority with a key of %s %j %s', async (key, args, digest) => {
    const name = `ca-${key}-${args.length}-${digest}`;
    const self = pki.issue({
      name,
      key,
      extensions: CA_EXTENSIONS,
      ...(digest === 'null' ? { digest } : {}),
    });
    const issued = pki.issue({
      name: `under-${name}`,
      issuer: self,
      extensions: SIGNER_EXTENSIONS,
      args,
      digest,
    });
    const certificate = parse(issued);
    expect(await verify({ certificate, anchors: [parse(self)] })).toBe('none');
    const flipped = new Uint8Array(certificate.signedBytes);
    flipped[flipped.length - 1]! ^= 1;
    expect(
      await verify({ certificate: { ...certificate, signedBytes: flipped }, anchors: [parse(self)] }),
    ).toBe('signature-invalid');
  });

  it('weak algorithms are not taken', async () => {
    const sha1 = pki.issue({
      name: 'by-sha1',
      issuer: middle,
      extensions: SIGNER_EXTENSIONS,
      digest: 'sha1',
    });
    expect(await verify({ certificate: parse(sha1) })).toBe('algorithm-unsupported');
    const small = pki.issue({ name: 'small-ca', issuer: root, extensions: CA_EXTENSIONS, key: 'rsa-1024' });
    const under = pki.issue({ name: 'under-small', issuer: small, extensions: SIGNER_EXTENSIONS });
    expect(await verify({ certificate: parse(under), intermediates: [parse(small)] })).toBe('key-invalid');
  });

  it('says what a key may be used for', () => {
    const certificate = parse(leaf);
    expect([...certificate.keyUsage!]).toEqual(['digitalSignature', 'nonRepudiation']);
    requireKeyUsage(certificate, ['digitalSignature', 'nonRepudiation']);
    expect(
      refusalCode(() => {
        requireKeyUsage(parse(middle), ['digitalSignature', 'nonRepudiation']);
      }),
    ).toBe('key-usage');
  });
});
