/**
 * Every statement algorithm under mutation: whatever is changed in key, message or signature, both suites refuse it, and
 * `verdict` sees that they refuse alike. Only an ECDSA signature has a second form, with n − s for s, which both take.
 */
import { statementSignatureNames } from '@cunzheng/crypto';
import fc from 'fast-check';
import { createKey } from './signing-keys.js';
import { text, toHex, verdict } from './suites.js';

type Bytes = Uint8Array;
type Mutation = (bytes: Bytes) => Bytes;

const position = fc.nat({ max: 1_000_000 });
const byte = fc.nat({ max: 255 });

/** One change: bits, bytes that mean something in DER, cuts, insertions, exchanges. */
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(position, fc.nat({ max: 7 })).map(
    ([at, bit]): Mutation =>
      (bytes) =>
        bytes.with(at % bytes.length, bytes[at % bytes.length]! ^ (1 << bit)),
  ),
  fc.tuple(fc.nat({ max: 40 }), fc.constantFrom(0, 1, 2, 3, 5, 0x30, 0x7f, 0x80, 0x81, 0x82, 0xff)).map(
    ([at, value]): Mutation =>
      (bytes) =>
        bytes.with(at % bytes.length, value),
  ),
  fc.tuple(position, fc.integer({ min: 1, max: 40 })).map(
    ([at, count]): Mutation =>
      (bytes) =>
        Uint8Array.from([
          ...bytes.subarray(0, at % bytes.length),
          ...bytes.subarray((at % bytes.length) + count),
        ]),
  ),
  fc.tuple(position, fc.uint8Array({ minLength: 1, maxLength: 6 })).map(
    ([at, extra]): Mutation =>
      (bytes) =>
        Uint8Array.from([
          ...bytes.subarray(0, at % bytes.length),
          ...extra,
          ...bytes.subarray(at % bytes.length),
        ]),
  ),
  fc.tuple(position, position, byte).map(
    ([a, b]): Mutation =>
      (bytes) =>
        bytes
          .with(a % bytes.length, bytes[b % bytes.length]!)
          .with(b % bytes.length, bytes[a % bytes.length]!),
  ),
  fc.constantFrom<Mutation>(
    () => new Uint8Array(0),
    (bytes) => Uint8Array.from([0, ...bytes]),
    (bytes) => Uint8Array.from([...bytes, 0]),
    (bytes) => Uint8Array.from([...bytes, ...bytes]),
    (bytes) => new Uint8Array(bytes.length),
    (bytes) => new Uint8Array(bytes.length).fill(0xff),
    (bytes) => bytes.toReversed(),
    // Without its leading byte: what a big number is when its zero is dropped.
    (bytes) => bytes.subarray(1),
  ),
);

describe.each(statementSignatureNames)('%s', (alg) => {
  const key = createKey(alg);
  const message = text('DSSEv1 of something');
  const signature = key.sign(message);

  test('takes what another implementation signed, of any length', () => {
    for (const size of [0, 1, 55, 56, 64, 1_000, 100_000]) {
      const data = new Uint8Array(size).fill(0x61);
      expect(verdict(alg, key.spki, data, key.sign(data))).toBe(true);
    }
  });

  test('refuses every change', () => {
    const parts = [key.spki, message, signature] as const;
    const change = fc.tuple(
      fc.constantFrom(0, 1, 2, 2, 2),
      fc.array(mutation, { minLength: 1, maxLength: 2 }),
    );
    fc.assert(
      fc.property(change, ([part, mutations]) => {
        const original = parts[part];
        const changed = mutations.reduce(
          (bytes, mutate) => (bytes.length === 0 ? bytes : mutate(bytes)),
          original,
        );
        fc.pre(toHex(changed) !== toHex(original));
        const [spki, data, sig] = parts.map((bytes, index) => (index === part ? changed : bytes)) as [
          Bytes,
          Bytes,
          Bytes,
        ];
        expect(verdict(alg, spki, data, sig)).toBe(false);
      }),
      { numRuns: alg === 'ml-dsa-65' ? 150 : 400, seed: 20261120 },
    );
  });

  test('refuses signatures and keys of every other algorithm', () => {
    for (const other of statementSignatureNames) {
      if (other === alg) continue;
      const stranger = createKey(other);
      expect(verdict(alg, key.spki, message, stranger.sign(message))).toBe(false);
      // An RSA key is a key for both of its algorithms; its signatures still are not.
      expect(verdict(alg, stranger.spki, message, stranger.sign(message))).toBe(false);
    }
  });
});
