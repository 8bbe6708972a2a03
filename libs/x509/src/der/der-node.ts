/** One element of DER: identifier octet, content, and the elements inside if it is constructed (X.690 §8.1). */
export interface DerNode {
  /** The identifier octet: class, constructed bit and number, such as 0x30 for SEQUENCE. */
  readonly tag: number;
  /** Identifier, length and content. */
  readonly bytes: Uint8Array;
  readonly content: Uint8Array;
  readonly children: readonly DerNode[];
}
