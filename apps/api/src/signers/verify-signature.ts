/** Signature checks of requests: always on another thread, and refused as busy when too many wait for one. */
import { CryptoError, type PublicKey } from '@cunzheng/crypto';
import { verifyInThreadPool } from '@cunzheng/crypto/node';
import { ProblemError } from '../problems/problem-error.js';

/** @throws ProblemError `busy`. */
export async function verifySignature(
  key: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  try {
    return await verifyInThreadPool(key, message, signature);
  } catch (error) {
    if (!(error instanceof CryptoError) || error.code !== 'pool-full') throw error;
    throw new ProblemError('busy', 'too many signatures wait to be verified: repeat the request', {
      retryAfterSeconds: 1,
      cause: error,
    });
  }
}
