/**
 * Ed25519 where verifiers are known to disagree ("Taming the many EdDSAs", Chalkias, Garillot, Nikolaenko, 2020): both
 * suites and a naive verifier must give one verdict on every input.
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { isReducedScalar, isStrictPoint } from '../src/signatures/ed25519-encoding.js';
import {
  add,
  BASE,
  challenge,
  decode,
  encode,
  equal,
  fromLittleEndian,
  L,
  multiply,
  naiveVerify,
  pointOfOrderEight,
  toLittleEndian,
  ZERO,
} from './naive-ed25519.js';
import { code, fromHex, suites, text, toHex, verdict } from './suites.js';

const spkiOf = (raw: Uint8Array): Uint8Array =>
  new Uint8Array([...fromHex('302a300506032b6570032100'), ...raw]);
const TORSION = pointOfOrderEight();

/** The verdict of all three verifiers. */
function agreed(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const valid = verdict('ed25519', spkiOf(publicKey), message, signature);
  expect(naiveVerify(publicKey, message, signature)).toBe(valid);
  return valid;
}

function newSignature(message: Uint8Array) {
  const pair = generateKeyPairSync('ed25519');
  const publicKey = new Uint8Array(pair.publicKey.export({ format: 'der', type: 'spki' })).slice(12);
  return { publicKey, signature: new Uint8Array(sign(null, message, pair.privateKey)) };
}

describe('published vectors', () => {
  interface Case {
    readonly name: string;
    readonly publicKey: string;
    readonly message: string;
    readonly signature: string;
  }
  const path = join(__dirname, '../testdata/ed25519-rfc8032.json');
  const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: Case[] };

  test.each(cases)('RFC 8032 $name', ({ publicKey, message, signature }) => {
    expect(agreed(fromHex(publicKey), fromHex(message), fromHex(signature))).toBe(true);
    expect(agreed(fromHex(publicKey), fromHex(`${message}00`), fromHex(signature))).toBe(false);
  });
});

describe('points with a small-order part', () => {
  /** A = aB + i·T, R = rB + j·T, S = r + ka: true by the cofactored equation, by the other one only if j = −ki mod 8. */
  function mixed(a: bigint, i: bigint, r: bigint, j: bigint, message: Uint8Array) {
    const publicKey = encode(add(multiply(a, BASE), multiply(i, TORSION)));
    const encodedR = encode(add(multiply(r, BASE), multiply(j, TORSION)));
    const k = challenge(encodedR, publicKey, message);
    const signature = new Uint8Array([...encodedR, ...toLittleEndian((r + k * a) % L, 32)]);
    return { publicKey, signature, holds: (j + k * i) % 8n === 0n };
  }

  test('are accepted exactly when the cofactorless equation holds', () => {
    const verdicts = new Map<string, number>();
    for (let i = 0n; i < 8n; i++) {
      for (let j = 0n; j < 8n; j++) {
        for (const message of ['0', '1', '2', '3'].map(text)) {
          const { publicKey, signature, holds } = mixed(1234567n + i, i, 7654321n + j, j, message);
          expect(agreed(publicKey, message, signature)).toBe(holds);
          const kind = `${i > 0n ? 'mixed' : 'clean'} A, ${j > 0n ? 'mixed' : 'clean'} R: ${holds}`;
          verdicts.set(kind, (verdicts.get(kind) ?? 0) + 1);
        }
      }
    }
    // Mixed points did come up with either verdict, so the agreement above is not an empty one.
    expect([...verdicts.keys()]).toEqual(
      expect.arrayContaining(['clean A, clean R: true', 'mixed A, mixed R: true', 'mixed A, clean R: false']),
    );
    expect(verdicts.get('clean A, mixed R: true')).toBeUndefined();
  });

  test('are never accepted if they are nothing else', () => {
    for (let i = 0n; i < 8n; i++) {
      for (let j = 0n; j < 8n; j++) {
        for (const message of ['0', '1', '2', '3', '4', '5', '6', '7'].map(text)) {
          const smallKey = mixed(0n, i, 5n, j, message);
          expect(agreed(smallKey.publicKey, message, smallKey.signature)).toBe(false);
          const smallR = mixed(5n, i, 0n, j, message);
          expect(agreed(smallR.publicKey, message, smallR.signature)).toBe(false);
        }
      }
    }
  });

  test('the identity as a key does not sign for everyone', () => {
    const signature = new Uint8Array([...encode(multiply(9n, BASE)), ...toLittleEndian(9n, 32)]);
    for (const [, suite] of suites) {
      expect(() => suite.signature('ed25519').importPublicKey(spkiOf(encode(ZERO)))).toThrow(
        code('key-invalid'),
      );
    }
    expect(agreed(encode(ZERO), text('anything'), signature)).toBe(false);
  });
});

