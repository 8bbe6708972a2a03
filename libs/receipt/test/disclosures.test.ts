import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  checkDisclosures,
  decoyCount,
  type DisclosureInput,
  encodeBase64Url,
  type EvidenceRecord,
  formatDisclosure,
  formatRecord,
  formatUuidV7,
  hashDisclosure,
  parseDisclosure,
  parseRecord,
} from '@cunzheng/receipt';

import { buildReceipt, documentFingerprints } from './build-receipt.js';
import { refusal, refusalCode } from './refusal.js';

const SALT = '00'.repeat(16);
const disclose = (json: string): string => Buffer.from(json).toString('base64url');
const { envelope } = buildReceipt();

describe('disclosure', () => {
  it('hashes as in RFC 9901 §4.2.3', () => {
    const example = 'WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0';
    expect(hashDisclosure(nativeCrypto, example)).toBe('X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0');
  });

  const values: [name: string, value: unknown][] = [
    ['organization', 'Example'],
    ['envelope', envelope],
    ['token.0', 'AAAA'],
    ['token.15', 'AAAA'],
    ['title', '合同'],
    ['mediaType', 'text/plain'],
    ['sizeBytes', 0],
    ['clientRef', 'r'],
    ['metadata', [{ name: 'a', value: '' }]],
    ['provenance', 'p'],
    ['signer.0.name', 'n'],
    ['signer.9.identifiers', [{ scheme: 'uscc', value: '91110000' }]],
    ['signer.0.verification', { method: 'm' }],
    ['signer.0.verification', { at: '2026-01-01T00:00:00.000Z', by: 'b', method: 'm', note: 'n' }],
    ['signer.0.assurance', 'asserted'],
    ['signer.0.key', 'AAAA'],
    ['signer.0.certificates', ['AAAA']],
  ];
  it.each(values)('of %s is read back as written', (name, value) => {
    const { disclosure, digest } = formatDisclosure({ salt: new Uint8Array(16), name, value }, nativeCrypto);
    expect(parseDisclosure(disclosure)).toMatchObject({ salt: SALT, name, value });
    expect(hashDisclosure(nativeCrypto, disclosure)).toBe(digest);
    expect(JSON.parse(Buffer.from(disclosure, 'base64url').toString())).toEqual([SALT, name, value]);
  });

  it.each([
    ['padding', `${disclose(`["${SALT}","title","xx"]`)}=`, 'disclosure-encoding'],
    ['standard base64', '+/+/', 'disclosure-encoding'],
    ['white space inside', disclose(`["${SALT}", "title","x"]`), 'disclosure-not-canonical'],
    ['no JSON', 'AAAA', 'disclosure-not-canonical'],
    ['an object', disclose('{}'), 'disclosure-type'],
    ['two elements', disclose(`["${SALT}","x"]`), 'disclosure-type'],
    ['a short salt', disclose(`["00","title","x"]`), 'disclosure-value'],
    ['a name that is no text', disclose(`["${SALT}",1,"x"]`), 'disclosure-type'],
    ['_sd', disclose(`["${SALT}","_sd",[]]`), 'disclosure-reserved-name'],
    ['...', disclose(`["${SALT}","...","x"]`), 'disclosure-reserved-name'],
    [
      '_sd inside a value',
      disclose(`["${SALT}","signer.0.verification",{"_sd":[],"method":"m"}]`),
      'disclosure-members',
    ],
    [
      '... inside a value',
      disclose(`["${SALT}","signer.0.verification",{"...":"x","method":"m"}]`),
      'disclosure-members',
    ],
    ['a clear member', disclose(`["${SALT}","assurance","key"]`), 'disclosure-clear-member'],
    ['clockBoundMs', disclose(`["${SALT}","clockBoundMs",0]`), 'disclosure-clear-member'],
    ['an unknown name', disclose(`["${SALT}","x","y"]`), 'disclosure-name-unknown'],
    ['__proto__', disclose(`["${SALT}","__proto__","y"]`), 'disclosure-name-unknown'],
    ['constructor', disclose(`["${SALT}","constructor","y"]`), 'disclosure-name-unknown'],
    ['token.16', disclose(`["${SALT}","token.16","AAAA"]`), 'disclosure-name-unknown'],
    ['token.00', disclose(`["${SALT}","token.00","AAAA"]`), 'disclosure-name-unknown'],
    ['signer.10.name', disclose(`["${SALT}","signer.10.name","x"]`), 'disclosure-name-unknown'],
    ['signer.0.constructor', disclose(`["${SALT}","signer.0.constructor","x"]`), 'disclosure-name-unknown'],
    ['an empty title', disclose(`["${SALT}","title",""]`), 'disclosure-value'],
    ['a token that is no base64', disclose(`["${SALT}","token.0","x-_x"]`), 'disclosure-value'],
    ['assurance none', disclose(`["${SALT}","signer.0.assurance","none"]`), 'disclosure-value'],
    [
      'an envelope without signatures',
      disclose(`["${SALT}","envelope",{"payload":"AAAA"}]`),
      'envelope-members',
    ],
  ])('with %s is refused', (_, text, code) => {
    expect(refusalCode(() => parseDisclosure(text))).toBe(code);
  });
});

