/**
 * Ed25519, RFC 8032 §5.1.7, in its strict and cofactorless form. Two verifiers agree on every input only if they agree
 * on the encodings they take and on the equation. Encodings: {@link isStrictPoint}, {@link isReducedScalar}. Equation:
 * the bytes of [S]B − [k]A equal R, with k reduced modulo L, as OpenSSL computes it. Noble's own `verify` multiplies by the
 * cofactor and so accepts more (points with a small-order part); hence its point arithmetic is used and not its verdict.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { hexToBytes } from '@noble/hashes/utils.js';
import { CryptoError } from '../errors.js';
import { defineSignature } from '../signature.js';
import { isReducedScalar, isStrictPoint } from './ed25519-encoding.js';
import { stripSpkiHeader } from './spki.js';

const { Point } = ed25519;
type Point = InstanceType<typeof Point>;

const SIGNATURE_SIZE = 64;
const POINT_SIZE = 32;
/** RFC 8410 §4: SEQUENCE { SEQUENCE { 1.3.101.112 }, BIT STRING }. */
const SPKI_HEADER = hexToBytes('302a300506032b6570032100');

interface Ed25519Key {
  readonly encoded: Uint8Array;
  readonly negated: Point;
}

export const ed25519Signature = defineSignature<'ed25519', Ed25519Key>({
  name: 'ed25519',
  native: { digest: null },

  parseKey(spki) {
    const encoded = stripSpkiHeader(spki, SPKI_HEADER, POINT_SIZE);
    if (!isStrictPoint(encoded)) {
      throw new CryptoError(
        'key-invalid',
        'got a non-canonical or small-order point, want a strict Ed25519 key',
      );
    }
    try {
      return { encoded, negated: Point.fromBytes(encoded).negate() };
    } catch (cause) {
      throw new CryptoError('key-invalid', 'got a y that no point has, want a point on the curve', { cause });
    }
  },

  isWellFormed(signature) {
    return (
      signature.length === SIGNATURE_SIZE &&
      isStrictPoint(signature.subarray(0, POINT_SIZE)) &&
      isReducedScalar(signature.subarray(POINT_SIZE))
    );
  },

  verify({ encoded, negated }, message, signature) {
    const encodedR = signature.subarray(0, POINT_SIZE);
    const digest = sha512.create().update(encodedR).update(encoded).update(message).digest();
    const k = Point.Fn.create(littleEndian(digest));
    const s = littleEndian(signature.subarray(POINT_SIZE));
    const wanted = Point.BASE.multiplyUnsafe(s).add(negated.multiplyUnsafe(k)).toBytes();
    return wanted.every((byte, i) => byte === encodedR[i]);
  },
});

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
