/** Tokens that OpenSSL made, verified here; and every reason for which one does not count. */
import { hash, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { portableCrypto } from '@cunzheng/crypto';
import { fromBER, ObjectIdentifier, OctetString, Sequence } from 'asn1js';
import {
  createTimestampVerifier,
  parseTimestampQuery,
  parseTimestampResponse,
  parseToken,
  type TokenRequest,
  verifyToken,
} from '@cunzheng/timestamp';
import { parseCertificate } from '@cunzheng/x509';
import {
  CA_EXTENSIONS,
  type Issued,
  type KeyType,
  OpensslPki,
  SIGNER_EXTENSIONS,
  TSA_EXTENSIONS,
} from '@test/openssl-pki.js';
import { OpensslTsa, signTstInfo, TEST_POLICY } from '@test/openssl-tsa.js';
import { describeWithTool } from '@test/tools.js';

import { outcome } from './refusal.js';

/**
 * The same token by another certificate of the same issuer, with an Ed25519 key: OpenSSL 3.0 makes none. Serial number and
 * hash of the certificate are as long as they were.
 */
function signAnew(token: Uint8Array, before: Issued, after: Issued): Uint8Array {
  const named = ({ der }: Issued): Buffer => {
    const { issuer, serialNumber } = parseCertificate(der);
    return Buffer.concat([issuer.bytes, Uint8Array.of(2, serialNumber.length), serialNumber]);
  };
  const exchange = (bytes: Uint8Array): Buffer => {
    let hex = Buffer.from(bytes).toString('hex');
    hex = hex.replaceAll(named(before).toString('hex'), named(after).toString('hex'));
    return Buffer.from(hex.replaceAll(hash('sha256', before.der), hash('sha256', after.der)), 'hex');
  };
  const attributes = exchange(parseToken(token).signed.signer.signedAttributes.bytes);
  const root = fromBER(token).result as Sequence;
  const signedData = (root.valueBlock.value[1] as Sequence).valueBlock.value[0] as Sequence;
  const [signer] = (signedData.valueBlock.value.at(-1) as Sequence).valueBlock.value as [Sequence];
  const signature = sign(null, attributes, readFileSync(after.keyPath));
  signer.valueBlock.value.splice(
    -2,
    2,
    new Sequence({ value: [new ObjectIdentifier({ value: '1.3.101.112' })] }),
    new OctetString({ valueHex: new Uint8Array(signature).buffer }),
  );
  return exchange(new Uint8Array(root.toBER()));
}

const DATA = new TextEncoder().encode('the bytes that are stamped\n');
const GEN_TIME = { text: '20261120080000Z', ms: Date.UTC(2026, 10, 20, 8) };

describeWithTool('openssl', 'tokens', () => {
  let pki: OpensslPki;
  let root: Issued;
  let middle: Issued;
  let certificate: Issued;
  let tsa: OpensslTsa;

  beforeAll(() => {
    pki = new OpensslPki();
    root = pki.issue({ name: 'root', extensions: CA_EXTENSIONS });
    middle = pki.issue({ name: 'middle', issuer: root, extensions: CA_EXTENSIONS });
    certificate = pki.issue({ name: 'tsa', issuer: middle, extensions: TSA_EXTENSIONS });
    tsa = new OpensslTsa(pki, certificate, {
      chain: [middle],
      settings: [
        'accuracy=secs:1, millisecs:500, microsecs:100',
        'clock_precision_digits=3',
        'ess_cert_id_alg=sha256',
      ],
    });
  });
  afterAll(() => {
    pki.remove();
  });

  const request = (token: Uint8Array, changes: Partial<TokenRequest> = {}): TokenRequest => ({
    token,
    stamped: { data: DATA },
    roots: [root.der],
    ...changes,
  });
  const verify = (token: Uint8Array, changes: Partial<TokenRequest> = {}): Promise<string> =>
    outcome(() => verifyToken(portableCrypto, request(token, changes)));
  /** A token of a chosen time, by a certificate of the intermediate with these properties. */
  const madeBy = (
    name: string,
    options: Partial<Parameters<OpensslPki['issue']>[0]> = {},
    more?: string[],
  ): Uint8Array => {
    const signer = pki.issue({ name, issuer: middle, extensions: TSA_EXTENSIONS, ...options });
    return signTstInfo(pki, signer, {
      data: DATA,
      genTime: GEN_TIME.text,
      ...(more === undefined ? {} : { more }),
    });
  };
  const chain = { certificates: [] as Uint8Array[] };
  beforeAll(() => {
    chain.certificates.push(middle.der);
  });

  it('says when, how exactly, who and which', async () => {
    const before = Date.now();
    const verified = await verifyToken(portableCrypto, request(tsa.stamp(DATA)));
    expect(verified.genTimeMs).toBeGreaterThanOrEqual(before - 1);
    expect(verified.genTimeMs).toBeLessThanOrEqual(Date.now() + 1);
    expect(verified).toMatchObject({
      accuracyMs: 1501,
      policy: TEST_POLICY,
      tsa: 'C=CN, O=Test',
      subject: 'C=CN, O=Test, CN=tsa',
      imprint: { algorithm: 'sha-256' },
      isKnownUnrevoked: false,
    });
    expect(verified.serialNumber).toMatch(/^10[0-9a-f]{2}$/);
    expect(verified.path).toHaveLength(3);
  });

  it.each(['sha256', 'sha384', 'sha512', 'sha3-256', 'sm3'])('an imprint by %s', async (digest) => {
    const token = tsa.stamp(DATA, { digest });
    expect(await verify(token)).toBe('none');
    const { algorithm, digest: imprint } = parseToken(token).info.imprint;
    expect(await verify(token, { stamped: { algorithm: algorithm!, digest: imprint } })).toBe('none');
    expect(await verify(token, { stamped: { data: Uint8Array.of(1) } })).toBe('imprint-mismatch');
  });

  it('an imprint by SHA-1 is not taken', async () => {
    expect(await verify(tsa.stamp(DATA, { digest: 'sha1' }))).toBe('imprint-algorithm');
  });

  it.each<[KeyType, string, string[]]>([
    ['rsa-2048', 'sha256', []],
    ['rsa-2048', 'sha512', []],
    ['ec-p256', 'sha256', []],
    ['ec-p384', 'sha384', []],
    ['ec-p521', 'sha512', []],
    ['rsa-2048', 'sha256', ['ess_cert_id_alg=sha1']],
    ['ec-p256', 'sha256', ['ess_cert_id_alg=sha512', 'ess_cert_id_chain=yes']],
  ])('an authority with a key of %s, by %s %j', async (key, digest, settings) => {
    const signer = pki.issue({
      name: `tsa-${key}-${digest}-${settings.length}`,
      issuer: middle,
      extensions: TSA_EXTENSIONS,
      key,
    });
    const other = new OpensslTsa(pki, signer, {
      chain: [middle],
      settings: [...settings, `signer_digest=${digest}`],
    });
    expect(await verify(other.stamp(DATA))).toBe('none');
  });

  it('an authority that signs with RSASSA-PSS', async () => {
    const signer = pki.issue({
      name: 'tsa-pss',
      issuer: middle,
      extensions: TSA_EXTENSIONS,
      key: 'rsa-2048',
    });
    const token = signTstInfo(pki, signer, {
      data: DATA,
      genTime: GEN_TIME.text,
      signArgs: ['-keyopt', 'rsa_padding_mode:pss', '-keyopt', 'rsa_pss_saltlen:32'],
    });
    expect(await verify(token, chain)).toBe('none');
  });

  it('a token without certificates needs them beside it', async () => {
    const token = tsa.stamp(DATA, { certificate: false });
    expect(await verify(token)).toBe('certificate-missing');
    expect(await verify(token, { certificates: [certificate.der, middle.der] })).toBe('none');
    expect(await verify(token, { certificates: [certificate.der] })).toBe('certificate-untrusted');
  });

  it('policy and nonce are those that were asked for', async () => {
    const query = OpensslTsa.query(pki, DATA, { policy: '1.2.3.4.2' });
    const { nonce, policy, wantsCertificate } = parseTimestampQuery(query);
    expect([policy, wantsCertificate]).toEqual(['1.2.3.4.2', true]);
    const token = parseTimestampResponse(tsa.reply(query));
    expect(await verify(token, { nonce: nonce!, policies: ['1.2.3.4.2'] })).toBe('none');
    expect(await verify(token, { nonce: Uint8Array.of(5) })).toBe('nonce-mismatch');
    expect(await verify(tsa.stamp(DATA, { nonce: false }), { nonce: nonce! })).toBe('nonce-mismatch');
    expect(await verify(token, { policies: [TEST_POLICY] })).toBe('policy-mismatch');
  });

  it('a response that grants nothing says why', async () => {
    const refused = tsa.reply(OpensslTsa.query(pki, DATA, { policy: '1.2.3.4.99' }));
    expect(await outcome(() => parseTimestampResponse(refused))).toBe('response-rejected');
    expect(() => parseTimestampResponse(refused)).toThrow(/status 2 \(unacceptedPolicy\)/);
    expect(await outcome(() => parseTimestampResponse(certificate.der))).toBe('response-malformed');
  });

  it('the time of looking bounds the future', async () => {
    const token = madeBy('timely');
    expect(await verify(token, { ...chain, nowMs: GEN_TIME.ms - 300_000 })).toBe('none');
    expect(await verify(token, { ...chain, nowMs: GEN_TIME.ms - 300_001 })).toBe('time-in-future');
  });

  it.each<[string, Partial<Parameters<OpensslPki['issue']>[0]>, string]>([
    ['expired', { notAfter: new Date('2026-11-20T07:59:59Z') }, 'certificate-expired'],
    ['not yet valid', { notBefore: new Date('2026-11-20T08:00:01Z') }, 'certificate-not-yet-valid'],
    ['expired since', { notAfter: new Date('2026-11-20T08:00:01Z') }, 'none'],
    ['without extended key usage', { extensions: SIGNER_EXTENSIONS }, 'extended-key-usage'],
    ['for other purposes', { extensions: ['extendedKeyUsage=critical,codeSigning'] }, 'extended-key-usage'],
    [
      'for two purposes',
      { extensions: ['extendedKeyUsage=critical,timeStamping,codeSigning'] },
      'extended-key-usage',
    ],
    [
      'for timestamping, not critical',
      { extensions: ['extendedKeyUsage=timeStamping'] },
      'extended-key-usage',
    ],
    [
      'for encryption as well',
      { extensions: ['extendedKeyUsage=critical,timeStamping', 'keyUsage=digitalSignature,keyEncipherment'] },
      'key-usage',
    ],
    [
      'with an unknown critical extension',
      { extensions: [...TSA_EXTENSIONS, '1.2.3.4=critical,ASN1:NULL'] },
      'extension-unsupported',
    ],
    ['of an old kind of key', { key: 'rsa-1024' }, 'algorithm-unsupported'],
  ])('an authority with a certificate that is %s', async (title, options, code) => {
    expect(await verify(madeBy(`made ${title}`, options), chain)).toBe(code);
  });

  it('an authority that no root leads to', async () => {
    const stranger = pki.issue({ name: 'stranger', extensions: TSA_EXTENSIONS });
    const token = new OpensslTsa(pki, stranger).stamp(DATA);
    expect(await verify(token)).toBe('certificate-untrusted');
    expect(await verify(token, { roots: [stranger.der] })).toBe('none');
    expect(await verify(tsa.stamp(DATA), { roots: [] })).toBe('certificate-untrusted');
  });

  it('a revoked authority, by the reason', async () => {
    const signer = pki.issue({ name: 'revoked', issuer: middle, extensions: TSA_EXTENSIONS });
    const token = signTstInfo(pki, signer, { data: DATA, genTime: GEN_TIME.text });
    const times = {
      thisUpdate: new Date('2026-11-21T00:00:00Z'),
      nextUpdate: new Date('2026-11-22T00:00:00Z'),
    };
    const crl = (at: string, reason?: string): Uint8Array =>
      pki.revocationList(
        middle,
        [{ certificate: signer, at: new Date(at), ...(reason === undefined ? {} : { reason }) }],
        times,
      );
    const later = '2026-11-20T09:00:00Z';
    expect(await verify(token, { ...chain, crls: [crl('2026-11-20T07:00:00Z', 'superseded')] })).toBe(
      'certificate-revoked',
    );
    expect(await verify(token, { ...chain, crls: [crl(later, 'superseded')] })).toBe('none');
    expect(await verify(token, { ...chain, crls: [crl(later, 'keyCompromise')] })).toBe(
      'certificate-revoked',
    );
    expect(await verify(token, { ...chain, crls: [crl(later)] })).toBe('certificate-revoked');
    expect(await verify(token, { ...chain, crls: [Uint8Array.of(5, 0)] })).toBe('evidence-invalid');
    const { isKnownUnrevoked } = await verifyToken(
      portableCrypto,
      request(token, { ...chain, roots: [middle.der], crls: [pki.revocationList(middle, [], times)] }),
    );
    expect(isKnownUnrevoked).toBe(true);
  });

  it('an imprint, a content or a signature that was changed', async () => {
    const token = tsa.stamp(DATA);
    const flip = (needle: Uint8Array, offset = 0): Uint8Array => {
      const changed = new Uint8Array(token);
      changed[Buffer.from(token).indexOf(needle) + offset]! ^= 1;
      return changed;
    };
    const { info, signed } = parseToken(token);
    expect(await verify(flip(info.imprint.digest))).toBe('imprint-mismatch');
    expect(await verify(flip(signed.content, 6))).not.toBe('none');
    expect(await verify(flip(info.nonce!, info.nonce!.length - 1))).toBe('message-digest-mismatch');
    expect(await verify(flip(signed.signer.signature, 12))).toBe('signature-invalid');
    expect(
      await verify(
        flip(
          signed.signer.signedAttributes.bytes.subarray(1),
          signed.signer.signedAttributes.bytes.length - 2,
        ),
      ),
    ).toBe('certificate-id-mismatch');
  });

  it('a token that is cut anywhere', async () => {
    const token = tsa.stamp(DATA);
    for (let size = 0; size < token.length; size += 37) {
      expect(await verify(token.subarray(0, size))).toBe('token-malformed');
    }
    expect(await verify(Uint8Array.of(...token, 0))).toBe('token-malformed');
  });

  it.each<[string, string[], string]>([
    [
      'a critical extension',
      [
        'ext=IMPLICIT:1,SEQUENCE:list',
        '[list]',
        'one=SEQUENCE:ext',
        '[ext]',
        'oid=OID:1.2.3',
        'critical=BOOLEAN:TRUE',
        'value=FORMAT:HEX,OCTETSTRING:0500',
      ],
      'extension-unsupported',
    ],
    [
      'an extension',
      [
        'ext=IMPLICIT:1,SEQUENCE:list',
        '[list]',
        'one=SEQUENCE:ext',
        '[ext]',
        'oid=OID:1.2.3',
        'value=FORMAT:HEX,OCTETSTRING:0500',
      ],
      'none',
    ],
    [
      'an accuracy of thousands of milliseconds',
      ['accuracy=SEQUENCE:accuracy', '[accuracy]', 'millis=IMPLICIT:0,INTEGER:1000'],
      'token-malformed',
    ],
    ['something behind', ['more=UTF8String:more'], 'token-malformed'],
  ])('a TSTInfo with %s', async (title, more, code) => {
    expect(await verify(madeBy(title, {}, more), chain)).toBe(code);
  });

  it('a token signed with Ed25519 is not taken', async () => {
    const [ecdsa, ed25519] = (['ec-p256', 'ed25519'] as const).map((key) =>
      pki.issue({ name: `unit-${key}`, issuer: middle, key, extensions: TSA_EXTENSIONS }),
    ) as [Issued, Issued];
    const token = signTstInfo(pki, ecdsa, { data: DATA, genTime: GEN_TIME.text });
    const certificates = [...chain.certificates, ed25519.der];
    expect(await verify(token, { certificates })).toBe('none');
    expect(await verify(signAnew(token, ecdsa, ed25519), { certificates })).toBe('algorithm-unsupported');
  });

  it('gives up where no more signatures are to be verified', async () => {
    const verifier = createTimestampVerifier(portableCrypto);
    const shared = { certificates: [], crls: [], ocsps: [], roots: [root.der], data: DATA };
    for (const [allowed, valid] of [
      [2, false],
      [3, true],
    ] as const) {
      let left: number = allowed;
      const result = await verifier({ ...shared, token: tsa.stamp(DATA), takeSignature: () => left-- > 0 });
      expect(result).toMatchObject(
        valid ? { valid } : { valid, reason: expect.stringMatching(/^signature-limit: /) as string },
      );
    }
  });

  it('serves receipts, and gives reasons there', async () => {
    const verifier = createTimestampVerifier(portableCrypto, () => Date.now());
    const shared = { certificates: [], crls: [], ocsps: [], roots: [root.der] };
    const token = tsa.stamp(DATA);
    expect(await verifier({ ...shared, token, data: DATA })).toMatchObject({
      valid: true,
      tsa: 'C=CN, O=Test',
      accuracyMs: 1501,
    });
    const refused = await verifier({ ...shared, token, data: Uint8Array.of() });
    expect(refused).toEqual({ valid: false, reason: 'imprint-mismatch: the token is over other data' });
  });
});
