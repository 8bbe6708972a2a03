import { portableCrypto, type SignatureName } from '@cunzheng/crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  formatStatement,
  LIMITS,
  MEDIA_TYPE,
  parseFingerprints,
  parseStatement,
  signerAlgorithms,
  sortFingerprints,
  type StatementInput,
} from '@cunzheng/receipt';
import fc from 'fast-check';

import { refusal } from './refusal.js';

const minimal: StatementInput = {
  createdAt: '2026-11-20T08:00:00.000Z',
  fingerprints: [{ algorithm: 'sha-256', digest: '0'.repeat(64) }],
  nonce: 'a1'.repeat(16),
  organization: 'Example',
  service: 'notary.example',
  signers: [{ alg: 'ed25519', keyid: 'b'.repeat(64) }],
};

const full: StatementInput = {
  ...minimal,
  title: '合同',
  mediaType: 'application/vnd.example+json',
  sizeBytes: 0,
  clientRef: 'ref/1',
  metadata: [
    { name: 'b', value: '' },
    { name: 'a', value: 'x' },
  ],
  provenance: 'scanned',
  signers: [{ alg: 'ml-dsa-65', keyid: 'c'.repeat(64), role: 'author' }, ...minimal.signers],
};

const codePoints = ({ min, max }: { min: number; max: number }) =>
  fc
    .string({ unit: 'grapheme', minLength: min })
    .filter((text) => Array.from(text).length <= max && Array.from(text).length >= min);

describe('signer algorithms', () => {
  it.each([nativeCrypto, portableCrypto])('are those of the format', (crypto) => {
    expect(signerAlgorithms(crypto)).toEqual([
      'ed25519',
      'ecdsa-p256-sha256',
      'ecdsa-secp256k1-sha256',
      'rsa-pss-sha256',
      'rsa-pkcs1v15-sha256',
      'sm2-sm3',
      'ml-dsa-65',
    ]);
  });

  it('do not include what the suite does not verify, or what is retired', () => {
    const isRetired = (name: string): boolean => name !== 'sm2-sm3' && name !== 'ed25519';
    const isSignatureName = (name: string): name is SignatureName => name !== 'ed25519';
    expect(signerAlgorithms({ ...nativeCrypto, isRetired, isSignatureName })).toEqual(['sm2-sm3']);
  });

  it('do not include what signs notes only, and no statement names it', () => {
    expect(portableCrypto.isSignatureName('ml-dsa-44')).toBe(true);
    const signers = [{ alg: 'ml-dsa-44' as 'ml-dsa-65', keyid: 'c'.repeat(64) }];
    expect(refusal(() => formatStatement({ ...minimal, signers }))).toEqual({
      code: 'statement-value',
      path: '/signers/0/alg',
    });
  });
});

describe('statement', () => {
  it('is read back as written, with and without the optional members', () => {
    for (const input of [minimal, full]) {
      const text = formatStatement(input);
      expect(parseStatement(text)).toEqual({ ...input, format: 'cunzheng/statement@v1' });
      expect(parseStatement(new TextEncoder().encode(text))).toEqual(parseStatement(text));
    }
  });

  it('is canonical whatever the order of the input', () => {
    const reversed = Object.fromEntries(Object.entries(full).reverse()) as unknown as StatementInput;
    expect(formatStatement(reversed)).toBe(formatStatement(full));
  });

  it('keeps any text within the limits', () => {
    fc.assert(
      fc.property(codePoints(LIMITS.title), codePoints(LIMITS.organization), (title, organization) => {
        fc.pre(!/[\p{Noncharacter_Code_Point}\p{Surrogate}]/u.test(title + organization));
        const statement = parseStatement(formatStatement({ ...minimal, title, organization }));
        expect(statement).toMatchObject({ title, organization });
      }),
    );
  });

  it('counts code points, not UTF-16 units', () => {
    const longest = '😀'.repeat(500);
    expect(parseStatement(formatStatement({ ...minimal, title: longest })).title).toBe(longest);
    expect(refusal(() => formatStatement({ ...minimal, title: `${longest}a` }))).toMatchObject({
      path: '/title',
    });
  });

  const refused: [what: string, code: string, path: string, change: object][] = [
    ['an undefined member', 'statement-type', '/nonce', { nonce: undefined }],
    ['an unknown member', 'statement-members', '/extra', { extra: 1 }],
    ['a number for a text', 'statement-type', '/organization', { organization: 1 }],
    ['an empty organization', 'statement-value', '/organization', { organization: '' }],
    [
      'a day that is not in the calendar',
      'statement-value',
      '/createdAt',
      { createdAt: '2026-02-30T00:00:00.000Z' },
    ],
    ['a time without milliseconds', 'statement-value', '/createdAt', { createdAt: '2026-02-03T00:00:00Z' }],
    ['a short nonce', 'statement-value', '/nonce', { nonce: 'a1' }],
    ['an upper-case nonce', 'statement-value', '/nonce', { nonce: 'A1'.repeat(16) }],
    ['a service with a path', 'statement-value', '/service', { service: 'notary.example/logs' }],
    ['a title of 501 characters', 'statement-value', '/title', { title: 'x'.repeat(501) }],
    [
      'a media type with parameters',
      'statement-value',
      '/mediaType',
      { mediaType: 'text/plain; charset=utf-8' },
    ],
    [
      'a media type of 128 characters',
      'statement-value',
      '/mediaType',
      { mediaType: `a/${'b'.repeat(126)}` },
    ],
    ['a size as text', 'statement-type', '/sizeBytes', { sizeBytes: '1' }],
    ['a negative size', 'statement-value', '/sizeBytes', { sizeBytes: -1 }],
    ['an empty clientRef', 'statement-value', '/clientRef', { clientRef: '' }],
    ['no metadata items', 'statement-value', '/metadata', { metadata: [] }],
    ['51 metadata items', 'statement-value', '/metadata', { metadata: many(51) }],
    ['a metadata name twice', 'statement-value', '/metadata', { metadata: [...many(1), ...many(1)] }],
    [
      'a metadata item with more',
      'statement-members',
      '/metadata/0/x',
      { metadata: [{ name: 'a', value: 'b', x: 1 }] },
    ],
    [
      'a metadata value too long',
      'statement-value',
      '/metadata/0/value',
      { metadata: [{ name: 'a', value: 'x'.repeat(2001) }] },
    ],
    ['provenance too long', 'statement-value', '/provenance', { provenance: 'x'.repeat(4001) }],
    ['no signers', 'statement-value', '/signers', { signers: [] }],
    [
      'eleven signers',
      'statement-value',
      '/signers',
      { signers: Array.from({ length: 11 }, () => minimal.signers[0]) },
    ],
    ['a signer twice', 'statement-value', '/signers', { signers: [...minimal.signers, ...minimal.signers] }],
    [
      'an unknown algorithm',
      'statement-value',
      '/signers/0/alg',
      { signers: [{ alg: 'rsa', keyid: 'b'.repeat(64) }] },
    ],
    ['no fingerprints', 'fingerprints-value', '/fingerprints', { fingerprints: [] }],
  ];

  it.each(refused)('refuses %s', (_, code, path, change) => {
    expect(refusal(() => formatStatement({ ...full, ...change }))).toEqual({ code, path });
  });

  it.each([
    ['another version', formatStatement(minimal).replace('@v1', '@v2'), 'statement-version'],
    ['white space', `${formatStatement(minimal)}\n`, 'statement-not-canonical'],
    ['null', formatStatement(full).replace('"title":"合同"', '"title":null'), 'statement-not-canonical'],
    ['a missing member', formatStatement(full).replace(/"nonce":"[0-9a-f]*",/, ''), 'statement-members'],
    ['no object', '[]', 'statement-type'],
  ])('refuses %s', (_, text, code) => {
    expect(refusal(() => parseStatement(text)).code).toBe(code);
  });

  it('never quotes a value in a message: it may be private', () => {
    const secret = 'x'.repeat(501);
    expect(() => formatStatement({ ...minimal, title: secret })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('xxx') as string }) as Error,
    );
  });
});

