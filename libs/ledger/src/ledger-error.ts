/**
 * The errors of this library: one class with a closed set of codes, for both halves. Codes of the first group are about
 * bytes and chain rules, so a verifier may show them; those of the second come from the files of a ledger.
 */

export type LedgerErrorCode =
  /** Bytes that are no 68-byte entry of version 1. */
  | 'entry-invalid'
  /** A block header that is not canonical, lacks a member, has one too many, or one out of range. */
  | 'header-invalid'
  /** The body of a log event that is not canonical or not of its kind. */
  | 'event-invalid'
  /** Not `HOST/logs/NAME`. */
  | 'origin-invalid'
  /** Not `YYYY-MM-DDTHH:MM:SS.mmmZ`, or no such moment. */
  | 'time-invalid'
  /** A block of another log. */
  | 'log-mismatch'
  /** Not the height after the head's: already there, or a gap. */
  | 'height-mismatch'
  /** The first leaf index is not the tree size before the block. */
  | 'first-index-mismatch'
  /** `previous` is not the hash of the previous header. */
  | 'previous-mismatch'
  /** The block claims to be older than the one before it. */
  | 'created-at-decreases'
  /** The header counts other than the entries that came with it. */
  | 'count-mismatch'
  /** An entry of a type that may not stand among a block's entries. */
  | 'entry-type'
  /** The header commits to other entries. */
  | 'batch-root-mismatch'
  /** A public body is missing, unasked for, or not what its entry commits to. */
  | 'body-mismatch'
  /** Block 0 does not begin with an `open` event of this log. */
  | 'open-missing'
  /** An event says that its block ends at another tree size. */
  | 'last-size-mismatch'
  /** Something stands after a `close` event, with which a log ends. */
  | 'log-closed'
  // ── files ──
  /** No ledger at this place (yet). */
  | 'ledger-missing'
  /** Another writer holds the ledger's directory. */
  | 'ledger-locked'
  /** This writer held the directory and no longer does. */
  | 'lock-lost'
  /** Bytes on disk that no writer of this ledger wrote: needs a person. */
  | 'ledger-damaged'
  /** A block that contradicts the published checkpoint, or bytes another writer put in its place. */
  | 'ledger-forked'
  /** A write or fsync failed: what is on disk is unknown, the process must end. */
  | 'io-fatal'
  /** A block larger than a frame may be. */
  | 'block-too-large'
  /** The ledger has no such block (yet). */
  | 'block-missing'
  /** The ledger has no such entry (yet). */
  | 'entry-missing'
  /** The ledger has no such tile. */
  | 'tile-missing'
  /** No checkpoint was published yet. */
  | 'checkpoint-missing'
  /** A note that is no checkpoint of this ledger's tree, or an older one than the published. */
  | 'checkpoint-refused'
  /** The writer or reader was closed. */
  | 'closed';

/** Where in the files of a ledger something was found. */
export interface LedgerPlace {
  readonly file?: string;
  readonly offset?: number;
  readonly height?: number;
}

/** Thrown by everything in this library. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  readonly place: LedgerPlace;

  constructor(
    readonly code: LedgerErrorCode,
    message: string,
    options: { cause?: unknown; place?: LedgerPlace } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.place = options.place ?? {};
  }
}
