/**
 * Fingerprints: what a record says of a document. One to five `{algorithm, digest}`, sorted and unique by algorithm, all
 * of one byte string (design of docs/formats/statement.md). Which algorithms exist is fixed by the format; which of them
 * can be computed is the crypto suite's matter.
 */
import { ReceiptError } from '../errors.js';
import { expectList, memberNames, ObjectReader } from '../encoding/object-reader.js';
import { LIMITS } from './limits.js';

/** Digest sizes in bytes, in the order fingerprints have, which is that of their names' UTF-16 units. */
const DIGEST_BYTES = { 'sha-256': 32, 'sha-384': 48, 'sha-512': 64, 'sha3-256': 32, sm3: 32 } as const;

export type FingerprintAlgorithm = keyof typeof DIGEST_BYTES;

export const FINGERPRINT_ALGORITHMS = Object.keys(DIGEST_BYTES) as readonly FingerprintAlgorithm[];

export interface Fingerprint {
  readonly algorithm: FingerprintAlgorithm;
  /** Lower-case hex. */
  readonly digest: string;
}

const MEMBERS = memberNames(['algorithm', 'digest']);

/** Fingerprints out of untrusted JSON. Throws ReceiptError `fingerprints-*`; `path` says where the value was found. */
export function parseFingerprints(value: unknown, path = ''): Fingerprint[] {
  const items = expectList(value, LIMITS.fingerprints, 'fingerprints', path);
  const fingerprints = items.map((item, index) => parseFingerprint(item, `${path}/${index}`));
  assertOrder(fingerprints, path);
  return fingerprints;
}

/** For intake: the same fingerprints in the order the formats want. A repeated algorithm stays, for the parser to refuse. */
export function sortFingerprints<T extends { readonly algorithm: string }>(fingerprints: readonly T[]): T[] {
  return [...fingerprints].sort((a, b) =>
    a.algorithm < b.algorithm ? -1 : a.algorithm > b.algorithm ? 1 : 0,
  );
}

function parseFingerprint(value: unknown, path: string): Fingerprint {
  const reader = new ObjectReader(value, MEMBERS, 'fingerprints', path);
  const algorithm = reader.oneOf('algorithm', FINGERPRINT_ALGORITHMS);
  return { algorithm, digest: reader.hex('digest', DIGEST_BYTES[algorithm]) };
}

function assertOrder(fingerprints: readonly Fingerprint[], path: string): void {
  let previous = '';
  fingerprints.forEach(({ algorithm }, index) => {
    if (algorithm <= previous) {
      const message = `expected algorithms sorted and unique, got ${algorithm} after ${previous}`;
      throw new ReceiptError('fingerprints-order', message, { path: `${path}/${index}` });
    }
    previous = algorithm;
  });
}
