import fc from 'fast-check';

import {
  assertCanonicalDomain,
  CanonicalJsonError,
  formatCanonical,
  formatCanonicalBytes,
  parseCanonical,
} from '../src/index.js';
import canonicalize from '../../../node_modules/canonicalize/lib/canonicalize.js';
import { anyJson, asciiName, domainLike } from './arbitraries.js';
import { referenceCanonical } from './reference.js';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function attempt<T>(run: () => T): T | 'refused' {
  try {
    return run();
  } catch {
    return 'refused';
  }
}

function failure(run: () => unknown): { code: string; path: string } {
  try {
    run();
  } catch (error) {
    if (error instanceof CanonicalJsonError) return { code: error.code, path: error.path };
    throw error;
  }
  throw new Error('expected a CanonicalJsonError');
}

/** A value nested in `depth` arrays. */
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('formatCanonical', () => {
  it('writes the sorting example of RFC 8785 §3.2.3, restricted to ASCII names', () => {
    const value = {
      numbers: [333333333, 4],
      string: '\u20ac$\u000f\nA\'B"\\\\"/',
      '10': 'ten',
      '9': 'nine',
      '': 'empty',
    };
    expect(formatCanonical(value)).toBe(
      '{"":"empty","10":"ten","9":"nine","numbers":[333333333,4],"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('agrees with the reference on every value', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(attempt(() => formatCanonical(value))).toBe(attempt(() => referenceCanonical(value)));
      }),
      { numRuns: 2000 },
    );
  });

  it('agrees with the published JCS implementation wherever it gives an answer', () => {
    fc.assert(
      fc.property(domainLike, (value) => {
        const text = attempt(() => formatCanonical(value));
        if (text !== 'refused') expect(text).toBe(canonicalize(value));
      }),
      { numRuns: 2000 },
    );
  });

  it('does not depend on the order in which members were written', () => {
    fc.assert(
      fc.property(fc.dictionary(asciiName, fc.nat(), { noNullPrototype: true }), (object) => {
        const reversed = Object.fromEntries(Object.entries(object).reverse());
        expect(formatCanonical(reversed)).toBe(formatCanonical(object));
      }),
    );
  });

  it('gives bytes in UTF-8', () => {
    expect(formatCanonicalBytes({ a: '存证😀' })).toEqual(utf8('{"a":"存证😀"}'));
  });

  it.each([
    ['null', { a: [1, null] }, '/a/1'],
    ['boolean', { a: true }, '/a'],
    ['float', [1.5], '/0'],
    ['float', Number.NaN, ''],
    ['float', Number.POSITIVE_INFINITY, ''],
    ['integer-range', { 'a/b': { '~': -1 } }, '/a~1b/~0'],
    ['integer-range', -0, ''],
    ['integer-range', 2 ** 53, ''],
    ['nul', ['a\0b'], '/0'],
    ['surrogate', ['\ud800'], '/0'],
    ['surrogate', ['\udc00\ud800'], '/0'],
    ['noncharacter', ['\uffff'], '/0'],
    ['noncharacter', ['\ufdd0'], '/0'],
    ['noncharacter', ['\ufdef'], '/0'],
    ['noncharacter', ['\u{1fffe}'], '/0'],
    ['noncharacter', ['\u{10ffff}'], '/0'],
    ['member-name', { é: 1 }, ''],
    ['member-name', JSON.parse('{"__proto__":1}'), ''],
    ['type', undefined, ''],
    ['type', { a: undefined }, '/a'],
    ['type', { a: () => 1 }, '/a'],
    ['type', [1n], '/0'],
    ['type', new Uint8Array(2), ''],
    ['type', new Date(0), ''],
  ])('refuses with code %s: %p', (code, value, path) => {
    expect(failure(() => formatCanonical(value))).toEqual({ code, path });
    expect(
      failure(() => {
        assertCanonicalDomain(value);
      }),
    ).toEqual({ code, path });
  });

  it('refuses a hole in an array and a value that contains itself', () => {
    const loop: unknown[] = [];
    loop.push(loop);
    expect(failure(() => formatCanonical(new Array(1))).code).toBe('type');
    expect(failure(() => formatCanonical(loop)).code).toBe('depth');
  });

  it('allows six containers inside each other and refuses seven', () => {
    expect(formatCanonical(JSON.parse(nested(6)))).toBe(nested(6));
    expect(failure(() => formatCanonical(JSON.parse(nested(7)))).code).toBe('depth');
  });

  it('allows the edges of the domain', () => {
    for (const value of ['\u{10fffd}', '\ufffd', '\ufdcf', '\ufdf0', '\u0001', '', 0, 2 ** 53 - 1, {}, []]) {
      expect(attempt(() => formatCanonical(value))).toBe(JSON.stringify(value));
    }
  });
});

