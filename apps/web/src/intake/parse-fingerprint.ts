/** A fingerprint as people paste it: hex of either case, with spaces, or the line that sha256sum or openssl printed. */
import { type DigestName } from '@cunzheng/crypto';

/** Hexadecimal digits of a fingerprint, by algorithm. */
export const DIGITS: Readonly<Record<DigestName, number>> = {
  'sha-256': 64,
  'sha-384': 96,
  'sha-512': 128,
  'sha3-256': 64,
  sm3: 64,
};

/** Lower-case hex, or undefined if there is none of the algorithm's length in it. */
export function parseFingerprint(algorithm: DigestName, text: string): string | undefined {
  const digits = DIGITS[algorithm];
  const candidates = [...text.split(/[\s=*:]+/), text.replace(/[\s:]/g, '')];
  return candidates
    .find((candidate) => candidate.length === digits && /^[0-9a-f]+$/i.test(candidate))
    ?.toLowerCase();
}
