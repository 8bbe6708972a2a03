/**
 * The RFC 6962 / RFC 9162 §2.1 Merkle tree of the log: hashes, roots, proofs and their verification, and its storage
 * as C2SP tlog-tiles. Pure: no I/O, no clock; SHA-256 can be injected.
 */
export { MerkleError, type MerkleErrorCode } from './errors.js';
export { HASH_SIZE } from './preconditions.js';
export { createTreeHasher, type HashFunction, portableTreeHasher, type TreeHasher } from './tree-hasher.js';
export { foldFromRight, frontierNodes, type NodeId, type ReadNodes } from './node-id.js';
export { computeRoot } from './root.js';
export { Frontier } from './frontier.js';
export { consistencyProofNodes, inclusionProofNodes, type ProofElement } from './proof-nodes.js';
export { computeConsistencyProof, computeInclusionProof } from './compute-proof.js';
export { rootFromInclusionProof, verifyInclusion } from './verify-inclusion.js';
export { verifyConsistency } from './verify-consistency.js';
export {
  bundleForEntry,
  bundlesForNewEntries,
  type EntryBundleId,
  TILE_HEIGHT,
  TILE_WIDTH,
  tileForNode,
  type TileId,
  tileInTree,
  type TileSlice,
  tilesForNewEntries,
} from './tile.js';
export { formatEntryBundlePath, formatTilePath, parseEntryBundlePath, parseTilePath } from './tile-path.js';
export { nodesFromTiles, parseTile, type ReadTile } from './tile-nodes.js';
export { formatEntryBundle, parseEntryBundle } from './entry-bundle.js';
