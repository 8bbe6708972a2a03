/**
 * Verification of a log proof under a policy, C2SP tlog-proof "Verifying a tlog proof", steps 2 to 4. Step 1, the leaf
 * hash, is the caller's: it knows what was logged. Extra data plays no part.
 */
import { type CryptoSuite } from '@cunzheng/crypto';
import { createTreeHasher, verifyInclusion } from '@cunzheng/merkle';

import { ReceiptError } from '../errors.js';
import { maySignSize } from '../trust/key-window.js';
import { earliestCosignatures, evaluateQuorum } from '../trust/quorum.js';
import { type Trust } from '../trust/trust.js';
import { type VerifiedCheckpoint, verifyCheckpoint } from '../trust/verify-checkpoint.js';
import { type TlogProof } from './tlog-proof.js';

export interface VerifiedTlogProof extends VerifiedCheckpoint {
  readonly leafIndex: number;
  /** Since when a quorum had cosigned; absent if the policy asks for none. Milliseconds since the epoch. */
  readonly quorumSinceMs?: number;
}

/**
 * What the proof establishes of the leaf with this hash (32 bytes; see `hashLeaf` of a tree hasher). Throws ReceiptError
 * as `verifyCheckpoint`, `log-key-unknown` also for a size outside the key's window, or `quorum-missing`; MerkleError for a proof that leads elsewhere.
 */
export function verifyTlogProof(
  crypto: CryptoSuite,
  { policy, keyWindows }: Pick<Trust, 'policy' | 'keyWindows'>,
  proof: TlogProof,
  leafHash: Uint8Array,
): VerifiedTlogProof {
  const verified = verifyCheckpoint(crypto, policy, proof.checkpoint);
  const logKeys = verified.logKeys.filter((key) => maySignSize(keyWindows, key, verified.treeSize));
  if (logKeys.length === 0) {
    const message = `the log key may not sign a checkpoint of size ${verified.treeSize}`;
    throw new ReceiptError('log-key-unknown', message);
  }
  const checkpoint = { ...verified, logKeys };
  const quorum = evaluateQuorum(policy, earliestCosignatures(policy, checkpoint.cosignatures));
  if (!quorum.satisfied) {
    throw new ReceiptError('quorum-missing', `no quorum ${policy.quorum} cosigned the checkpoint`);
  }
  const sha256 = crypto.digest('sha-256');
  const hasher = createTreeHasher((data) => sha256.hash(data));
  const { leafIndex, hashes } = proof;
  verifyInclusion(hasher, leafIndex, checkpoint.treeSize, leafHash, hashes, checkpoint.rootHash);
  return {
    ...checkpoint,
    leafIndex,
    ...(quorum.sinceMs === undefined ? {} : { quorumSinceMs: quorum.sinceMs }),
  };
}
