/**
 * The encodings that strict Ed25519 accepts, decided on bytes alone so that every implementation decides alike:
 * points canonical (y < p, RFC 8032 §5.1.3) and not of small order, scalars S < L (§5.1.7). Small-order points are
 * refused because under such a key, or with such an R, one signature fits many messages.
 */
import { hexToBytes } from '@noble/hashes/utils.js';

/** L, the order of the base point, little-endian. */
const GROUP_ORDER = hexToBytes('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');
/** p = 2^255 − 19, little-endian. */
const FIELD_PRIME = hexToBytes('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f');
/** The y of the eight points of order 1, 2, 4 and 8. Both signs of x are of the same order, so the sign is left out. */
const SMALL_ORDER_Y = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map((hex) => hexToBytes(hex));

/**
 * Whether 32 bytes can be an accepted point: canonical and not of small order. Says nothing about being on the curve.
 * The one other non-canonical form, x = 0 with the sign set, occurs only for two points of small order.
 */
export function isStrictPoint(bytes: Uint8Array): boolean {
  const y = new Uint8Array(bytes);
  y[31] = (y[31] ?? 0) & 0x7f;
  return isLess(y, FIELD_PRIME) && !SMALL_ORDER_Y.some((small) => small.every((byte, i) => byte === y[i]));
}

/** Whether 32 bytes are a scalar below the group order: without this, S + L would be a second signature. */
export function isReducedScalar(bytes: Uint8Array): boolean {
  return isLess(bytes, GROUP_ORDER);
}

/** a < b as little-endian numbers of 32 bytes. */
function isLess(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
