/**
 * Ed25519 from the formulas of RFC 8032 §5.1 alone, with arithmetic checks where the library has tables of bytes. The
 * verdict of both suites is compared with this, and hostile points and signatures are made with it.
 */
import { createHash } from 'node:crypto';

const P = 2n ** 255n - 19n;
/** The order of the base point. */
export const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = mod(-121665n * power(121666n, P - 2n));
const SQRT_MINUS_ONE = power(2n, (P - 1n) / 4n);

/** X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z (§5.1.4). */
export type Point = readonly [bigint, bigint, bigint, bigint];
export const ZERO: Point = [0n, 1n, 1n, 0n];

function mod(a: bigint, modulus = P): bigint {
  return ((a % modulus) + modulus) % modulus;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let [b, e] = [mod(base), exponent]; e > 0n; [b, e] = [mod(b * b), e >> 1n]) {
    if (e & 1n) result = mod(result * b);
  }
  return result;
}

/** The addition formulas of §5.1.4, which are complete. */
export function add([x1, y1, z1, t1]: Point, [x2, y2, z2, t2]: Point): Point {
  const a = mod((y1 - x1) * (y2 - x2));
  const b = mod((y1 + x1) * (y2 + x2));
  const c = mod(2n * t1 * D * t2);
  const d = mod(2n * z1 * z2);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

export function multiply(scalar: bigint, point: Point): Point {
  let result = ZERO;
  for (let [p, s] = [point, scalar]; s > 0n; [p, s] = [add(p, p), s >> 1n]) {
    if (s & 1n) result = add(result, p);
  }
  return result;
}

export function equal([x1, y1, z1]: Point, [x2, y2, z2]: Point): boolean {
  return mod(x1 * z2 - x2 * z1) === 0n && mod(y1 * z2 - y2 * z1) === 0n;
}

export function toLittleEndian(value: bigint, sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

export function fromLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) + BigInt(byte), 0n);
}

export function encode([x, y, z]: Point): Uint8Array {
  const inverse = power(z, P - 2n);
  return toLittleEndian(mod(y * inverse) + ((mod(x * inverse) & 1n) << 255n), 32);
}

/** Decoding as in §5.1.3, which refuses y ≥ p and a negative zero. */
export function decode(bytes: Uint8Array): Point | undefined {
  const encoded = fromLittleEndian(bytes);
  const [sign, y] = [encoded >> 255n, encoded & (2n ** 255n - 1n)];
  if (y >= P) return undefined;
  const square = mod((y * y - 1n) * power(D * y * y + 1n, P - 2n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x - square) !== 0n) x = mod(x * SQRT_MINUS_ONE);
  if (mod(x * x - square) !== 0n || (x === 0n && sign === 1n)) return undefined;
  if ((x & 1n) !== sign) x = mod(-x);
  return [x, y, 1n, mod(x * y)];
}

export const BASE = decode(toLittleEndian(mod(4n * power(5n, P - 2n)), 32))!;

/** A point of order 8: any point times L is of small order; the first that is not of a smaller one. */
export function pointOfOrderEight(): Point {
  for (let y = 2n; ; y++) {
    const point = decode(toLittleEndian(y, 32));
    const torsion = point && multiply(L, point);
    if (torsion && !equal(multiply(4n, torsion), ZERO)) return torsion;
  }
}

/** k = SHA-512(R ‖ A ‖ M) mod L. */
export function challenge(r: Uint8Array, a: Uint8Array, message: Uint8Array): bigint {
  return mod(fromLittleEndian(createHash('sha512').update(r).update(a).update(message).digest()), L);
}

/** Strict and cofactorless: canonical A and R, neither of small order, S < L, [S]B = R + [k]A. */
export function naiveVerify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64) return false;
  const [encodedR, s] = [signature.subarray(0, 32), fromLittleEndian(signature.subarray(32))];
  const [a, r] = [decode(publicKey), decode(encodedR)];
  if (!a || !r || s >= L || equal(multiply(8n, a), ZERO) || equal(multiply(8n, r), ZERO)) return false;
  return equal(multiply(s, BASE), add(r, multiply(challenge(encodedR, publicKey, message), a)));
}
