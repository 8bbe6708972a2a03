/** Where certificates that OpenSSL made say that their issuer's list is, and extensions that say it wrongly. */
import { OID, parseCertificate, readDistributionPoints } from '@cunzheng/x509';
import { CA_EXTENSIONS, OpensslPki } from '@test/openssl-pki.js';
import { describeWithTool } from '@test/tools.js';

import { refusalCode } from './refusal.js';

const FULL = 'http://a.example/root.crl';

describeWithTool('openssl', 'distribution points', () => {
  const pki = new OpensslPki();
  const root = pki.issue({ name: 'root', extensions: CA_EXTENSIONS });
  afterAll(() => {
    pki.remove();
  });

  let certificates = 0;
  const pointsOf = (extension: string[], sections: string[] = []): readonly string[] => {
    const extensions = [...extension, ...sections];
    const { der } = pki.issue({ name: `leaf-${certificates++}`, issuer: root, extensions });
    return readDistributionPoints(parseCertificate(der));
  };
  const pointAt = (...lines: string[]): string[] => ['[point]', ...lines];

  it.each<[string, string[], string[], string[]]>([
    ['no extension', [], [], []],
    ['one address', [`crlDistributionPoints=URI:${FULL}`], [], [FULL]],
    [
      'several, of which only HTTP is asked',
      [`crlDistributionPoints=URI:ldap://a.example/x,URI:HTTPS://b.example/1,URI:${FULL}`],
      [],
      ['HTTPS://b.example/1', FULL],
    ],
    [
      'a name that is no address',
      ['crlDistributionPoints=point'],
      pointAt('fullname=dirName:dn', '[dn]', 'CN=x'),
      [],
    ],
    [
      'a name relative to the issuer',
      ['crlDistributionPoints=point'],
      pointAt('relativename=dn', '[dn]', 'CN=x'),
      [],
    ],
    [
      'a list for some reasons alone',
      ['crlDistributionPoints=point'],
      pointAt(`fullname=URI:${FULL}`, 'reasons=keyCompromise'),
      [],
    ],
    [
      "somebody else's list",
      ['crlDistributionPoints=point'],
      pointAt(`fullname=URI:${FULL}`, 'CRLissuer=dirName:dn', '[dn]', 'CN=x'),
      [],
    ],
    [
      'more than eight',
      [`crlDistributionPoints=${Array<string>(9).fill(`URI:${FULL}`).join(',')}`],
      [],
      Array<string>(8).fill(FULL),
    ],
    ['an address that is too long', [`crlDistributionPoints=URI:${FULL}${'x'.repeat(2_000)}`], [], []],
  ])('%s', (_, extension, sections, uris) => {
    expect(pointsOf(extension, sections)).toEqual(uris);
  });

  it.each([
    ['an empty list', '3000'],
    ['an empty point', '30023000'],
    ['a point with something else in it', '300430028300'],
    ['a name of neither kind', '30063004a002a200'],
    ['no names', '30063004a002a000'],
    ['a name that is no general name', '30083006a004a0020500'],
    ['a space in an address', '30093007a005a003860120'],
    ['reasons that are no bits', '300630048102ff00'],
  ])('refuses %s', (_, hex) => {
    const extension = { oid: OID.crlDistributionPoints, critical: false, value: Buffer.from(hex, 'hex') };
    expect(
      refusalCode(() => readDistributionPoints({ extensions: new Map([[extension.oid, extension]]) })),
    ).toBe('structure-invalid');
  });
});
