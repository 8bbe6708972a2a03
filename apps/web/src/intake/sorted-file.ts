/** A file of the visitor, and what it was found to be. */
export type SortedFile =
  | { readonly kind: 'receipt'; readonly name: string; readonly bytes: Uint8Array }
  /** `isCarrier`: receipts were taken out of it, so it is a document only if one of them is about it. */
  | { readonly kind: 'document'; readonly file: File; readonly isCarrier?: true };
