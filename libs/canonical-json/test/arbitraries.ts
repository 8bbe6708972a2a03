/** Random JSON values, inside the domain and a little outside of it. */
import fc from 'fast-check';

export const asciiName: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', maxLength: 6 }), // shorter than __proto__
  fc.constantFrom('10', '9', '1', 'a', 'A', 'constructor', 'toJSON', 'length', 'hasOwnProperty'),
);

const anyString = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\u0001', '\u007f', '\u2028', '存证', '😀', '\\u0000', '"\\'),
);

/** A value of the domain, save for the rare forbidden character in a string; depth up to 6. */
export const domainLike: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 5 },
    anyString,
    fc.maxSafeNat(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(asciiName, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value;

/** Anything JSON can say. */
export const anyJson: fc.Arbitrary<unknown> = fc.oneof(domainLike, fc.jsonValue({ maxDepth: 7 }));
