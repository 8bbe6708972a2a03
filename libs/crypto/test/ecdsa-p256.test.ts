/**
 * ECDSA over P-256 where readers are known to disagree (after the kinds of cases in Wycheproof): encodings of the same
 * numbers, numbers at the ends of their ranges, and sums that meet the special cases of point addition.
 */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { p256 } from '@noble/curves/nist.js';
import fc from 'fast-check';
import { parseEcdsaSignature } from '../src/signatures/ecdsa-der.js';
import { code, fromHex, suites, text, toHex, verdict } from './suites.js';

const { Point } = p256;
const N = Point.Fn.ORDER;
const P = Point.Fp.ORDER;
const HEADER = '3059301306072a8648ce3d020106082a8648ce3d030107034200';

const mod = (a: bigint, modulus = N): bigint => ((a % modulus) + modulus) % modulus;
const inverse = (a: bigint): bigint => Point.Fn.inv(mod(a));
const hex32 = (n: bigint): string => n.toString(16).padStart(64, '0');
const spkiOf = (point: InstanceType<typeof Point>): Uint8Array =>
  fromHex(HEADER + toHex(point.toBytes(false)));
const digestOf = (message: Uint8Array): bigint =>
  BigInt(`0x${createHash('sha256').update(message).digest('hex')}`);

/** DER INTEGER content of a non-negative number. */
function integer(n: bigint): string {
  const hex = n.toString(16);
  const even = hex.length % 2 === 1 ? `0${hex}` : hex;
  return parseInt(even.slice(0, 2), 16) >= 0x80 ? `00${even}` : even;
}

const length = (hex: string): string => (hex.length / 2).toString(16).padStart(2, '0');
const tlv = (tag: string, hex: string): string => tag + length(hex) + hex;
const der = (r: bigint, s: bigint): Uint8Array =>
  fromHex(tlv('30', tlv('02', integer(r)) + tlv('02', integer(s))));

