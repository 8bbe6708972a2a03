/** What one verifier works with for all its receipts: suite, trust, tree hasher, and what it remembers. */
import { type CryptoSuite, type PublicKey } from '@cunzheng/crypto';
import { createTreeHasher, type TreeHasher } from '@cunzheng/merkle';

import { NO_QUORUM } from '../trust/policy.js';
import { type Trust } from '../trust/trust.js';
import { type VerifiedCheckpoint } from '../trust/verify-checkpoint.js';
import { BoundedCache } from './bounded-cache.js';

export interface VerifierContext {
  readonly crypto: CryptoSuite;
  readonly hasher: TreeHasher;
  readonly trust: Trust;
  readonly checkpoints: BoundedCache<VerifiedCheckpoint>;
  /** Imported keys by algorithm and base64 SPKI, each with its keyid. */
  readonly signerKeys: BoundedCache<{ readonly keyid: string; readonly key: PublicKey }>;
}

export function createContext(crypto: CryptoSuite, trust: Trust): VerifierContext {
  const sha256 = crypto.digest('sha-256');
  return {
    crypto,
    hasher: createTreeHasher((data) => sha256.hash(data)),
    trust,
    checkpoints: new BoundedCache(),
    signerKeys: new BoundedCache(),
  };
}

/** Whether the trust asks for nobody beside the operator. */
export function isOperatorAlone(trust: Trust | undefined): boolean {
  return trust === undefined || (trust.policy.quorum === NO_QUORUM && trust.minTimestamps === 0);
}
