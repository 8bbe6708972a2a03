/** A file of the visitor, and what it was found to be. */
export type SortedFile =
  | { readonly kind: 'receipt'; readonly name: string; readonly bytes: Uint8Array }
  /** `isCarrier`: receipts were taken out of it, so it is a document only if one of them is about it. */
  | { readonly kind: 'document'; readonly file: File; readonly isCarrier?: true }
  | { readonly kind: 'stamp'; readonly stamp: ListStamp };

/** The timestamp over the list of an evidence package. */
export interface ListStamp {
  /** The package's file name. */
  readonly name: string;
  /** RFC 3161, unverified. */
  readonly token: Uint8Array;
  readonly stamped: Uint8Array;
  /** The package's first: the trust for its log decides. */
  readonly receipt: Uint8Array;
}
