/**
 * ML-DSA-44 against signatures of other implementations (OpenSSL 4 and filippo.io/mldsa), and against every other string
 * that a lax verifier could take for the same signature: they must be unforgeable as strings.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyInThreadPool } from '@cunzheng/crypto/node';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import fc from 'fast-check';
import { code, fromHex, suites, text, toHex, verdict } from './suites.js';

interface Case {
  readonly name: string;
  readonly seed?: string;
  readonly spki: string;
  readonly message: string;
  readonly context: string;
  readonly signature: string;
}

const path = join(__dirname, '../testdata/ml-dsa-44.json');
const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: Case[] };
const plain = cases.filter(({ context }) => context === '');
const HEADER_SIZE = 22;

/** FIPS 204 Table 1 and §7.2: c~, then z, then the places of the hints and where each polynomial's end. */
const HINTS_AT = 32 + 4 * 576;
const OMEGA = 80;

const verified = (spki: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean =>
  verdict('ml-dsa-44', spki, message, signature);

describe('published signatures', () => {
  test.each(plain)('$name', ({ spki, message, signature }) => {
    expect(verified(fromHex(spki), fromHex(message), fromHex(signature))).toBe(true);
    expect(verified(fromHex(spki), fromHex(`${message}00`), fromHex(signature))).toBe(false);
  });

  test('of one key do not verify with another', () => {
    for (const a of plain) {
      for (const b of plain) {
        expect(verified(fromHex(a.spki), fromHex(b.message), fromHex(b.signature))).toBe(a === b);
      }
    }
  });

  test('with a context are others', () => {
    const { spki, message, context, signature } = cases.find((candidate) => candidate.context !== '')!;
    expect(verified(fromHex(spki), fromHex(message), fromHex(signature))).toBe(false);
    const raw = fromHex(spki).subarray(HEADER_SIZE);
    const options = { context: fromHex(context) };
    expect(ml_dsa44.verify(fromHex(signature), fromHex(message), raw, options)).toBe(true);
  });

  test('come from the keys that their seeds give', () => {
    for (const { seed, spki } of cases) {
      if (seed === undefined) continue;
      expect(toHex(ml_dsa44.keygen(fromHex(seed)).publicKey)).toBe(spki.slice(2 * HEADER_SIZE));
    }
  });

  test('are verified on the spot where a thread would do', async () => {
    const { spki, message, signature } = plain[1]!;
    const key = suites[1]![1].signature('ml-dsa-44').importPublicKey(fromHex(spki));
    expect(await verifyInThreadPool(key, fromHex(message), fromHex(signature))).toBe(true);
    expect(await verifyInThreadPool(key, text('another'), fromHex(signature))).toBe(false);
  });
});

describe('encodings', () => {
  const { spki, message, signature } = plain[1]!;
  const check = (changed: Uint8Array): boolean => verified(fromHex(spki), fromHex(message), changed);
  const good = fromHex(signature);

  test('every changed byte is another signature', () => {
    const change = fc.tuple(fc.nat({ max: good.length - 1 }), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(change, ([position, difference]) => {
        expect(check(good.with(position, good[position]! ^ difference))).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  test('signatures of every other length', () => {
    for (const size of [0, 1, 2419]) expect(check(good.subarray(0, size))).toBe(false);
    expect(check(new Uint8Array([...good, 0]))).toBe(false);
    expect(check(new Uint8Array(100_000))).toBe(false);
    expect(check(new Uint8Array(2420))).toBe(false);
    expect(check(new Uint8Array(2420).fill(0xff))).toBe(false);
  });

  test('hints have one order, no repetition and nothing behind them', () => {
    const [first, second] = [good[HINTS_AT]!, good[HINTS_AT + 1]!];
    const [end, total] = [good[HINTS_AT + OMEGA]!, good[HINTS_AT + OMEGA + 3]!];
    expect(end).toBeGreaterThan(1);
    expect(total).toBeLessThan(OMEGA);
    expect(check(good.with(HINTS_AT, second).with(HINTS_AT + 1, first))).toBe(false);
    expect(check(good.with(HINTS_AT + 1, first))).toBe(false);
    expect(check(good.with(HINTS_AT + OMEGA - 1, 255))).toBe(false);
    expect(check(good.with(HINTS_AT + OMEGA + 3, OMEGA + 1))).toBe(false);
  });

  test('keys of another length, algorithm or wrapping', () => {
    const key = fromHex(spki);
    const wrappings = [
      new Uint8Array(0),
      key.subarray(0, key.length - 1),
      new Uint8Array([...key, 0]),
      key.subarray(HEADER_SIZE),
      // ML-DSA-65's OID; NULL parameters; unused bits.
      fromHex(spki.replace('608648016503040311', '608648016503040312')),
      fromHex(spki.replace('30820532300b0609', '30820534300d0609').replace('031103', '0311050003')),
      fromHex(spki.replace('0382052100', '0382052101')),
    ];
    for (const [, suite] of suites) {
      expect(suite.signature('ml-dsa-44').importPublicKey(key).spki).toEqual(key);
      for (const wrapping of wrappings) {
        expect(() => suite.signature('ml-dsa-44').importPublicKey(wrapping)).toThrow(code('key-invalid'));
      }
    }
  });

  test('a key of another algorithm', () => {
    for (const [, suite] of suites) {
      const key = suite.signature('ml-dsa-44').importPublicKey(fromHex(spki));
      expect(() => suite.signature('ed25519').verify(key, text(''), good)).toThrow(code('key-mismatch'));
    }
  });
});