const agreed = (spki: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean =>
  verdict('ecdsa-p256-sha256', spki, message, signature);

const message = text('message');
const h = mod(digestOf(message));
const privateKey = 0x1234567890abcdefn;
const spki = spkiOf(Point.BASE.multiply(privateKey));

/** A signature of `message` with the nonce k. */
function signWith(k: bigint, key = privateKey): { r: bigint; s: bigint } {
  const r = mod(Point.BASE.multiply(k).toAffine().x);
  return { r, s: mod((h + r * key) * inverse(k)) };
}

/** The key under which (r, s) signs `message`, for a point R with x ≡ r. */
function keyFor(point: InstanceType<typeof Point>, s: bigint): Uint8Array {
  const r = mod(point.toAffine().x);
  return spkiOf(point.multiply(s).subtract(Point.BASE.multiply(h)).multiply(inverse(r)));
}

/** The first point from x = `from` on. */
function pointFrom(from: bigint): InstanceType<typeof Point> {
  for (let x = from; ; x++) {
    try {
      return Point.fromHex(`02${hex32(x)}`);
    } catch {
      continue;
    }
  }
}

describe('published vectors', () => {
  interface Vectors {
    readonly publicKey: { readonly x: string; readonly y: string };
    readonly cases: readonly { readonly text: string; readonly r: string; readonly s: string }[];
  }
  const path = join(__dirname, '../testdata/ecdsa-p256-rfc6979.json');
  const { publicKey, cases } = JSON.parse(readFileSync(path, 'utf8')) as Vectors;

  test.each(cases)('RFC 6979 A.2.5 "$text"', ({ text: signed, r, s }) => {
    const key = fromHex(`${HEADER}04${publicKey.x}${publicKey.y}`);
    expect(agreed(key, text(signed), der(BigInt(`0x${r}`), BigInt(`0x${s}`)))).toBe(true);
    expect(agreed(key, text(`${signed}.`), der(BigInt(`0x${r}`), BigInt(`0x${s}`)))).toBe(false);
  });
});

describe('numbers', () => {
  const { r, s } = signWith(98765n);

  test('both s and n − s verify: a low s is not required', () => {
    expect(agreed(spki, message, der(r, s))).toBe(true);
    expect(agreed(spki, message, der(r, N - s))).toBe(true);
  });

  test.each<[string, bigint, bigint]>([
    ['r = 0', 0n, s],
    ['s = 0', r, 0n],
    ['both 0', 0n, 0n],
    ['r = n', N, s],
    ['s = n', r, N],
    ['r + n', r + N, s],
    ['s + n', r, s + N],
    ['r = p', P, s],
    ['r = 1, s = 1', 1n, 1n],
    ['r = n − 1', N - 1n, s],
    ['s = n − 1', r, N - 1n],
    ['s = 2^256 − 1', r, 2n ** 256n - 1n],
    ['exchanged', s, r],
    ['−r', N - r, s],
  ])('%s', (_, badR, badS) => {
    expect(agreed(spki, message, der(badR, badS))).toBe(false);
  });

  test('out of range are refused before any arithmetic', () => {
    expect(parseEcdsaSignature(der(r, s), N)).toEqual(fromHex(hex32(r) + hex32(s)));
    expect(parseEcdsaSignature(der(1n, N - 1n), N)).toEqual(fromHex(hex32(1n) + hex32(N - 1n)));
    for (const [badR, badS] of [
      [0n, s],
      [r, 0n],
      [N, s],
      [r, N],
    ] as const) {
      expect(parseEcdsaSignature(der(badR, badS), N)).toBeUndefined();
    }
  });

  test('short r and s', () => {
    const point = pointFrom(1n);
    for (const small of [1n, 2n, 127n, 128n, 255n, 256n]) {
      const { x } = point.toAffine();
      expect(agreed(keyFor(point, small), message, der(x, small))).toBe(true);
      expect(agreed(keyFor(point, small), message, der(x, small + 1n))).toBe(false);
    }
  });

  test('s = 1 and s = n − 1 of a true signature', () => {
    const point = Point.BASE.multiply(4242n);
    const { x } = point.toAffine();
    for (const end of [1n, N - 1n]) expect(agreed(keyFor(point, end), message, der(mod(x), end))).toBe(true);
  });

  test('a point whose x is not below n', () => {
    const point = pointFrom(N);
    const { x } = point.toAffine();
    expect(x >= N && x < P).toBe(true);
    expect(agreed(keyFor(point, 77n), message, der(x - N, 77n))).toBe(true);
    expect(agreed(keyFor(point, 77n), message, der(x, 77n))).toBe(false);
  });

  test('equal summands: u1·G = u2·Q, which addition must treat as doubling', () => {
    const nonce = 31337n;
    const x = mod(Point.BASE.multiply(nonce).toAffine().x);
    const key = spkiOf(Point.BASE.multiply(mod(h * inverse(x))));
    expect(agreed(key, message, der(x, mod(2n * h * inverse(nonce))))).toBe(true);
  });

  test('opposite summands: u1·G = −u2·Q, whose sum is no point', () => {
    const badR = mod(-h * inverse(privateKey));
    for (const anyS of [1n, 31337n, N - 1n]) expect(agreed(spki, message, der(badR, anyS))).toBe(false);
  });

  test('the keys G and −G', () => {
    for (const key of [1n, N - 1n]) {
      const good = signWith(5n, key);
      expect(agreed(spkiOf(Point.BASE.multiply(key)), message, der(good.r, good.s))).toBe(true);
    }
  });
});

describe('encodings of a valid signature', () => {
  // Nonces are tried until r has its high bit set and s has not: so both forms of integers are there.
  const highThenLow = (k: bigint): { r: bigint; s: bigint } => {
    const candidate = signWith(k);
    return candidate.r >> 255n === 1n && candidate.s >> 255n === 0n ? candidate : highThenLow(k + 1n);
  };
  const { r, s } = highThenLow(1000n);
  const [intR, intS] = [tlv('02', integer(r)), tlv('02', integer(s))];
  const body = intR + intS;
  const good = tlv('30', body);

  test('the strict one is accepted', () => {
    expect(agreed(spki, message, fromHex(good))).toBe(true);
  });

  test.each<[string, string]>([
    ['nothing', ''],
    ['only a tag', '30'],
    ['an empty sequence', '3000'],
    ['one integer', tlv('30', intR)],
    ['three integers', tlv('30', `${body}020101`)],
    ['a sequence of another tag', tlv('31', body)],
    ['a primitive sequence', tlv('10', body)],
    ['r of another tag', tlv('30', tlv('03', integer(r)) + intS)],
    ['s of another tag', tlv('30', intR + tlv('0a', integer(s)))],
    ['a byte behind', `${good}00`],
    ['a null behind', `${good}0500`],
    ['the signature twice', good + good],
    ['a byte inside, counted', tlv('30', `${body}00`)],
    ['a null inside, counted', tlv('30', `${body}0500`)],
    ['a byte inside, not counted', `30${length(body)}${body}00`],
    ['length one too long', `30${length(`${body}00`)}${body}`],
    ['length one too short', `30${length(body.slice(2))}${body}`],
    ['length in long form', `3081${length(body)}${body}`],
    ['length in longer form', `308200${length(body)}${body}`],
    ['length in five bytes', `3084000000${length(body)}${body}`],
    ['indefinite length', `3080${body}0000`],
    ['length ff', `30ff${body}`],
    ['r with long length', tlv('30', `0281${length(integer(r))}${integer(r)}${intS}`)],
    ['s with long length', tlv('30', `${intR}0281${length(integer(s))}${integer(s)}`)],
    ['s with indefinite length', tlv('30', `${intR}0280${integer(s)}0000`)],
    ['r padded', tlv('30', tlv('02', `00${integer(r)}`) + intS)],
    ['s padded', tlv('30', intR + tlv('02', `00${integer(s)}`))],
    ['s padded a lot', tlv('30', intR + tlv('02', '00'.repeat(20) + integer(s)))],
    ['r without its zero: negative', tlv('30', tlv('02', integer(r).slice(2)) + intS)],
    ['s with ff in front: negative', tlv('30', intR + tlv('02', `ff${integer(s)}`))],
    ['r empty', tlv('30', `0200${intS}`)],
    ['s empty', tlv('30', `${intR}0200`)],
    ['r cut', tlv('30', tlv('02', integer(r).slice(0, -2)) + intS)],
    ['s cut', tlv('30', intR + tlv('02', integer(s).slice(0, -2)))],
    ['s reaching past the end', tlv('30', `${intR}02${length(`${integer(s)}00`)}${integer(s)}`)],
    ['r reaching over s', tlv('30', `02${length(integer(r) + intS)}${integer(r)}${intS}`)],
    ['r ‖ s without DER', hex32(r) + hex32(s)],
    ['131 bytes whose second byte equals the rest', `3081${'00'.repeat(129)}`],
    ['a megabyte', `30${'80'.repeat(1_000_000)}`],
  ])('%s is refused', (_, encoding) => {
    expect(agreed(spki, message, fromHex(encoding))).toBe(false);
  });

  test('as a view into larger memory', () => {
    const memory = new Uint8Array(200).fill(0x02);
    memory.set(fromHex(good), 50);
    expect(agreed(spki, message, memory.subarray(50, 50 + good.length / 2))).toBe(true);
    expect(agreed(spki, message, memory.subarray(50, 49 + good.length / 2))).toBe(false);
    expect(agreed(spki, message, memory.subarray(50))).toBe(false);
  });
});

describe('keys', () => {
  const { x, y } = pointFrom(1n).toAffine();
  const raw = hex32(x) + hex32(y);
  const { publicKey: otherCurve } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
  const { publicKey: explicit } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    paramEncoding: 'explicit',
  });

  test('the canonical one is accepted', () => {
    for (const [, suite] of suites) {
      const key = suite.signature('ecdsa-p256-sha256').importPublicKey(fromHex(`${HEADER}04${raw}`));
      expect(toHex(key.spki)).toBe(`${HEADER}04${raw}`);
    }
  });

  test.each<[string, string]>([
    ['nothing', ''],
    ['a raw point', `04${raw}`],
    [
      'a compressed point',
      `3039301306072a8648ce3d020106082a8648ce3d030107032200${(y & 1n) === 1n ? '03' : '02'}${hex32(x)}`,
    ],
    ['a hybrid point', `${HEADER}${(y & 1n) === 1n ? '07' : '06'}${raw}`],
    ['infinity', `301a301306072a8648ce3d020106082a8648ce3d03010703020000`],
    ['infinity, filled up', `${HEADER}00${raw}`],
    ['zeros', `${HEADER}04${'00'.repeat(64)}`],
    ['off the curve', `${HEADER}04${hex32(x)}${hex32(y ^ 1n)}`],
    ['x + p', `${HEADER}04${hex32(x + P)}${hex32(y)}`],
    ['x = p', `${HEADER}04${hex32(P)}${hex32(y)}`],
    ['y = 2^256 − 1', `${HEADER}04${hex32(x)}${'ff'.repeat(32)}`],
    ['a byte behind', `${HEADER}04${raw}00`],
    ['a byte less', `${HEADER}04${raw}`.slice(0, -2)],
    ['unused bits', `${HEADER.slice(0, -2)}0104${raw}`],
    ['a long length', `308159${HEADER.slice(4)}04${raw}`],
    ['explicit parameters', toHex(explicit.export({ format: 'der', type: 'spki' }))],
    ['another curve', toHex(otherCurve.export({ format: 'der', type: 'spki' }))],
    ['a point of this curve as one of another', `3056301006072a8648ce3d020106052b8104000a03420004${raw}`],
    ['an Ed25519 key', `302a300506032b6570032100${hex32(x)}`],
  ])('%s is refused', (_, encoding) => {
    for (const [, suite] of suites) {
      const algorithm = suite.signature('ecdsa-p256-sha256');
      expect(() => algorithm.importPublicKey(fromHex(encoding))).toThrow(code('key-invalid'));
    }
  });
});

