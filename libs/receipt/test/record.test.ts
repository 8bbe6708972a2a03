import { formatCanonical } from '@cunzheng/canonical-json';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { LedgerError } from '@cunzheng/ledger';
import {
  ASSURANCES,
  decoyCount,
  type DisclosureInput,
  encodeBase64Url,
  encodeHex,
  formatRecord,
  formatUuidV7,
  hashDisclosure,
  parseDisclosure,
  parseRecord,
  RECORD_KINDS,
  type RecordInput,
} from '@cunzheng/receipt';
import fc from 'fast-check';

import { refusal, refusalCode } from './refusal.js';

const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
const fingerprints = fc
  .subarray(['sha-256', 'sha3-256', 'sm3'] as const, { minLength: 1 })
  .chain((names) =>
    fc.tuple(
      ...names.map((algorithm) => bytes(32).map((digest) => ({ algorithm, digest: encodeHex(digest) }))),
    ),
  );
const disclosures: fc.Arbitrary<DisclosureInput[]> = fc.uniqueArray(
  fc.record({
    salt: bytes(16),
    name: fc.constantFrom(
      'organization',
      'title',
      'clientRef',
      'provenance',
      ...Array.from({ length: 8 }, (_, i) => `signer.${i}.name`),
    ),
    value: fc.stringMatching(/^[^\0\uD800-\uDFFF\uFDD0-\uFDEF\uFFFE\uFFFF]{1,150}$/),
  }),
  { selector: ({ name }) => name, maxLength: 12 },
);

const input: fc.Arbitrary<RecordInput> = disclosures.chain((disclosed) =>
  fc
    .record({
      acceptedAtMs: fc.nat({ max: 253_402_300_799_999 }),
      random: bytes(10),
      assurance: fc.constantFrom(...ASSURANCES.slice(1)),
      clockBoundMs: fc.option(fc.maxSafeNat(), { nil: undefined }),
      fingerprints,
      kind: fc.constantFrom(...RECORD_KINDS),
      log: fc.constantFrom('a.example/logs/a', 'localhost:3000/logs/dev-0a'),
      nonce: bytes(16),
      signers: fc.integer({ min: 8, max: 10 }),
      decoys: fc.array(bytes(32), { minLength: decoyCount(disclosed), maxLength: decoyCount(disclosed) }),
    })
    .map(({ random, clockBoundMs, ...rest }) => ({
      ...rest,
      ...(clockBoundMs === undefined ? {} : { clockBoundMs }),
      id: formatUuidV7(rest.acceptedAtMs, random),
      disclosures: disclosed,
    })),
);

const sample = fc.sample(input, { seed: 7, numRuns: 1 })[0]!;

