/**
 * The errors of this library: one class with a closed set of codes. A signature that does not verify is not an error:
 * `verify` answers false.
 */

export type CryptoErrorCode =
  /** No digest algorithm of that name is in the list. */
  | 'digest-unknown'
  /** No signature algorithm of that name is in the list. */
  | 'signature-unknown'
  /** A public key is not in its one canonical encoding, or not a point that can verify anything. */
  | 'key-invalid'
  /** A key reached an algorithm that did not import it. */
  | 'key-mismatch'
  /** Too many signatures wait for a thread to verify them. */
  | 'pool-full'
  /** A hasher was used after its digest was taken. */
  | 'hasher-finished';

/** Thrown by every function here when a name, a key or a call is wrong. */
export class CryptoError extends Error {
  constructor(
    readonly code: CryptoErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'CryptoError';
  }
}
