/**
 * Public keys on named curves of 256 bits: the uncompressed point of SEC 1 §2.3.3 behind a constant DER header (RFC 5480
 * §2). Compressed and hybrid points, explicit parameters and infinity have no place in that header.
 */
import { type WeierstrassPoint, type WeierstrassPointCons } from '@noble/curves/abstract/weierstrass.js';
import { CryptoError } from '../errors.js';
import { stripSpkiHeader } from './spki.js';

const COORDINATES_SIZE = 64;

/** The point of a SubjectPublicKeyInfo. Throws `key-invalid` unless it has this header and its point is on the curve. */
export function parsePoint(
  curve: WeierstrassPointCons<bigint>,
  spki: Uint8Array,
  header: Uint8Array,
): WeierstrassPoint<bigint> {
  const coordinates = stripSpkiHeader(spki, header, COORDINATES_SIZE);
  try {
    const point = curve.fromBytes(Uint8Array.of(0x04, ...coordinates));
    point.assertValidity();
    return point;
  } catch (cause) {
    throw new CryptoError('key-invalid', 'got coordinates of no point, want a point on the curve', { cause });
  }
}
