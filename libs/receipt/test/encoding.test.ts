import {
  decodeBase64,
  decodeBase64Url,
  decodeHex,
  encodeBase64,
  encodeBase64Url,
  encodeHex,
  formatUuidV7,
  isHex,
  parseUuidV7,
} from '@cunzheng/receipt';
import fc from 'fast-check';

import { refusalCode } from './refusal.js';

const anyBytes = fc.uint8Array({ maxLength: 200 });

describe('base64', () => {
  it('writes what the platform writes and reads it back', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const buffer = Buffer.from(bytes);
        expect(encodeBase64(bytes)).toBe(buffer.toString('base64'));
        expect(encodeBase64Url(bytes)).toBe(buffer.toString('base64url'));
        expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes);
        expect(decodeBase64Url(encodeBase64Url(bytes))).toEqual(bytes);
      }),
    );
  });

  it('accepts a text exactly if the bytes in it are written that way', () => {
    const nearly = fc.string({ unit: fc.constantFrom(...Array.from('ABCDwxyz0189+/-_=\n é')), maxLength: 9 });
    fc.assert(
      fc.property(nearly, (text) => {
        const padded = Buffer.from(text, 'base64').toString('base64') === text;
        const unpadded = Buffer.from(text, 'base64url').toString('base64url') === text;
        expect(decodeBase64(text) !== undefined).toBe(padded);
        expect(decodeBase64Url(text) !== undefined).toBe(unpadded);
      }),
      { numRuns: 5000 },
    );
  });

  it.each(['A', 'AA', 'AAA', 'AB==', 'AAB=', 'AA=A', 'A===', '====', 'AAAA\n', 'AA-_', 'ＡAAA'])(
    'refuses %j',
    (text) => {
      expect(decodeBase64(text)).toBeUndefined();
    },
  );
});

describe('hex', () => {
  it('writes what the platform writes and reads it back', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(encodeHex(bytes)).toBe(Buffer.from(bytes).toString('hex'));
        expect(decodeHex(encodeHex(bytes))).toEqual(bytes);
      }),
    );
  });

  it('is lower case and of the one length', () => {
    expect(isHex('0af9', 2)).toBe(true);
    for (const text of ['0AF9', '0af', '0af90', '0ag9', '0af\n', '']) expect(isHex(text, 2)).toBe(false);
  });
});

describe('UUIDv7', () => {
  it('has the layout of RFC 9562 §5.7, with the example of appendix A.6', () => {
    // unix_ts_ms 017F22E279B0, rand_a CC3, rand_b 18C4DC0C0C07398F; the bits under version and variant are overwritten.
    const random = Uint8Array.from(Buffer.from('fcc3d8c4dc0c0c07398f', 'hex'));
    expect(formatUuidV7(0x017f22e279b0, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
  });

  it('keeps the time and all 74 random bits', () => {
    const input = fc.tuple(fc.nat({ max: 2 ** 48 - 1 }), fc.uint8Array({ minLength: 10, maxLength: 10 }));
    fc.assert(
      fc.property(input, ([timeMs, random]) => {
        const uuid = formatUuidV7(timeMs, random);
        expect(parseUuidV7(uuid)).toBe(timeMs);
        const bytes = Uint8Array.from(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
        const expected = random.slice();
        expected[0] = 0x70 | (random[0]! & 0x0f);
        expected[2] = 0x80 | (random[2]! & 0x3f);
        expect(bytes.slice(6)).toEqual(expected);
      }),
    );
  });

  it.each([
    '017f22e2-79b0-4cc3-98c4-dc0c0c07398f',
    '017f22e2-79b0-7cc3-c8c4-dc0c0c07398f',
    '017F22E2-79B0-7CC3-98C4-DC0C0C07398F',
    '017f22e279b07cc398c4dc0c0c07398f',
    '017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n',
  ])('refuses %j', (text) => {
    expect(refusalCode(() => parseUuidV7(text))).toBe('uuid-invalid');
  });

  it('refuses other times and other randomness', () => {
    const random = new Uint8Array(10);
    for (const timeMs of [-1, 0.5, 2 ** 48, Number.NaN]) {
      expect(refusalCode(() => formatUuidV7(timeMs, random))).toBe('uuid-invalid');
    }
    expect(refusalCode(() => formatUuidV7(0, new Uint8Array(9)))).toBe('uuid-invalid');
  });
});
