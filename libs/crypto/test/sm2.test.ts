/** SM2 against the example of the standard, and where readers of numbers, points and DER are known to differ. */
import { weierstrass } from '@noble/curves/abstract/weierstrass.js';
import { createHash } from 'node:crypto';
import { code, fromHex, suites, text, toHex, verdict } from './suites.js';

const HEADER = '3059301306072a8648ce3d020106082a811ccf5501822d034200';
/** GB/T 32918.5-2017, Annex A (GM/T 0003.5-2012, Annex A): keys, message and signature of its example. */
const EXAMPLE = {
  d: 0x3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8n,
  x: '09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020',
  y: 'ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13',
  message: text('message digest'),
  e: 0xf0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640n,
  r: 0xf5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3n,
  s: 0xb1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aan,
};
const P = 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn;
const N = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n;
const Point = weierstrass({
  p: P,
  n: N,
  h: 1n,
  a: P - 3n,
  b: 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n,
  Gx: 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n,
  Gy: 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n,
});

const mod = (value: bigint): bigint => ((value % N) + N) % N;
const hex32 = (value: bigint): string => value.toString(16).padStart(64, '0');
const spkiOf = (d: bigint): Uint8Array => fromHex(HEADER + toHex(Point.BASE.multiply(d).toBytes(false)));

function integer(value: bigint): string {
  const hex = value.toString(16);
  const even = hex.length % 2 === 1 ? `0${hex}` : hex;
  const content = parseInt(even.slice(0, 2), 16) >= 0x80 ? `00${even}` : even;
  return `02${(content.length / 2).toString(16).padStart(2, '0')}${content}`;
}

function der(r: bigint, s: bigint): Uint8Array {
  const body = integer(r) + integer(s);
  return fromHex(`30${(body.length / 2).toString(16).padStart(2, '0')}${body}`);
}

/** Z_A and e from their definition (GB/T 32918.2-2016 §5.5, §6.1), with OpenSSL's SM3. */
function hashFor(spki: Uint8Array, message: Uint8Array, userId = '1234567812345678'): bigint {
  const sm3 = (...parts: Uint8Array[]): Uint8Array => createHash('sm3').update(Buffer.concat(parts)).digest();
  const { a, b, Gx, Gy } = Point.CURVE();
  const entl = Uint8Array.of(userId.length >> 5, (8 * userId.length) & 0xff);
  const curve = fromHex([a, b, Gx, Gy].map(hex32).join(''));
  const identity = sm3(entl, text(userId), curve, spki.subarray(-64));
  return BigInt(`0x${toHex(sm3(identity, message))}`);
}

/** The signature with the nonce k, §6.1. */
function signWith(d: bigint, k: bigint, e: bigint): { r: bigint; s: bigint } {
  const r = mod(e + Point.BASE.multiply(k).toAffine().x);
  return { r, s: mod(Point.Fn.inv(1n + d) * (k - r * d)) };
}

const verified = (spki: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean =>
  verdict('sm2-sm3', spki, message, signature);

describe('the example of the standard', () => {
  const spki = fromHex(`${HEADER}04${EXAMPLE.x}${EXAMPLE.y}`);

  test('verifies, and is what the formulas give', () => {
    expect(verified(spki, EXAMPLE.message, der(EXAMPLE.r, EXAMPLE.s))).toBe(true);
    expect(verified(spki, text('message digest.'), der(EXAMPLE.r, EXAMPLE.s))).toBe(false);
    expect(toHex(spkiOf(EXAMPLE.d))).toBe(toHex(spki));
    expect(hashFor(spki, EXAMPLE.message)).toBe(EXAMPLE.e);
  });

  test.each<[string, bigint, bigint]>([
    ['r = 0', 0n, EXAMPLE.s],
    ['s = 0', EXAMPLE.r, 0n],
    ['r = n', N, EXAMPLE.s],
    ['s = n', EXAMPLE.r, N],
    ['r + n', EXAMPLE.r + N, EXAMPLE.s],
    ['s + n', EXAMPLE.r, EXAMPLE.s + N],
    ['n − s: no second form as in ECDSA', EXAMPLE.r, N - EXAMPLE.s],
    ['n − r', N - EXAMPLE.r, EXAMPLE.s],
    ['exchanged', EXAMPLE.s, EXAMPLE.r],
    ['r + s = n', EXAMPLE.r, N - EXAMPLE.r],
  ])('%s is refused', (_, r, s) => {
    expect(verified(spki, EXAMPLE.message, der(r, s))).toBe(false);
  });

  test('another user id is another signature', () => {
    const { r, s } = signWith(EXAMPLE.d, 4711n, hashFor(spki, EXAMPLE.message, 'ALICE123@YAHOO.COM'));
    expect(verified(spki, EXAMPLE.message, der(r, s))).toBe(false);
    const good = signWith(EXAMPLE.d, 4711n, hashFor(spki, EXAMPLE.message));
    expect(verified(spki, EXAMPLE.message, der(good.r, good.s))).toBe(true);
  });

  test('a message that is hashed without Z, as node:crypto would, is refused', () => {
    const e = BigInt(`0x${createHash('sm3').update(EXAMPLE.message).digest('hex')}`);
    const { r, s } = signWith(EXAMPLE.d, 4711n, e);
    expect(verified(spki, EXAMPLE.message, der(r, s))).toBe(false);
  });

  test('a sum at infinity is no point', () => {
    // [s]G + [t]P = O for s = −t·d: only r = e would fit, if infinity had the coordinate 0.
    const r = mod(hashFor(spki, EXAMPLE.message));
    const s = mod(-r * EXAMPLE.d * Point.Fn.inv(1n + EXAMPLE.d));
    expect(mod(s + mod(r + s) * EXAMPLE.d)).toBe(0n);
    expect(verified(spki, EXAMPLE.message, der(r, s))).toBe(false);
  });

  test('short numbers', () => {
    for (let k = 1n; k < 40n; k++) {
      const { r, s } = signWith(EXAMPLE.d, k, hashFor(spki, EXAMPLE.message));
      expect(verified(spki, EXAMPLE.message, der(r, s))).toBe(true);
    }
  });
});

describe('keys', () => {
  const { x, y } = EXAMPLE;
  const odd = BigInt(`0x${y}`) & 1n;

  test.each<[string, string]>([
    ['nothing', ''],
    ['a raw point', `04${x}${y}`],
    ['compressed', `3039301306072a8648ce3d020106082a811ccf5501822d032200${odd ? '03' : '02'}${x}`],
    ['hybrid', `${HEADER}${odd ? '07' : '06'}${x}${y}`],
    ['infinity', '301a301306072a8648ce3d020106082a811ccf5501822d03020000'],
    ['zeros', `${HEADER}04${'00'.repeat(64)}`],
    ['off the curve', `${HEADER}04${y}${x}`],
    ['x + p', `${HEADER}04${hex32(P)}${y}`],
    ['a byte behind', `${HEADER}04${x}${y}00`],
    ['as one of P-256', `3059301306072a8648ce3d020106082a8648ce3d03010703420004${x}${y}`],
    [
      'with the algorithm sm2 for id-ecPublicKey',
      `3059301306082a811ccf5501822d06082a811ccf5501822d034200${x}${y}`,
    ],
  ])('%s is refused', (_, encoding) => {
    for (const [, suite] of suites) {
      expect(() => suite.signature('sm2-sm3').importPublicKey(fromHex(encoding))).toThrow(
        code('key-invalid'),
      );
    }
  });
});
