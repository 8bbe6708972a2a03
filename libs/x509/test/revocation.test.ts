/** Revocation by lists and responses that OpenSSL made, at a time before and after. */
import { portableCrypto } from '@cunzheng/crypto';
import {
  type ChainRequest,
  parseCertificate,
  parseCrl,
  parseOcspResponse,
  type RevocationRule,
  verifyChain,
} from '@cunzheng/x509';
import { CA_EXTENSIONS, type Issued, OpensslPki, SIGNER_EXTENSIONS } from '@test/openssl-pki.js';
import { describeWithTool } from '@test/tools.js';

import { outcome, refusalCode } from './refusal.js';

const REVOKED_AT = new Date('2026-11-20T08:00:00Z');
const BEFORE = REVOKED_AT.getTime() - 1;
const AFTER = REVOKED_AT.getTime();
const POINT = 'http://a.example/1';
const LIST_TIMES = {
  thisUpdate: new Date('2026-11-21T00:00:00Z'),
  nextUpdate: new Date('2026-11-22T00:00:00Z'),
};

describeWithTool('openssl', 'revocation', () => {
  let pki: OpensslPki;
  let root: Issued;
  let leaf: Issued;
  let other: Issued;

  beforeAll(() => {
    pki = new OpensslPki();
    root = pki.issue({ name: 'root', extensions: CA_EXTENSIONS });
    const extensions = [...SIGNER_EXTENSIONS, `crlDistributionPoints=URI:${POINT}`];
    leaf = pki.issue({ name: 'leaf', issuer: root, extensions });
    other = pki.issue({ name: 'other', issuer: root, extensions: SIGNER_EXTENSIONS });
  });
  afterAll(() => {
    pki.remove();
  });

  const request = (atMs: number, evidence: { crls?: Uint8Array[]; ocsps?: Uint8Array[] }): ChainRequest => ({
    certificate: parseCertificate(leaf.der),
    intermediates: [],
    anchors: [parseCertificate(root.der)],
    atMs,
    evidence: {
      crls: (evidence.crls ?? []).map(parseCrl),
      ocsps: (evidence.ocsps ?? []).map(parseOcspResponse),
    },
  });
  const withList = (
    crl: Uint8Array,
    atMs: number,
    revocationRule: RevocationRule = 'at-time',
  ): Promise<string> =>
    outcome(verifyChain(portableCrypto, { ...request(atMs, { crls: [crl] }), revocationRule }));

  const isKnown = async (crl: Uint8Array, atMs: number): Promise<boolean> =>
    (await verifyChain(portableCrypto, request(atMs, { crls: [crl] }))).isKnownUnrevoked;

  it('a list revokes from its time on', async () => {
    const crl = pki.revocationList(
      root,
      [{ certificate: leaf, at: REVOKED_AT, reason: 'superseded' }],
      LIST_TIMES,
    );
    expect(await withList(crl, BEFORE)).toBe('none');
    expect(await withList(crl, AFTER)).toBe('revoked');
    expect(parseCrl(crl).scope).toEqual({ holders: 'all', points: undefined });
  });

  it.each<[string | undefined, string]>([
    ['superseded', 'none'],
    ['cessationOfOperation', 'none'],
    ['keyCompromise', 'revoked'],
    [undefined, 'revoked'],
  ])('a stamp from before its revocation for %s', async (reason, code) => {
    const entry = { certificate: leaf, at: REVOKED_AT, ...(reason === undefined ? {} : { reason }) };
    const crl = pki.revocationList(root, [entry], LIST_TIMES);
    expect(await withList(crl, BEFORE, 'timestamping')).toBe(code);
  });

  it('a list without the certificate shows that it was good, at the right time', async () => {
    const crl = pki.revocationList(root, [{ certificate: other, at: REVOKED_AT }], LIST_TIMES);
    expect(await isKnown(crl, AFTER)).toBe(true);
    expect(await isKnown(crl, LIST_TIMES.nextUpdate.getTime() + 1)).toBe(false);
  });

  it('a list that revokes it shows that it was good before', async () => {
    const crl = pki.revocationList(root, [{ certificate: leaf, at: REVOKED_AT }], LIST_TIMES);
    expect(await isKnown(crl, BEFORE)).toBe(true);
  });

  it.each<[string, string[], boolean]>([
    ['users, as it is one', ['onlyuser=TRUE'], true],
    ['authorities, as it is none', ['onlyCA=TRUE'], false],
    ['certificates of its distribution point', [`fullname=URI:${POINT}`], true],
    [
      'users of its distribution point',
      [`fullname=URI:http://b.example/2,URI:${POINT}`, 'onlyuser=TRUE'],
      true,
    ],
    ['authorities of its distribution point', [`fullname=URI:${POINT}`, 'onlyCA=TRUE'], false],
    ['certificates of another distribution point', ['fullname=URI:http://a.example/2'], false],
    ['certificates of a point that is no address', ['fullname=dirName:dn', '[dn]', 'CN=x'], false],
  ])('a list about %s', async (_, scope, isGood) => {
    const extensions = ['issuingDistributionPoint=critical,@scope', '[scope]', ...scope];
    const crl = pki.revocationList(root, [], LIST_TIMES, extensions);
    expect(await isKnown(crl, AFTER)).toBe(isGood);
  });

  it('forged evidence is refused, foreign evidence ignored', async () => {
    const crl = pki.revocationList(root, [], LIST_TIMES);
    crl[crl.length - 1]! ^= 1;
    expect(await withList(crl, AFTER)).toBe('signature-invalid');
    const stranger = pki.issue({ name: 'stranger', extensions: CA_EXTENSIONS });
    const foreign = pki.revocationList(stranger, [{ certificate: leaf, at: REVOKED_AT }], LIST_TIMES);
    expect(await withList(foreign, AFTER)).toBe('none');
  });

  it('a response revokes from its time on, signed by the issuer or its responder', async () => {
    const responder = pki.issue({
      name: 'responder',
      issuer: root,
      extensions: ['keyUsage=digitalSignature', 'extendedKeyUsage=OCSPSigning'],
    });
    const revoked = [{ certificate: leaf, at: REVOKED_AT, reason: 'superseded' }];
    for (const signer of [root, responder]) {
      const ocsp = pki.ocspResponse(root, leaf, revoked, signer);
      expect(await outcome(verifyChain(portableCrypto, request(BEFORE, { ocsps: [ocsp] })))).toBe('none');
      expect(await outcome(verifyChain(portableCrypto, request(AFTER, { ocsps: [ocsp] })))).toBe('revoked');
    }
  });

  it('a response shows that it was good', async () => {
    const ocsp = pki.ocspResponse(root, leaf, []);
    const atMs = parseOcspResponse(ocsp).producedAtMs;
    const { isKnownUnrevoked } = await verifyChain(portableCrypto, request(atMs, { ocsps: [ocsp] }));
    expect(isKnownUnrevoked).toBe(true);
  });

  it('a response by somebody else is refused', async () => {
    const ocsp = pki.ocspResponse(root, leaf, [], other);
    expect(await outcome(verifyChain(portableCrypto, request(Date.now(), { ocsps: [ocsp] })))).toBe(
      'signature-invalid',
    );
  });

  it('what is no list or response is refused', () => {
    expect(refusalCode(() => parseCrl(leaf.der))).toBe('structure-invalid');
    expect(refusalCode(() => parseOcspResponse(Uint8Array.of(0x30, 0x03, 0x0a, 0x01, 0x06)))).toBe(
      'structure-invalid',
    );
  });
});