describe('the verdicts agree', () => {
  test('on signatures that OpenSSL makes, for messages of every kind of length', () => {
    for (const size of [0, 1, 55, 56, 64, 1000, 1_000_000]) {
      const { publicKey, privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const data = new Uint8Array(randomBytes(size));
      const encoded = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
      // Half of them have a high s; a high first byte of r or s comes up as often.
      for (let i = 0; i < 8; i++)
        expect(agreed(encoded, data, new Uint8Array(sign('sha256', data, key)))).toBe(true);
    }
  });

  test('on changed signatures, keys and messages', () => {
    const { r, s } = signWith(2024n);
    const signature = der(r, s);
    const change = fc.tuple(
      fc.nat({ max: spki.length + signature.length + message.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
    );
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
        const all = new Uint8Array([...spki, ...signature, ...message]);
        for (const [position, difference] of changes) all[position]! ^= difference;
        fc.pre(toHex(all) !== toHex(new Uint8Array([...spki, ...signature, ...message])));
        const end = spki.length + signature.length;
        expect(agreed(all.subarray(0, spki.length), all.subarray(end), all.subarray(spki.length, end))).toBe(
          false,
        );
      }),
      { numRuns: 200 },
    );
  });

  test('on numbers near the ends of their ranges', () => {
    const nearEnd = fc.oneof(fc.bigInt(0n, 3n), fc.bigInt(N - 3n, N + 3n), fc.bigInt(0n, 2n ** 256n - 1n));
    fc.assert(
      fc.property(nearEnd, nearEnd, (r, s) => {
        agreed(spki, message, der(r, s));
      }),
      { numRuns: 150 },
    );
  });
});
