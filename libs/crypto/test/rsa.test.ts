/**
 * RSA where verifiers are known to differ: encodings of keys, weak keys, numbers as long as the modulus and longer, every
 * length of modulus modulo 8, and every deviation from the two paddings, made with the private key.
 */
import { createHash, createPublicKey, generateKeyPairSync, generatePrimeSync, sign } from 'node:crypto';
import { code, fromHex, suites, text, toHex, verdict } from './suites.js';

const big = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}`);
const sha256 = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let [b, e] = [base % modulus, exponent]; e > 0n; [b, e] = [(b * b) % modulus, e >> 1n]) {
    if (e & 1n) result = (result * b) % modulus;
  }
  return result;
}

interface RsaPair {
  readonly n: bigint;
  readonly d: bigint;
  readonly spki: Uint8Array;
  readonly sizeBytes: number;
  readonly bits: number;
}

/** DER of non-negative numbers and of what holds them, as hex. */
const integer = (value: bigint): string => {
  const hex = value.toString(16);
  const even = hex.length % 2 === 1 ? `0${hex}` : hex;
  return tlv('02', parseInt(even.slice(0, 2), 16) >= 0x80 ? `00${even}` : even);
};
function tlv(tag: string, content: string): string {
  const length = content.length / 2;
  const size = length < 0x80 ? '' : length < 0x100 ? '81' : '82';
  return tag + size + length.toString(16).padStart(size === '82' ? 4 : 2, '0') + content;
}
const ALGORITHM = '300d06092a864886f70d0101010500';
const wrap = (key: string, algorithm = ALGORITHM, unused = '00'): string =>
  tlv('30', algorithm + tlv('03', unused + key));
const spkiOf = (n: bigint, e = 65537n): string => wrap(tlv('30', integer(n) + integer(e)));

function invert(a: bigint, modulus: bigint): bigint {
  let [r, next, x, nextX] = [modulus, a % modulus, 0n, 1n];
  while (next !== 0n) [r, next, x, nextX] = [next, r % next, nextX, x - (r / next) * nextX];
  return ((x % modulus) + modulus) % modulus;
}

/** A pair whose modulus has exactly so many bits, which OpenSSL's own generator does not promise. */
function createPair(bits: number): RsaPair {
  for (;;) {
    const [p, q] = [bits >> 1, bits - (bits >> 1)].map((size) =>
      generatePrimeSync(size, { bigint: true }),
    ) as [bigint, bigint];
    const phi = (p - 1n) * (q - 1n);
    const n = p * q;
    if (n.toString(2).length !== bits || phi % 65537n === 0n) continue;
    return { n, d: invert(65537n, phi), spki: fromHex(spkiOf(n)), sizeBytes: Math.ceil(bits / 8), bits };
  }
}

const toBytes = (value: bigint, size: number): Uint8Array =>
  fromHex(value.toString(16).padStart(2 * size, '0'));

/** The signature under which the public operation gives `encoded`. */
const signEncoded = ({ n, d, sizeBytes }: RsaPair, encoded: Uint8Array): Uint8Array =>
  toBytes(power(big(encoded), d, n), sizeBytes);

const message = text('message');
const DIGEST_INFO = '3031300d060960864801650304020105000420';

function pkcs1(
  sizeBytes: number,
  info = DIGEST_INFO + toHex(sha256(message)),
  head = '0001',
  filler = 'ff',
): Uint8Array {
  const filling = sizeBytes - head.length / 2 - 1 - info.length / 2;
  return fromHex(`${head}${filler.repeat(filling)}00${info}`);
}

/** EMSA-PSS-ENCODE of RFC 8017 §9.1.1, with its parts to be changed. */
function pss(
  { bits }: { bits: number },
  { saltSize = 32, trailer = 0xbc, separator = 1, filler = 0, topBits = 0, hash = 'sha256' } = {},
  data = message,
): Uint8Array {
  const size = Math.ceil((bits - 1) / 8);
  const digest = (...parts: Uint8Array[]): Buffer => createHash(hash).update(Buffer.concat(parts)).digest();
  const salt = Buffer.alloc(saltSize, 0x5a);
  const h = digest(Buffer.alloc(8), digest(data), salt);
  const db = Buffer.alloc(size - h.length - 1, filler);
  db[db.length - saltSize - 1] = separator;
  salt.copy(db, db.length - saltSize);
  for (let i = 0, block: Buffer = Buffer.alloc(0); i < db.length; i++) {
    if (i % h.length === 0) block = digest(h, Buffer.of(0, 0, 0, i / h.length));
    db[i] = db[i]! ^ block[i % h.length]!;
  }
  const unused = 8 * size - (bits - 1);
  db[0] = (db[0]! & (0xff >> unused)) | topBits;
  return Buffer.concat([db, h, Buffer.of(trailer)]);
}

const PSS = 'rsa-pss-sha256';
const PKCS1 = 'rsa-pkcs1v15-sha256';
const pair = createPair(2048);

describe('signatures', () => {
  // 2,049 bits: the encoding of PSS is a byte shorter than the modulus.
  test.each([2048, 2049, 2050, 2055, 2056])('of a key of %i bits', (bits) => {
    const own = bits === 2048 ? pair : createPair(bits);
    expect(verdict(PSS, own.spki, message, signEncoded(own, pss(own)))).toBe(true);
    expect(verdict(PKCS1, own.spki, message, signEncoded(own, pss(own)))).toBe(false);
    // The encoding of PKCS #1 v1.5 begins 00 01 FF: no modulus of 2,049 bits is above it.
    if (big(pkcs1(own.sizeBytes)) >= own.n) return;
    expect(verdict(PKCS1, own.spki, message, signEncoded(own, pkcs1(own.sizeBytes)))).toBe(true);
    expect(verdict(PSS, own.spki, message, signEncoded(own, pkcs1(own.sizeBytes)))).toBe(false);
  });

  test('a byte above the encoding of PSS must be zero', () => {
    const own = createPair(2049);
    const above = Uint8Array.from([1, ...pss(own)]);
    if (big(above) < own.n) expect(verdict(PSS, own.spki, message, signEncoded(own, above))).toBe(false);
  });

  test.each([PSS, PKCS1])('%s: of another length, or not below the modulus', (alg) => {
    const encoded = alg === PSS ? pss(pair) : pkcs1(pair.sizeBytes);
    const good = signEncoded(pair, encoded);
    expect(verdict(alg, pair.spki, message, good)).toBe(true);
    const changed = [
      toBytes(big(good) + pair.n, pair.sizeBytes + (big(good) + pair.n >= 2n ** 2048n ? 1 : 0)),
      Uint8Array.from([0, ...good]),
      Uint8Array.from([...good, 0]),
      good.subarray(1),
      good.subarray(0, -1),
      toBytes(pair.n, 256),
      toBytes(pair.n - 1n, 256),
      toBytes(pair.n + 1n, 256),
      new Uint8Array(256),
      toBytes(1n, 256),
      new Uint8Array(256).fill(0xff),
      new Uint8Array(0),
      new Uint8Array(1024),
    ];
    for (const signature of changed) expect(verdict(alg, pair.spki, message, signature)).toBe(false);
  });

  test('a signature with a leading zero keeps it', () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const spki = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }));
    for (let i = 0; ; i++) {
      const data = text(`message ${i}`);
      const signature = new Uint8Array(sign('sha256', data, privateKey));
      if (signature[0] !== 0) continue;
      expect(verdict(PKCS1, spki, data, signature)).toBe(true);
      expect(verdict(PKCS1, spki, data, signature.subarray(1))).toBe(false);
      break;
    }
  });

  test.each<[string, Uint8Array]>([
    ['block type 2', pkcs1(256, undefined, '0002')],
    ['block type 0', pkcs1(256, undefined, '0000')],
    ['a first byte', pkcs1(256, undefined, '0101')],
    ['another filler', pkcs1(256, undefined, '0001', 'fe')],
    ['zeros for filler', pkcs1(256, undefined, '0001', '00')],
    ['no NULL', pkcs1(256, `302f300b06096086480165030402010420${toHex(sha256(message))}`)],
    ['a bare hash', pkcs1(256, toHex(sha256(message)))],
    [
      'another digest in the info',
      pkcs1(256, `3031300d060960864801650304020205000420${toHex(sha256(message))}`),
    ],
    [
      'a long length in the info',
      pkcs1(256, `308131300d060960864801650304020105000420${toHex(sha256(message))}`),
    ],
    ['bytes behind the hash', pkcs1(256, `${DIGEST_INFO}${toHex(sha256(message))}00`)],
    [
      'a short filler, the rest behind (Bleichenbacher 2006)',
      fromHex(`0001${'ff'.repeat(8)}00${DIGEST_INFO}${toHex(sha256(message))}`.padEnd(512, '00')),
    ],
    [
      'SHA-1',
      pkcs1(256, `3021300906052b0e03021a05000414${createHash('sha1').update(message).digest('hex')}`),
    ],
  ])('PKCS #1 v1.5 with %s', (_, encoded) => {
    expect(verdict(PKCS1, pair.spki, message, signEncoded(pair, encoded))).toBe(false);
  });

  test.each<[string, Parameters<typeof pss>[1]]>([
    ['no salt', { saltSize: 0 }],
    ['a salt of 20 bytes', { saltSize: 20 }],
    ['a salt of 31 bytes', { saltSize: 31 }],
    ['a salt of 33 bytes', { saltSize: 33 }],
    ['a salt of 64 bytes', { saltSize: 64 }],
    ['another trailer', { trailer: 0xcc }],
    ['another separator', { separator: 2 }],
    ['a filler', { filler: 1 }],
    ['SHA-1', { hash: 'sha1' }],
    ['SHA-512', { hash: 'sha512' }],
  ])('PSS with %s', (_, changes) => {
    expect(verdict(PSS, pair.spki, message, signEncoded(pair, pss(pair, changes)))).toBe(false);
  });

  test('PSS with an unused bit set', () => {
    const own = createPair(2050);
    for (let i = 0; ; i++) {
      const data = text(`message ${i}`);
      const encoded = pss(own, { topBits: 0x02 }, data);
      if (big(encoded) >= own.n) continue;
      expect(verdict(PSS, own.spki, data, signEncoded(own, encoded))).toBe(false);
      expect(verdict(PSS, own.spki, data, signEncoded(own, pss(own, {}, data)))).toBe(true);
      break;
    }
  });
});

describe('keys', () => {
  const accepts = (hex: string): boolean => {
    const results = suites.flatMap(([, suite]) =>
      [PSS, PKCS1].map((alg) => {
        try {
          return suite.signature(alg).importPublicKey(fromHex(hex)).alg === alg;
        } catch (error) {
          expect(error).toEqual(code('key-invalid'));
          return false;
        }
      }),
    );
    expect(new Set(results).size).toBe(1);
    return results[0]!;
  };
  /** An odd number of so many bits without small factors. Whether it is a product of two primes no verifier can see. */
  function modulus(bits: number): bigint {
    for (let n = (1n << BigInt(bits - 1)) + 1n; ; n += 2n) {
      let small = false;
      for (let d = 3n; d < 752n && !small; d += 2n) small = n % d === 0n;
      if (!small) return n;
    }
  }

  test('are taken in their one encoding', () => {
    expect(toHex(pair.spki)).toBe(spkiOf(pair.n));
    expect(accepts(toHex(pair.spki))).toBe(true);
    const jwk = createPublicKey({ key: Buffer.from(pair.spki), format: 'der', type: 'spki' }).export({
      format: 'jwk',
    });
    expect(big(Buffer.from(jwk.n ?? '', 'base64url'))).toBe(pair.n);
  });

  test.each<[number, boolean]>([
    [512, false],
    [1024, false],
    [2047, false],
    [2048, true],
    [3072, true],
    [4096, true],
    [8192, true],
    [8193, false],
    [16384, false],
  ])('of %i bits: %s', (bits, accepted) => {
    expect(accepts(spkiOf(modulus(bits)))).toBe(accepted);
  });

  test.each<[bigint, boolean]>([
    [0n, false],
    [1n, false],
    [2n, false],
    [3n, true],
    [17n, true],
    [65536n, false],
    [65537n, true],
    [2n ** 32n - 1n, true],
    [2n ** 32n + 1n, false],
    [2n ** 64n + 1n, false],
    [pair.n, false],
  ])('with the exponent %s: %s', (e, accepted) => {
    expect(accepts(spkiOf(pair.n, e))).toBe(accepted);
  });

  test('with an even modulus or one with a small factor', () => {
    expect(accepts(spkiOf(pair.n - 1n))).toBe(false);
    for (const factor of [3n, 5n, 7n, 101n, 751n])
      expect(accepts(spkiOf(modulus(2100) * factor))).toBe(false);
  });

  const key = tlv('30', integer(pair.n) + integer(65537n));
  const n = integer(pair.n);
  test.each<[string, string]>([
    ['nothing', ''],
    ['a PKCS #1 key alone', key],
    ['id-RSASSA-PSS without parameters', wrap(key, '300b06092a864886f70d01010a')],
    ['id-RSASSA-PSS with NULL', wrap(key, '300d06092a864886f70d01010a0500')],
    ['no NULL', wrap(key, '300b06092a864886f70d010101')],
    ['other parameters', wrap(key, '300f06092a864886f70d01010130020500')],
    ['unused bits', wrap(key, ALGORITHM, '01')],
    ['a byte behind', `${wrap(key)}00`],
    ['a byte behind the key', wrap(`${key}00`)],
    ['a third number', wrap(tlv('30', n + integer(65537n) + integer(1n)))],
    ['no exponent', wrap(tlv('30', n))],
    ['a negative modulus', wrap(tlv('30', `02820100${n.slice(10)}${integer(65537n)}`))],
    ['a padded modulus', wrap(tlv('30', tlv('02', `0000${pair.n.toString(16)}`) + integer(65537n)))],
    ['a padded exponent', wrap(tlv('30', `${n}020400010001`))],
    ['a negative exponent', wrap(tlv('30', `${n}020181`))],
    ['a long length', wrap(tlv('30', `${n}02810301 0001`.replace(' ', '')))],
    ['indefinite length', `3080${ALGORITHM}${tlv('03', `00${key}`)}0000`],
    ['a set for a sequence', wrap(key.replace(/^30/, '31'))],
    ['cut', wrap(key).slice(0, -2)],
    ['a hundred kilobytes', `3082ffff${'00'.repeat(100_000)}`],
  ])('%s is refused', (_, encoding) => {
    expect(accepts(encoding)).toBe(false);
  });
});
