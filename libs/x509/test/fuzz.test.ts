/** Real certificates, lists and responses with a few bytes changed, cut or doubled: read or refused, never anything else. */
import { portableCrypto } from '@cunzheng/crypto';
import {
  formatPem,
  OID,
  parseCertificate,
  parseCrl,
  parseOcspResponse,
  parsePem,
  readDistributionPoints,
  verifyChain,
  X509Error,
} from '@cunzheng/x509';
import { mutations } from '@test/mutations.js';
import { CA_EXTENSIONS, OpensslPki, SIGNER_EXTENSIONS } from '@test/openssl-pki.js';
import { describeWithTool } from '@test/tools.js';
import fc from 'fast-check';

import { refusalCode } from './refusal.js';

const TIMES = { thisUpdate: new Date('2026-11-20T00:00:00Z'), nextUpdate: new Date('2026-11-21T00:00:00Z') };
const AT = Date.UTC(2026, 10, 20, 8);

describeWithTool('openssl', 'hostile bytes', () => {
  const pki = new OpensslPki();
  const root = pki.issue({ name: 'root', extensions: CA_EXTENSIONS, key: 'rsa-2048' });
  const leaf = pki.issue({
    name: 'leaf',
    issuer: root,
    extensions: [...SIGNER_EXTENSIONS, 'crlDistributionPoints=URI:http://a.example/l,URI:ldap://b.example/l'],
  });
  const points = parseCertificate(leaf.der).extensions.get(OID.crlDistributionPoints)!;
  const list = pki.revocationList(
    root,
    [{ certificate: leaf, at: new Date(AT), reason: 'superseded' }],
    TIMES,
  );
  const response = pki.ocspResponse(root, leaf, []);
  afterAll(() => {
    pki.remove();
  });

  it.each<[string, Uint8Array, (bytes: Uint8Array) => unknown]>([
    ['certificate', leaf.der, parseCertificate],
    ['list', list, parseCrl],
    ['response', response, parseOcspResponse],
    [
      'list of distribution points',
      points.value,
      (value) => readDistributionPoints({ extensions: new Map([[points.oid, { ...points, value }]]) }),
    ],
  ])('a mutated %s', (_, original, parse) => {
    fc.assert(
      fc.property(mutations(original), (bytes) => {
        try {
          parse(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(X509Error);
        }
      }),
      { seed: 5280, numRuns: 2000 },
    );
  });

  it('no mutated certificate leads to the anchor', async () => {
    const anchors = [parseCertificate(root.der)];
    await fc.assert(
      fc.asyncProperty(mutations(leaf.der), async (bytes) => {
        if (Buffer.compare(bytes, leaf.der) === 0) return;
        const verify = async (): Promise<unknown> =>
          verifyChain(portableCrypto, {
            certificate: parseCertificate(bytes),
            intermediates: [],
            anchors,
            atMs: AT,
          });
        await expect(verify()).rejects.toBeInstanceOf(X509Error);
      }),
      { seed: 5280, numRuns: 1000 },
    );
  });

  it('PEM holds the blocks that are wanted and nothing half', () => {
    const pem = formatPem(leaf.der, 'CERTIFICATE');
    expect(parsePem(`CN=leaf\n${pem}\n${root.pem}`, 'CERTIFICATE')).toEqual([leaf.der, root.der]);
    expect(pem.trim()).toBe(leaf.pem.trim());
    for (const broken of [
      '',
      pem.replace('END', 'FIN'),
      pem.replace('CERTIFICATE', 'X509 CRL'),
      pem + '-----BEGIN ',
      pem.replace('\n', '\nA'),
    ]) {
      expect(refusalCode(() => parsePem(broken, 'CERTIFICATE'))).toBe('pem-invalid');
    }
  });
});
