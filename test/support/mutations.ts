/** Real inputs with damage: bytes changed, cut out, doubled or put in. For fast-check, so that a failure can be replayed. */
import fc from 'fast-check';

type Change = (bytes: Uint8Array) => Uint8Array;

const splice = (bytes: Uint8Array, at: number, remove: number, insert: Uint8Array): Uint8Array =>
  Uint8Array.of(...bytes.subarray(0, at), ...insert, ...bytes.subarray(at + remove));

/** One to four changes to `original`; now and then it comes out unchanged. */
export function mutations(original: Uint8Array): fc.Arbitrary<Uint8Array> {
  const at = fc.nat(original.length);
  const change = fc.oneof(
    fc.tuple(at, fc.integer({ min: 0, max: 255 })).map(
      ([i, byte]): Change =>
        (bytes) =>
          splice(bytes, i, 1, Uint8Array.of(byte)),
    ),
    fc.tuple(at, fc.nat(7)).map(
      ([i, bit]): Change =>
        (bytes) =>
          splice(bytes, i, 1, Uint8Array.of((bytes[i] ?? 0) ^ (1 << bit))),
    ),
    fc.tuple(at, fc.nat(16)).map(
      ([i, size]): Change =>
        (bytes) =>
          splice(bytes, i, size, new Uint8Array()),
    ),
    fc.tuple(at, fc.uint8Array({ maxLength: 8 })).map(
      ([i, inserted]): Change =>
        (bytes) =>
          splice(bytes, i, 0, inserted),
    ),
    at.map(
      (i): Change =>
        (bytes) =>
          bytes.subarray(0, i),
    ),
  );
  return fc
    .array(change, { minLength: 1, maxLength: 4 })
    .map((changes) => changes.reduce((bytes, apply) => apply(bytes), original));
}