describe('formatRecord', () => {
  it('writes J of the same object, and disclosures that hash into it', () => {
    fc.assert(
      fc.property(input, (value) => {
        const { record, disclosures: texts } = formatRecord(value, nativeCrypto);
        const digests = [
          ...texts.map((text) => hashDisclosure(nativeCrypto, text)),
          ...value.decoys.map(encodeBase64Url),
        ];
        const expected = {
          signers: value.signers,
          nonce: encodeHex(value.nonce),
          log: value.log,
          kind: value.kind,
          id: value.id,
          format: 'cunzheng/record@v1',
          fingerprints: value.fingerprints,
          ...(value.clockBoundMs === undefined ? {} : { clockBoundMs: value.clockBoundMs }),
          assurance: value.assurance,
          acceptedAt: new Date(value.acceptedAtMs).toISOString(),
          _sd_alg: 'sha-256',
          _sd: digests.sort(),
        };
        expect(record).toBe(formatCanonical(expected));
        for (const [i, { salt, name, value: content }] of value.disclosures.entries()) {
          const json = formatCanonical([encodeHex(salt), name, content]);
          expect(texts[i]).toBe(Buffer.from(json).toString('base64url'));
          expect(parseDisclosure(texts[i]!)).toMatchObject({ name, value: content });
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is accepted by the parser', () => {
    fc.assert(
      fc.property(input, (value) => {
        const parsed = parseRecord(formatRecord(value, nativeCrypto).record);
        const { acceptedAtMs, assurance, fingerprints: prints, id, kind, log, signers } = value;
        expect(parsed).toMatchObject({
          acceptedAtMs,
          assurance,
          fingerprints: prints,
          id,
          kind,
          log,
          signers,
        });
        expect(parsed.clockBoundMs).toBe(value.clockBoundMs);
        expect(parsed.sd.length % 8).toBe(0);
      }),
    );
  });

  it('pads to multiples of eight, and to eight where nothing is disclosed', () => {
    const counts = [0, 1, 7, 8, 9, 16, 17].map((length) => decoyCount(Array.from({ length })));
    expect(counts).toEqual([8, 7, 1, 0, 7, 0, 7]);
  });

  const wrong: [what: string, code: string, change: Partial<RecordInput>][] = [
    ['an id of another time', 'record-value', { acceptedAtMs: sample.acceptedAtMs + 1 }],
    ['an id of another version', 'uuid-invalid', { id: '017f22e2-79b0-4cc3-98c4-dc0c0c07398f' }],
    ['signers without assurance', 'record-value', { assurance: 'none' }],
    ['assurance without signers', 'record-value', { signers: 0, disclosures: [], decoys: decoys(8) }],
    ['a negative clock bound', 'record-value', { clockBoundMs: -1 }],
    ['a fraction of a clock bound', 'record-value', { clockBoundMs: 0.5 }],
    ['a short nonce', 'record-value', { nonce: new Uint8Array(15) }],
    ['no fingerprints', 'fingerprints-value', { fingerprints: [] }],
    ['a decoy too few', 'record-value', { disclosures: [], decoys: decoys(7) }],
    ['a short decoy', 'record-value', { disclosures: [], decoys: [...decoys(7), new Uint8Array(31)] }],
    ['a short salt', 'disclosure-value', one({ salt: new Uint8Array(15), name: 'title', value: 'x' })],
    [
      'an unknown name',
      'disclosure-name-unknown',
      one({ salt: new Uint8Array(16), name: 'secret', value: 'x' }),
    ],
    [
      'a value of another type',
      'disclosure-type',
      one({ salt: new Uint8Array(16), name: 'title', value: 1 }),
    ],
    [
      'a signer that is not there',
      'record-value',
      { signers: 1, ...one({ salt: new Uint8Array(16), name: 'signer.1.name', value: 'x' }) },
    ],
    [
      'a name twice',
      'record-value',
      {
        disclosures: ['x', 'y'].map((value) => ({ salt: new Uint8Array(16), name: 'title', value })),
        decoys: decoys(6),
      },
    ],
  ];
  it.each(wrong)('refuses %s', (_, code, change) => {
    expect(refusalCode(() => formatRecord({ ...sample, ...change }, nativeCrypto))).toBe(code);
  });

  it('refuses an origin that would break out of the template', () => {
    const run = () => formatRecord({ ...sample, log: 'a.example/logs/a","x":"' }, nativeCrypto);
    expect(run).toThrow(LedgerError);
  });
});

describe('parseRecord', () => {
  const { record } = formatRecord(
    { ...sample, signers: 8, assurance: 'key', kind: 'document' },
    nativeCrypto,
  );
  const sd = (parseRecord(record).sd as string[]).slice();
  const withSd = (digests: string[]): string => record.replace(JSON.stringify(sd), JSON.stringify(digests));

  it.each([
    ['white space', `${record} `, 'record-not-canonical', ''],
    ['an array', '[]', 'record-type', ''],
    ['a version to come', record.replace('record@v1', 'record@v2'), 'record-version', '/format'],
    [
      'another digest for disclosures',
      record.replace('"_sd_alg":"sha-256"', '"_sd_alg":"sha-384"'),
      'record-value',
      '/_sd_alg',
    ],
    ['an unknown member', record.replace(/}$/, ',"z":1}'), 'record-members', '/z'],
    ['a missing member', record.replace('"kind":"document",', ''), 'record-members', '/kind'],
    ['eleven signers', record.replace('"signers":8', '"signers":11'), 'record-value', '/signers'],
    ['assurance without signers', record.replace('"signers":8', '"signers":0'), 'record-value', '/assurance'],
    [
      'an unknown assurance',
      record.replace('"assurance":"key"', '"assurance":"full"'),
      'record-value',
      '/assurance',
    ],
    ['an unknown kind', record.replace('"kind":"document"', '"kind":"other"'), 'record-value', '/kind'],
    ['a log that is no origin', record.replace(/"log":"[^"]*"/, '"log":"x"'), 'record-value', '/log'],
    ['seven digests', withSd(sd.slice(1)), 'record-value', '/_sd'],
    ['no digests', withSd([]), 'record-value', '/_sd'],
    ['unsorted digests', withSd(sd.toReversed()), 'record-value', '/_sd'],
    ['a digest twice', withSd([sd[0]!, ...sd.slice(0, -1)].sort()), 'record-value', '/_sd'],
    ['a short digest', withSd(['A'.repeat(42), ...sd.slice(1)].sort()), 'record-value', '/_sd'],
    [
      'a digest with trailing bits',
      withSd([`${'A'.repeat(42)}B`, ...sd.slice(1)].sort()),
      'record-value',
      '/_sd',
    ],
    [
      'a time that is not the id’s',
      record.replace(/"acceptedAt":"[^"]*"/, '"acceptedAt":"2026-01-01T00:00:00.000Z"'),
      'record-value',
      '/id',
    ],
    ['more than 16 KiB', `"${'x'.repeat(16_384)}"`, 'record-not-canonical', ''],
  ])('refuses %s', (_, text, code, path) => {
    expect(refusal(() => parseRecord(text))).toEqual({ code, path });
  });
});

function decoys(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => new Uint8Array(32).fill(i));
}

function one(disclosure: DisclosureInput): Partial<RecordInput> {
  return { disclosures: [disclosure], decoys: decoys(7) };
}
