/** An entry with its proof, checked against the root of the newest checkpoint. */
import { parseCheckpointNote, type LedgerReader } from '@cunzheng/ledger/node';
import { portableTreeHasher, verifyInclusion } from '@cunzheng/merkle';
import { ORIGIN } from './synthetic-log.js';

/** Throws unless the entry is in the published tree, whose size must be `treeSize`. */
export async function proofOf(reader: LedgerReader, leafIndex: number, treeSize: number): Promise<void> {
  const { rootHash } = parseCheckpointNote(await reader.readCheckpoint(), ORIGIN);
  const leafHash = portableTreeHasher.hashLeaf(await reader.readEntry(leafIndex));
  const proof = await reader.computeInclusionProof(leafIndex, treeSize);
  verifyInclusion(portableTreeHasher, leafIndex, treeSize, leafHash, proof, rootHash);
}