describe('parseCanonical', () => {
  it('returns what was formatted, from bytes and from text', () => {
    fc.assert(
      fc.property(domainLike, (value) => {
        const text = attempt(() => referenceCanonical(value));
        fc.pre(text !== 'refused');
        expect(parseCanonical(text)).toEqual(value);
        expect(parseCanonical(utf8(text))).toEqual(value);
      }),
      { numRuns: 2000 },
    );
  });

  it('accepts exactly the texts that the reference would write', () => {
    const text = fc.oneof(
      anyJson.map((value) => JSON.stringify(value)),
      fc
        .tuple(domainLike, fc.nat(200), fc.string({ minLength: 1, maxLength: 1 }))
        .map(([value, at, extra]) => {
          const json = JSON.stringify(value);
          return json.slice(0, at % (json.length + 1)) + extra + json.slice((at % (json.length + 1)) + 1);
        }),
    );
    fc.assert(
      fc.property(text, (input) => {
        const expected =
          attempt(() => referenceCanonical(JSON.parse(input))) === input ? 'accepted' : 'refused';
        for (const form of /\p{Surrogate}/u.test(input) ? [input] : [input, utf8(input)]) {
          expect(
            attempt(() => {
              parseCanonical(form);
              return 'accepted';
            }),
          ).toBe(expected);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ['not-canonical', '{"a":1,"a":2}'],
    ['not-canonical', '{"b":1,"a":2}'],
    ['not-canonical', '{"a": 1}'],
    ['not-canonical', '{"a":1}\n'],
    ['not-canonical', '"\\u0041"'],
    ['not-canonical', '"\\/"'],
    ['not-canonical', '"\\u000A"'],
    ['not-canonical', '1.0'],
    ['not-canonical', '1e3'],
    ['not-canonical', '{"9":1,"10":1}'],
    ['integer-range', '-0'],
    ['integer-range', '9007199254740993'],
    ['float', '1e400'],
    ['nul', '"\\u0000"'],
    ['surrogate', '"\\ud800"'],
    ['noncharacter', '"\\uffff"'],
    ['noncharacter', '"\uffff"'],
    ['member-name', '{"__proto__":{"a":1}}'],
    ['member-name', '{"\u0041\u00e9":1}'],
    ['null', 'null'],
    ['boolean', '[true]'],
    ['depth', nested(7)],
    ['depth', nested(100_000)],
    ['not-json', ''],
    ['not-json', '{'],
    ['byte-order-mark', '\ufeff{}'],
  ])('refuses with code %s: %.40s', (code, text) => {
    expect(failure(() => parseCanonical(text)).code).toBe(code);
    expect(failure(() => parseCanonical(utf8(text))).code).toBe(code);
  });

  it('accepts names that look like array indices in string order', () => {
    expect(parseCanonical('{"10":1,"9":1}')).toEqual({ 9: 1, 10: 1 });
  });

  it('refuses bytes that are not UTF-8', () => {
    for (const bytes of [
      [0x22, 0xff, 0x22],
      [0x22, 0xc0, 0x80, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
    ]) {
      expect(failure(() => parseCanonical(Uint8Array.from(bytes))).code).toBe('not-utf8');
    }
  });

  it('counts its size limit in UTF-8 bytes', () => {
    expect(parseCanonical('"存"', { maxSizeBytes: 5 })).toBe('存');
    expect(failure(() => parseCanonical('"存"', { maxSizeBytes: 4 })).code).toBe('too-large');
    expect(failure(() => parseCanonical(utf8('"存"'), { maxSizeBytes: 4 })).code).toBe('too-large');
  });
});
