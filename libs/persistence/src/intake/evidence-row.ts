/** A row of the table `evidence`, as the API hands it over. */

/** One evidence row as stored. `organization` is the internal key; the byte strings are the API's own compact form. */
export interface EvidenceRow {
  readonly organization: number;
  readonly id: string;
  /** The time in the record. */
  readonly acceptedAtMs: number;
  /** 8-byte prefixes of the record's digests; the first is indexed in the row, the others beside it. */
  readonly prefixes: readonly Uint8Array[];
  readonly fingerprints: Uint8Array;
  /** For finding rows that were stored in clear; not stored. */
  readonly clientRef: string | null;
  readonly clientRefMac: Uint8Array | null;
  /** Sealed: see `sealEvidence`. */
  readonly content: Uint8Array;
  /** Ids of the registered signers. */
  readonly signers: readonly string[];
  /** For the filters of webhook endpoints. */
  readonly tag: string | null;
}