describe('encodings', () => {
  const P = 2n ** 255n - 19n;
  const SIGN = 2n ** 255n;

  test('the eight points of small order are not strict, all others are', () => {
    for (let i = 0n; i < 8n; i++) expect(isStrictPoint(encode(multiply(i, TORSION)))).toBe(false);
    for (let i = 1n; i < 40n; i++) expect(isStrictPoint(encode(multiply(i, BASE)))).toBe(true);
    for (let i = 1n; i < 8n; i++) expect(isStrictPoint(encode(add(BASE, multiply(i, TORSION))))).toBe(true);
  });

  test('no y from p on is strict, with either sign', () => {
    for (let y = P; y < SIGN; y++) {
      expect(isStrictPoint(toLittleEndian(y, 32))).toBe(false);
      expect(isStrictPoint(toLittleEndian(y + SIGN, 32))).toBe(false);
      expect(agreed(toLittleEndian(y, 32), text(''), new Uint8Array(64))).toBe(false);
      expect(agreed(toLittleEndian(y + SIGN, 32), text(''), new Uint8Array(64))).toBe(false);
    }
    expect(isStrictPoint(toLittleEndian(P - 2n, 32))).toBe(true);
    expect(isStrictPoint(toLittleEndian(1n + SIGN, 32))).toBe(false);
    expect(isStrictPoint(toLittleEndian(P - 1n + SIGN, 32))).toBe(false);
  });

  test('the check leaves its input alone, and works on views of shared memory', () => {
    const buffer = Buffer.from(encode(multiply(3n, BASE)));
    buffer[31]! |= 0x80;
    const before = toHex(buffer);
    isStrictPoint(buffer);
    expect(toHex(buffer)).toBe(before);
  });

  test('scalars stop at L', () => {
    for (const s of [0n, 1n, L - 1n]) expect(isReducedScalar(toLittleEndian(s, 32))).toBe(true);
    for (const s of [L, L + 1n, 2n * L, 2n ** 253n, 2n ** 256n - 1n]) {
      expect(isReducedScalar(toLittleEndian(s, 32))).toBe(false);
    }
  });

  test('S + L, S + 2L … are no second signatures', () => {
    const message = text('message');
    const { publicKey, signature } = newSignature(message);
    const s = fromLittleEndian(signature.subarray(32));
    expect(agreed(publicKey, message, signature)).toBe(true);
    for (let i = 1n; s + i * L < 2n ** 256n; i++) {
      const malleated = new Uint8Array([...signature.subarray(0, 32), ...toLittleEndian(s + i * L, 32)]);
      expect(agreed(publicKey, message, malleated)).toBe(false);
    }
  });

  test('S = 0 is no shortcut', () => {
    const message = text('message');
    const { publicKey, signature } = newSignature(message);
    const zero = new Uint8Array([...signature.subarray(0, 32), ...new Uint8Array(32)]);
    expect(agreed(publicKey, message, zero)).toBe(false);
  });

  test('keys off the curve, of another length or in another wrapping', () => {
    let offCurve = 0;
    for (let y = 2n; y < 40n; y++) {
      const raw = toLittleEndian(y, 32);
      if (decode(raw)) continue;
      offCurve++;
      for (const [, suite] of suites) {
        expect(() => suite.signature('ed25519').importPublicKey(spkiOf(raw))).toThrow(code('key-invalid'));
      }
    }
    expect(offCurve).toBeGreaterThan(5);
    const good = spkiOf(encode(multiply(3n, BASE)));
    const header = toHex(good.subarray(0, 12));
    const wrappings = [
      new Uint8Array(0),
      good.subarray(0, 43),
      new Uint8Array([...good, 0]),
      good.subarray(12),
      // X25519's OID; NULL parameters; a long length; unused bits; PEM.
      fromHex(toHex(good).replace('2b6570', '2b656e')),
      fromHex(`302c300706032b65700500032100${toHex(good.subarray(12))}`),
      fromHex(toHex(good).replace(header, '30812a300506032b6570032100')),
      fromHex(toHex(good).replace(header, '302a300506032b6570032101')),
      text(`-----BEGIN PUBLIC KEY-----\n${Buffer.from(good).toString('base64')}\n-----END PUBLIC KEY-----\n`),
    ];
    for (const [, suite] of suites) {
      expect(suite.signature('ed25519').importPublicKey(good).spki).toEqual(good);
      for (const spki of wrappings) {
        expect(() => suite.signature('ed25519').importPublicKey(spki)).toThrow(code('key-invalid'));
      }
    }
  });

  test('signatures of every other length', () => {
    const message = text('message');
    const { publicKey, signature } = newSignature(message);
    for (const size of [0, 1, 31, 32, 63])
      expect(agreed(publicKey, message, signature.subarray(0, size))).toBe(false);
    expect(agreed(publicKey, message, new Uint8Array([...signature, 0]))).toBe(false);
    expect(agreed(publicKey, message, new Uint8Array(100_000))).toBe(false);
  });
});

