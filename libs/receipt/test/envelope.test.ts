import { generateKeyPairSync, sign } from 'node:crypto';

import { type CryptoSuite, computeKeyid, portableCrypto, type PublicKey } from '@cunzheng/crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  computePae,
  encodeBase64,
  type EnvelopeJson,
  formatEnvelope,
  formatStatement,
  parseEnvelope,
  parseStatement,
  type StatementSigner,
  verifyEnvelope,
} from '@cunzheng/receipt';

import { testKey } from './ed25519-key.js';
import { refusal } from './refusal.js';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const first = testKey(5);
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p256Spki = Uint8Array.from(p256.publicKey.export({ format: 'der', type: 'spki' }));
const keyid = (spki: Uint8Array): string => computeKeyid(nativeCrypto, spki);

const signers: StatementSigner[] = [
  { alg: 'ed25519', keyid: keyid(first.spki) },
  { alg: 'ecdsa-p256-sha256', keyid: keyid(p256Spki), role: 'witness' },
];
const statement = formatStatement({
  createdAt: '2026-11-20T08:00:00.000Z',
  fingerprints: [{ algorithm: 'sha-256', digest: '0'.repeat(64) }],
  nonce: 'a1'.repeat(16),
  organization: '律所',
  service: 'notary.example',
  signers,
});
const pae = computePae(utf8(statement));
const signatures = [
  { keyid: signers[0]!.keyid, sig: first.sign(pae) },
  { keyid: signers[1]!.keyid, sig: Uint8Array.from(sign('sha256', pae, p256.privateKey)) },
];
const envelope = formatEnvelope(statement, signatures);
const keys = new Map<string, PublicKey>([
  [signers[0]!.keyid, nativeCrypto.signature('ed25519').importPublicKey(first.spki)],
  [signers[1]!.keyid, nativeCrypto.signature('ecdsa-p256-sha256').importPublicKey(p256Spki)],
]);

describe('PAE', () => {
  it('is what DSSE v1 says, lengths in bytes', () => {
    const type = 'application/vnd.cunzheng.statement+json';
    expect(new TextDecoder().decode(computePae(utf8('存证 x')))).toBe(
      `DSSEv1 ${type.length} ${type} 8 存证 x`,
    );
    expect(new TextDecoder().decode(computePae(new Uint8Array()))).toBe(`DSSEv1 39 ${type} 0 `);
  });
});

describe('envelope', () => {
  it('is read back with the very payload and signatures', () => {
    const parsed = parseEnvelope(envelope);
    expect(parsed.payload).toEqual(utf8(statement));
    expect(parsed.statement).toEqual(parseStatement(statement));
    expect(parsed.signatures).toEqual(signatures);
  });

  const change = (patch: object): unknown => ({ ...envelope, ...patch });
  const [one, two] = envelope.signatures;
  it.each([
    ['no object', 'x', 'envelope-type', ''],
    ['an unknown member', change({ x: 1 }), 'envelope-members', '/x'],
    ['another payload type', change({ payloadType: 'text/plain' }), 'envelope-value', '/payloadType'],
    [
      'base64url',
      change({ payload: envelope.payload.replaceAll('=', '') + '_' }),
      'envelope-value',
      '/payload',
    ],
    ['base64 with line breaks', change({ payload: `${envelope.payload}\n` }), 'envelope-value', '/payload'],
    [
      'an empty signature',
      change({ signatures: [{ ...one!, sig: '' }, two] }),
      'envelope-value',
      '/signatures/0/sig',
    ],
    [
      'a huge signature',
      change({ signatures: [{ ...one!, sig: 'A'.repeat(10_924) }, two] }),
      'envelope-value',
      '/signatures/0/sig',
    ],
    [
      'an upper-case keyid',
      change({ signatures: [{ ...one!, keyid: 'A'.repeat(64) }, two] }),
      'envelope-value',
      '/signatures/0/keyid',
    ],
    ['a signature too few', change({ signatures: [one] }), 'envelope-signers', '/signatures'],
    [
      'signatures in another order',
      change({ signatures: [two, one] }),
      'envelope-signers',
      '/signatures/0/keyid',
    ],
    [
      'a payload that is not canonical',
      change({ payload: encodeBase64(utf8(`${statement} `)) }),
      'statement-not-canonical',
      '',
    ],
  ])('refuses %s', (_, value, code, path) => {
    expect(refusal(() => parseEnvelope(value))).toEqual({ code, path });
  });

  it('cannot be written wrong either', () => {
    expect(refusal(() => formatEnvelope(statement, [])).code).toBe('envelope-value');
    expect(refusal(() => formatEnvelope('{}', signatures)).code).toBe('statement-members');
  });
});

describe('verifyEnvelope', () => {
  const results = (value: EnvelopeJson, known = keys, crypto = nativeCrypto): string[] =>
    verifyEnvelope(crypto, parseEnvelope(value), known).map(({ result }) => result);

  it('is valid for each signer with its key, natively and portably', () => {
    expect(results(envelope)).toEqual(['valid', 'valid']);
    expect(results(envelope, keys, portableCrypto)).toEqual(['valid', 'valid']);
  });

  it('tells the signers apart', () => {
    const [one, two] = envelope.signatures;
    expect(results({ ...envelope, signatures: [{ ...one!, sig: two!.sig }, two!] })).toEqual([
      'invalid',
      'valid',
    ]);
  });

  it('says which key is missing or of another algorithm', () => {
    expect(results(envelope, new Map([[signers[0]!.keyid, keys.get(signers[0]!.keyid)!]]))).toEqual([
      'valid',
      'key-missing',
    ]);
    const swapped = new Map([...keys].map(([id], i) => [id, keys.get(signers[1 - i]!.keyid)!]));
    expect(results(envelope, swapped)).toEqual(['key-mismatch', 'key-mismatch']);
  });

  it('says which algorithm it does not have', () => {
    const foreign = statement.replace('"ed25519"', '"sm2-sm3"');
    const lacking = { ...nativeCrypto, isSignatureName: (name: string) => name !== 'sm2-sm3' };
    expect(results(formatEnvelope(foreign, signatures), keys, lacking as CryptoSuite)).toEqual([
      'algorithm-unsupported',
      'invalid',
    ]);
  });
});
