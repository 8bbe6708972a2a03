/**
 * SM2 signatures with SM3: GB/T 32918.2-2016 §7 (GM/T 0003.2-2012), the recommended curve of GB/T 32918.5-2017 and the
 * default user id `1234567812345678` (GM/T 0009-2012 §10). Signatures are `SEQUENCE { r, s }` in strict DER (GM/T 0009
 * §7.3), keys the one SubjectPublicKeyInfo with id-ecPublicKey and the curve 1.2.156.10197.1.301. Curve arithmetic is
 * noble's; node:crypto is never asked, because it signs something else under this name.
 */
import { weierstrass, type WeierstrassPoint } from '@noble/curves/abstract/weierstrass.js';
import { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils.js';
import { sm3Digest } from '../digests/sm3.js';
import { defineSignature } from '../signature.js';
import { parseEcdsaSignature } from './ecdsa-der.js';
import { parsePoint } from './ec-spki.js';

/** GB/T 32918.5-2017 §A.1, as ENTL ‖ ID ‖ a ‖ b ‖ xG ‖ yG wants them: 32 bytes each. */
const P = 'fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff';
const A = 'fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc';
const B = '28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93';
const N = 'fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123';
const GX = '32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7';
const GY = 'bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0';

const big = (hex: string): bigint => BigInt(`0x${hex}`);
const Point = weierstrass({ p: big(P), n: big(N), h: 1n, a: big(A), b: big(B), Gx: big(GX), Gy: big(GY) });
const ORDER = big(N);

/** SEQUENCE { SEQUENCE { id-ecPublicKey, sm2 }, BIT STRING }, and the 04 of an uncompressed point. */
const SPKI_HEADER = hexToBytes('3059301306072a8648ce3d020106082a811ccf5501822d03420004');
/** ENTL, the length of the user id in bits, then the id `1234567812345678` and the curve. */
const IDENTITY_HEAD = hexToBytes(`008031323334353637383132333435363738${A}${B}${GX}${GY}`);

interface Sm2Key {
  readonly point: WeierstrassPoint<bigint>;
  /** Z_A of §5.5: what the message is prefixed with before it is hashed. */
  readonly identity: Uint8Array;
}

export const sm2Sm3Signature = defineSignature<'sm2-sm3', Sm2Key>({
  name: 'sm2-sm3',
  native: null,

  parseKey(spki) {
    const point = parsePoint(Point, spki, SPKI_HEADER);
    const coordinates = spki.subarray(SPKI_HEADER.length);
    return { point, identity: sm3Digest.hash(concatBytes(IDENTITY_HEAD, coordinates)) };
  },

  isWellFormed(signature) {
    return parseEcdsaSignature(signature, ORDER) !== undefined;
  },

  /** §7.1: t = r + s, (x, y) = [s]G + [t]P, and r = e + x, all modulo n. */
  verify({ point, identity }, message, signature) {
    const compact = parseEcdsaSignature(signature, ORDER);
    if (compact === undefined) return false;
    const r = big(bytesToHex(compact.subarray(0, 32)));
    const s = big(bytesToHex(compact.subarray(32)));
    const t = (r + s) % ORDER;
    if (t === 0n) return false;
    const sum = Point.BASE.mulAddUnsafe(s, point, t);
    if (sum.is0()) return false;
    return (hashMessage(identity, message) + sum.x) % ORDER === r;
  },
});

/** e of §7.1: SM3(Z_A ‖ M) as a number. */
function hashMessage(identity: Uint8Array, message: Uint8Array): bigint {
  const running = sm3Digest.start();
  running.update(identity);
  running.update(message);
  return big(bytesToHex(running.digest()));
}