describe('media type', () => {
  it.each(['text/plain', 'application/vnd.cunzheng.statement+json', 'x/y'])('accepts %s', (text) => {
    expect(MEDIA_TYPE.test(text)).toBe(true);
  });
  it.each([
    'text',
    '/plain',
    'text/',
    'text/plain ',
    '.text/plain',
    'text/plain/x',
    'text/plain\n',
    'a/b;c=d',
    'täxt/plain',
  ])('refuses %j', (text) => {
    expect(MEDIA_TYPE.test(text)).toBe(false);
  });
});

describe('fingerprints', () => {
  const all = [
    { algorithm: 'sha-256', digest: '1'.repeat(64) },
    { algorithm: 'sha-384', digest: '2'.repeat(96) },
    { algorithm: 'sha-512', digest: '3'.repeat(128) },
    { algorithm: 'sha3-256', digest: '4'.repeat(64) },
    { algorithm: 'sm3', digest: '5'.repeat(64) },
  ] as const;

  it('accepts all five algorithms in their order', () => {
    expect(parseFingerprints(all)).toEqual(all);
  });

  it('accepts a list exactly if it is not empty, sorted and unique', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...all), { maxLength: 6 }), (list) => {
        const names = list.map(({ algorithm }) => algorithm);
        const sorted = list.length > 0 && names.every((name, i) => i === 0 || name > names[i - 1]!);
        const accepted = (() => {
          try {
            return parseFingerprints(list).length > 0;
          } catch {
            return false;
          }
        })();
        expect(accepted).toBe(sorted);
      }),
      { numRuns: 1000 },
    );
  });

  it('can be sorted at intake', () => {
    expect(parseFingerprints(sortFingerprints(all.toReversed()))).toEqual(all);
  });

  it.each([
    [
      'an unknown algorithm',
      [{ algorithm: 'md5', digest: '0'.repeat(32) }],
      'fingerprints-value',
      '/0/algorithm',
    ],
    [
      'a digest too short',
      [{ algorithm: 'sha-384', digest: '0'.repeat(64) }],
      'fingerprints-value',
      '/0/digest',
    ],
    ['upper case', [{ algorithm: 'sm3', digest: 'A'.repeat(64) }], 'fingerprints-value', '/0/digest'],
    ['another member', [{ ...all[0], x: 1 }], 'fingerprints-members', '/0/x'],
    ['no list', { length: 1 }, 'fingerprints-type', ''],
    ['the wrong order', [all[4], all[0]], 'fingerprints-order', '/1'],
    ['an algorithm twice', [all[0], all[0]], 'fingerprints-order', '/1'],
  ])('refuses %s', (_, value, code, path) => {
    expect(refusal(() => parseFingerprints(value))).toEqual({ code, path });
  });
});

function many(count: number): { name: string; value: string }[] {
  return Array.from({ length: count }, (_, i) => ({ name: `n${i}`, value: '' }));
}
