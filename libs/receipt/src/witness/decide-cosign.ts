/**
 * What a witness answers to an `add-checkpoint` request, C2SP tlog-witness, in the order of the specification. For the
 * edge cases that v1.0.0 leaves open or answers with a bare 409 this follows the later text (C2SP pull request 280, merged
 * 2026-07): another root of the same size, and an empty tree with a root that is not that of the empty tree, are 422.
 *
 * The decision is pure. Whoever asks must hold a lock on the log's state from reading it until the new state is durable,
 * and cosign only then: else two requests at once could take the witness back to a smaller tree.
 */
import { type CryptoSuite } from '@cunzheng/crypto';
import { createTreeHasher, MerkleError, verifyConsistency } from '@cunzheng/merkle';

import { type Checkpoint, parseCheckpoint } from '../checkpoint/checkpoint.js';
import { parseNote, type SignedNote } from '../checkpoint/signed-note.js';
import { type VerifierKey } from '../checkpoint/verifier-key.js';
import { verifyNote } from '../checkpoint/verify-note.js';
import { encodeHex } from '../encoding/hex.js';
import { ReceiptError } from '../errors.js';
import { parseAddCheckpointRequest } from './add-checkpoint-request.js';

/** The newest tree of a log that a witness has cosigned. */
export interface WitnessState {
  readonly size: number;
  /** 32 bytes. */
  readonly rootHash: Uint8Array;
}

export interface CosignInput {
  /** The keys trusted for one log, all under its origin. */
  readonly logKeys: readonly VerifierKey[];
  /** Of that log; null if none of its checkpoints was ever cosigned. */
  readonly state: WitnessState | null;
  /** The request's body, as it came. */
  readonly request: string;
}

/**
 * `fork`: the log signed another root for the size the witness cosigned; with the note that was cosigned, the request is
 * proof of it. `proof`: the consistency proof does not lead from the old tree to the new; that may be a fork or a mistake.
 */
export type CosignRefusal =
  'request' | 'origin-unknown' | 'log-signature' | 'old-size' | 'empty-tree' | 'fork' | 'proof';

export type CosignDecision =
  | {
      /** Persist the checkpoint as the new state, then cosign `noteText`. */
      readonly status: 200;
      readonly checkpoint: Checkpoint;
      readonly noteText: string;
      /** The submitted note, with all its lines. */
      readonly note: string;
    }
  | {
      readonly status: 409;
      readonly code: 'conflict';
      readonly reason: string;
      /** What the witness has; the client proves consistency from there. */
      readonly size: number;
    }
  | {
      readonly status: 400 | 403 | 404 | 422;
      readonly code: CosignRefusal;
      readonly reason: string;
    };

/** Never throws for anything a request can hold. */
export function decideCosign(crypto: CryptoSuite, { logKeys, state, request }: CosignInput): CosignDecision {
  try {
    return decide(crypto, logKeys, state, request);
  } catch (error) {
    if (error instanceof ReceiptError) return refusal(400, 'request', error.message);
    throw error;
  }
}

function decide(
  crypto: CryptoSuite,
  logKeys: readonly VerifierKey[],
  state: WitnessState | null,
  request: string,
): CosignDecision {
  const { oldSize, proof, checkpoint: note } = parseAddCheckpointRequest(request);
  const signed = parseNote(note);
  const checkpoint = parseCheckpoint(signed.text);
  const trusted = logKeys.filter(({ name }) => name === checkpoint.origin);
  if (trusted.length === 0) return refusal(404, 'origin-unknown', 'this log is not witnessed here');
  const unsigned = findUnsigned(crypto, signed, trusted);
  if (unsigned !== undefined) return unsigned;
  if (oldSize > checkpoint.treeSize) {
    return refusal(400, 'old-size', `old size ${oldSize} is larger than the tree, ${checkpoint.treeSize}`);
  }
  const size = state?.size ?? 0;
  if (oldSize !== size) {
    return { status: 409, code: 'conflict', reason: `old size is ${oldSize}, want ${size}`, size };
  }
  const inconsistent = findInconsistency(crypto, state, checkpoint, proof);
  return inconsistent ?? { status: 200, checkpoint, noteText: signed.text, note };
}

/** No line of a trusted key, or one that does not verify: the note is malformed either way. */
function findUnsigned(
  crypto: CryptoSuite,
  note: SignedNote,
  trusted: readonly VerifierKey[],
): CosignDecision | undefined {
  try {
    verifyNote(crypto, note, trusted);
    return undefined;
  } catch (error) {
    if (error instanceof ReceiptError) return refusal(403, 'log-signature', error.message);
    throw error;
  }
}

/** Requires that the request's old size is the state's. */
function findInconsistency(
  crypto: CryptoSuite,
  state: WitnessState | null,
  { treeSize, rootHash }: Checkpoint,
  proof: readonly Uint8Array[],
): CosignDecision | undefined {
  const sha256 = crypto.digest('sha-256');
  const hasher = createTreeHasher((data) => sha256.hash(data));
  if (treeSize === 0 && !isSame(rootHash, hasher.emptyRoot())) {
    return refusal(422, 'empty-tree', 'the root hash is not that of the empty tree');
  }
  // The empty tree is consistent with every tree: there is nothing to prove.
  if (state === null || state.size === 0) {
    return proof.length === 0 ? undefined : refusal(422, 'proof', 'expected no proof from size 0');
  }
  if (treeSize === state.size && !isSame(rootHash, state.rootHash)) {
    return refusal(422, 'fork', `another root hash of size ${treeSize} was cosigned`);
  }
  try {
    verifyConsistency(hasher, state.size, treeSize, state.rootHash, rootHash, proof);
    return undefined;
  } catch (error) {
    if (error instanceof MerkleError) return refusal(422, 'proof', error.message);
    throw error;
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return encodeHex(a) === encodeHex(b);
}

function refusal(status: 400 | 403 | 404 | 422, code: CosignRefusal, reason: string): CosignDecision {
  return { status, code, reason };
}
