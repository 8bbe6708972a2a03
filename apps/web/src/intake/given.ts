/** What a visitor gave: receipts, and documents of which nothing but the fingerprints is ever used. */
import { type DigestName } from '@cunzheng/crypto';
import { type Fingerprint } from '@cunzheng/receipt';
import { type Digests } from '../hashing/protocol.js';

export interface GivenReceipt {
  readonly id: number;
  /** The file's name: hostile, as everything in it. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Of its record; none if it cannot be read that far. */
  readonly fingerprints: readonly Fingerprint[];
}

export type HashingState =
  | { readonly state: 'waiting' }
  | { readonly state: 'running'; readonly hashedBytes: number }
  | { readonly state: 'done' }
  | { readonly state: 'cancelled' }
  | { readonly state: 'failed'; readonly message: string };

export interface GivenDocument {
  readonly id: number;
  readonly name: string;
  /** Absent where a fingerprint stands for a document. */
  readonly file?: File;
  /** Receipts were taken out of it: it is shown only where a receipt is about it. */
  readonly isCarrier?: true;
  /** Set instead of `file`. */
  readonly fingerprintOf?: DigestName;
  /** Lower-case hex. */
  readonly digests: Digests;
  readonly hashing: HashingState;
}
