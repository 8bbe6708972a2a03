/**
 * Whether the log only grew between two of its checkpoints, RFC 9162 §2.1.4: the proof is computed here from the tiles of
 * the public log and verified against the two signed roots. Wrong tiles cannot make it pass.
 */
import {
  computeConsistencyProof,
  MerkleError,
  nodesFromTiles,
  portableTreeHasher,
  verifyConsistency,
} from '@cunzheng/merkle';
import { type FetchedCheckpoint, type LogClient } from './log-client.js';

export interface ConsistencyResult {
  readonly older: FetchedCheckpoint;
  readonly newer: FetchedCheckpoint;
  readonly hashes: number;
  readonly tiles: number;
  /** Why they are not consistent; undefined if they are. */
  readonly contradiction: string | undefined;
}

/** Requires 0 < olderSize ≤ newerSize. Rejects where a checkpoint or tile cannot be had, or is not signed. */
export async function checkConsistency(
  client: LogClient,
  olderSize: number,
  newerSize: number,
): Promise<ConsistencyResult> {
  const [older, newer] = await Promise.all([
    client.fetchCheckpoint(olderSize),
    client.fetchCheckpoint(newerSize),
  ]);
  let tiles = 0;
  const readNodes = nodesFromTiles(
    portableTreeHasher,
    client.readTiles(() => tiles++),
    newerSize,
  );
  const proof = await computeConsistencyProof(portableTreeHasher, olderSize, newerSize, readNodes);
  return { older, newer, hashes: proof.length, tiles, contradiction: contradictionOf(older, newer, proof) };
}

function contradictionOf(
  { verified: older }: FetchedCheckpoint,
  { verified: newer }: FetchedCheckpoint,
  proof: readonly Uint8Array[],
): string | undefined {
  try {
    verifyConsistency(
      portableTreeHasher,
      older.treeSize,
      newer.treeSize,
      older.rootHash,
      newer.rootHash,
      proof,
    );
    return undefined;
  } catch (error) {
    if (error instanceof MerkleError) return error.message;
    throw error;
  }
}
