/**
 * Verification of a log proof under a policy, C2SP tlog-proof "Verifying a tlog proof", steps 2 to 4. Step 1, the leaf
 * hash, is the caller's: it knows what was logged. Extra data plays no part.
 */
import { type CryptoSuite } from '@cunzheng/crypto';
import { createTreeHasher, verifyInclusion } from '@cunzheng/merkle';

import { ReceiptError } from '../errors.js';
import { type Policy } from '../trust/policy.js';
import { earliestCosignatures, evaluateQuorum } from '../trust/quorum.js';
import { type VerifiedCheckpoint, verifyCheckpoint } from '../trust/verify-checkpoint.js';
import { type TlogProof } from './tlog-proof.js';

export interface VerifiedTlogProof extends VerifiedCheckpoint {
  readonly leafIndex: number;
  /** Since when a quorum had cosigned; absent if the policy asks for none. Milliseconds since the epoch. */
  readonly quorumSinceMs?: number;
}

/**
 * What the proof establishes of the leaf with this hash (32 bytes; see `hashLeaf` of a tree hasher). Throws ReceiptError
 * as `verifyCheckpoint`, or `quorum-missing`; MerkleError for a proof that leads elsewhere.
 */
export function verifyTlogProof(
  crypto: CryptoSuite,
  policy: Policy,
  proof: TlogProof,
  leafHash: Uint8Array,
): VerifiedTlogProof {
  const checkpoint = verifyCheckpoint(crypto, policy, proof.checkpoint);
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