describe('checkDisclosures', () => {
  const names = ['organization', 'token.2', 'signer.0.name', 'signer.1.key'];
  const inputs = names.map((name) => ({ salt: new Uint8Array(16), name, value: 'AAAA' }));
  const { record, texts } = make(inputs);

  it('puts everything in its place', () => {
    const shown = checkDisclosures(nativeCrypto, record, texts);
    expect(shown).toMatchObject({
      names,
      organization: 'AAAA',
      signers: [{ name: 'AAAA' }, { key: 'AAAA' }],
    });
    expect([...shown.tokens]).toEqual([[2, 'AAAA']]);
    expect(shown.title).toBeUndefined();
  });

  it('of none shows nothing', () => {
    expect(checkDisclosures(nativeCrypto, record, [])).toEqual({
      names: [],
      tokens: new Map(),
      signers: [{}, {}],
    });
  });

  it('refuses what the record does not commit to', () => {
    const other = formatDisclosure(
      { salt: new Uint8Array(16).fill(1), name: 'title', value: 'x' },
      nativeCrypto,
    );
    expect(refusal(() => checkDisclosures(nativeCrypto, record, [texts[0]!, other.disclosure]))).toEqual({
      code: 'disclosure-not-committed',
      path: '/disclosures/1',
    });
  });

  it('refuses a name twice, even if the record commits to both', () => {
    const twice = commitTo([
      '["' + '00'.repeat(16) + '","title","x"]',
      '["' + '11'.repeat(16) + '","title","y"]',
    ]);
    expect(refusalCode(() => checkDisclosures(nativeCrypto, twice.record, twice.texts))).toBe(
      'disclosure-repeated',
    );
  });

  it('refuses a signer beyond those of the record, and names of the record itself, even if it commits to them', () => {
    for (const [json, code] of [
      [`["${SALT}","signer.2.name","x"]`, 'disclosure-signer-out-of-range'],
      [`["${SALT}","log","x"]`, 'disclosure-clear-member'],
      [`["${SALT}","_sd",["x"]]`, 'disclosure-reserved-name'],
    ] as const) {
      const made = commitTo([json]);
      expect(refusalCode(() => checkDisclosures(nativeCrypto, made.record, made.texts))).toBe(code);
    }
  });

  /** A record that commits to disclosures no honest intake would make. */
  function commitTo(jsons: string[]): { record: EvidenceRecord; texts: string[] } {
    const forged = jsons.map(disclose);
    const digests = forged.map((text) => hashDisclosure(nativeCrypto, text));
    return {
      record: { ...record, sd: [...digests, ...record.sd.slice(digests.length)].sort() },
      texts: forged,
    };
  }
});

function make(disclosures: DisclosureInput[]): { record: EvidenceRecord; texts: string[] } {
  const acceptedAtMs = 1_700_000_000_000;
  const formatted = formatRecord(
    {
      id: formatUuidV7(acceptedAtMs, new Uint8Array(10)),
      acceptedAtMs,
      assurance: 'key',
      fingerprints: documentFingerprints(),
      kind: 'document',
      log: 'a.example/logs/a',
      nonce: new Uint8Array(16),
      signers: 2,
      disclosures,
      decoys: Array.from({ length: decoyCount(disclosures) }, (_, i) => new Uint8Array(32).fill(i)),
    },
    nativeCrypto,
  );
  expect(formatted.record).toContain(encodeBase64Url(new Uint8Array(32)));
  return { record: parseRecord(formatted.record), texts: formatted.disclosures };
}