describe('the verdicts agree', () => {
  test('on messages of every kind of length', () => {
    for (const size of [0, 1, 63, 64, 65, 127, 128, 1000, 1_000_000]) {
      const message = new Uint8Array(randomBytes(size));
      const { publicKey, signature } = newSignature(message);
      expect(agreed(publicKey, message, signature)).toBe(true);
    }
  });

  test('on changed signatures, keys and messages', () => {
    const message = text('the message that was signed');
    const { publicKey, signature } = newSignature(message);
    const change = fc.tuple(fc.nat({ max: 31 + 64 + message.length }), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const all = new Uint8Array([...publicKey, ...signature, ...message]);
        for (const [position, difference] of changes) all[position]! ^= difference;
        fc.pre(toHex(all) !== toHex(new Uint8Array([...publicKey, ...signature, ...message])));
        expect(agreed(all.subarray(0, 32), all.subarray(96), all.subarray(32, 96))).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  test('on arbitrary keys and signatures, and on points with small discrete logarithms', () => {
    const point = fc.oneof(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc
        .tuple(fc.bigInt(0n, 3n), fc.bigInt(0n, 7n))
        .map(([n, i]) => encode(add(multiply(n, BASE), multiply(i, TORSION)))),
    );
    const scalar = fc.oneof(fc.bigInt(0n, 3n), fc.bigInt(L - 2n, L + 2n)).map((s) => toLittleEndian(s, 32));
    fc.assert(
      fc.property(point, point, scalar, fc.uint8Array({ maxLength: 4 }), (publicKey, r, s, message) => {
        agreed(publicKey, message, new Uint8Array([...r, ...s]));
      }),
      { numRuns: 300 },
    );
  });

  test('the naive verifier is a group, as it should be', () => {
    expect(equal(multiply(L, BASE), ZERO)).toBe(true);
    expect(equal(multiply(8n, TORSION), ZERO)).toBe(true);
    expect(equal(multiply(4n, TORSION), ZERO)).toBe(false);
  });
});
