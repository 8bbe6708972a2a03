/**
 * How much a verification may cost. Certificates, lists and responses are an attacker's, and each signature of them that is
 * verified is time of the verifier's; whoever verifies many of them for one purpose counts them all on one account.
 */
import { type CryptoSuite } from '@cunzheng/crypto';
import { X509Error } from './errors.js';

export interface LimitedSuite extends CryptoSuite {
  /** Asked before each signature is verified; false: give up. Without it there is no limit but that of a chain. */
  readonly takeSignature?: () => boolean;
}

export function limitSignatures(
  crypto: CryptoSuite,
  takeSignature: (() => boolean) | undefined,
): LimitedSuite {
  return takeSignature === undefined ? crypto : { ...crypto, takeSignature };
}

/** Throws X509Error `signature-limit` when none is left. */
export function requireSignatureLeft({ takeSignature }: LimitedSuite): void {
  if (takeSignature?.() === false) {
    throw new X509Error('signature-limit', 'more signatures to verify than are verified for one purpose');
  }
}

/** Whether the error says that nothing could be found out, not that something is wrong with what was looked at. */
export function isGivenUp(error: X509Error): boolean {
  return error.code === 'webcrypto-missing' || error.code === 'signature-limit';
}
