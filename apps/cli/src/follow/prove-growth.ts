/**
 * Whether one signed tree begins with another, from the tiles of the larger one. Tiles are not trusted: either they lead
 * to the larger signed root, and then what they say of its beginning is what the log has signed, or they say nothing.
 */
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  computeConsistencyProof,
  createTreeHasher,
  Frontier,
  frontierNodes,
  MerkleError,
  nodesFromTiles,
  type ReadTile,
  verifyConsistency,
} from '@cunzheng/merkle';
import { LogError } from './log-error.js';

export interface TreeHead {
  readonly treeSize: number;
  readonly rootHash: Uint8Array;
}

/** What the larger tree says of its first `size` leaves, with the RFC 6962 consistency proof that shows it. */
export interface Beginning {
  readonly size: number;
  readonly rootHash: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

const sha256 = nativeCrypto.digest('sha-256');
export const treeHasher = createTreeHasher((data) => sha256.hash(data));

/**
 * The first `size` leaves of `tree`, proven. Requires 0 < size < tree.treeSize. Throws LogError `unproven` when the tiles
 * do not lead to the root of `tree`, and what `readTile` throws.
 */
export async function proveBeginning(readTile: ReadTile, size: number, tree: TreeHead): Promise<Beginning> {
  try {
    const readNodes = nodesFromTiles(treeHasher, readTile, tree.treeSize);
    const frontier = Frontier.from(treeHasher, size, await readNodes(frontierNodes(size)));
    const rootHash = frontier.root();
    const proof = await computeConsistencyProof(treeHasher, size, tree.treeSize, readNodes);
    verifyConsistency(treeHasher, size, tree.treeSize, rootHash, tree.rootHash, proof);
    return { size, rootHash, proof };
  } catch (cause) {
    if (!(cause instanceof MerkleError)) throw cause;
    const message = `the tiles do not lead to the signed root of size ${tree.treeSize}: ${cause.message}`;
    throw new LogError('unproven', message, { cause });
  }
}

export function isSameHash(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** Reads each tile once, and keeps a bounded number. Make a new one after a failure: what it holds may be wrong. */
export function cachingTiles(readTile: ReadTile, maxTiles = 2_048): ReadTile {
  const kept = new Map<string, Uint8Array>();
  return async (tile) => {
    const key = `${tile.level}/${tile.index}/${tile.width}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const bytes = await readTile(tile);
    for (const oldest of kept.keys()) {
      if (kept.size < maxTiles) break;
      kept.delete(oldest);
    }
    kept.set(key, bytes);
    return bytes;
  };
}
