/**
 * The newest checkpoint of a log, and whether entries are under it: inclusion proofs (RFC 6962 §2.1.1) from the log's tiles,
 * which are not believed, up to the root that is signed.
 */
import {
  computeInclusionProof,
  MerkleError,
  nodesFromTiles,
  TILE_WIDTH,
  verifyInclusion,
} from '@cunzheng/merkle';
import { type Trust } from '@cunzheng/receipt';
import { LogFault } from '../audit/log-fault.js';
import { type LogSource } from '../audit/log-source.js';
import { readSignedHead, type SignedHead } from '../audit/signed-head.js';
import { cachingTiles, treeHasher } from '../follow/prove-growth.js';

export interface SignedTree extends SignedHead {
  includes(leafIndex: number, entry: Uint8Array): Promise<boolean>;
}

/** Without trust the checkpoint is taken as it is given. @throws LogFault when there is none that can be used. */
export async function openSignedTree(source: LogSource, trust: Trust | null): Promise<SignedTree> {
  const head = readSignedHead('the checkpoint', await source.readCheckpoint(), trust);
  const { treeSize, rootHash } = head;
  const readTile = cachingTiles((tile) =>
    source.readTile(tile).catch((error: unknown) => {
      // The full tile has taken its place since.
      const isGone = error instanceof LogFault && error.kind === 'missing' && tile.width < TILE_WIDTH;
      if (!isGone) throw error;
      return source.readTile({ ...tile, width: TILE_WIDTH });
    }),
  );
  const readNodes = nodesFromTiles(treeHasher, readTile, treeSize);
  return {
    ...head,
    includes: async (leafIndex, entry) => {
      try {
        const proof = await computeInclusionProof(treeHasher, leafIndex, treeSize, readNodes);
        verifyInclusion(treeHasher, leafIndex, treeSize, treeHasher.hashLeaf(entry), proof, rootHash);
        return true;
      } catch (error) {
        if (error instanceof MerkleError || error instanceof LogFault) return false;
        throw error;
      }
    },
  };
}
