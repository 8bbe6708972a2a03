/**
 * The errors of this library: one class with a closed set of codes. A verifier that only asks "does it hold?" catches
 * the class; one that explains itself to people switches over `code`.
 */

export type MerkleErrorCode =
  /** A leaf or node index is not an integer inside the tree. */
  | 'index-out-of-range'
  /** A tree size is not an integer in 0…2^53−1, or two sizes are in the wrong order. */
  | 'size-out-of-range'
  /** A hash is not 32 bytes. */
  | 'hash-size'
  /** A list of hashes does not have the one length its tree size allows. */
  | 'hash-count'
  /** A proof is not of the one length that index and sizes allow. */
  | 'proof-length'
  /** A proof is well formed and proves something else. */
  | 'root-mismatch'
  /** A node is asked for that is no complete subtree of the tree. */
  | 'node-incomplete'
  /** A tile or bundle path is not in its one canonical form. */
  | 'tile-path'
  /** Tile coordinates no tree of up to 2^53−1 leaves has. */
  | 'tile-out-of-range'
  /** The bytes of a tile are not the hashes it must hold. */
  | 'tile-size'
  /** An entry bundle is cut short, too long, or holds an entry that cannot be framed. */
  | 'bundle-malformed';

/** Thrown by every function here when a precondition or a proof fails. */
export class MerkleError extends Error {
  constructor(
    readonly code: MerkleErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'MerkleError';
  }
}
