/**
 * The limits of what a client may state, in one place, so that the API's request schemas, the statement and the
 * disclosures use the same numbers. Texts are counted in Unicode code points.
 */
export const LIMITS = {
  organization: { min: 1, max: 200 },
  title: { min: 1, max: 500 },
  mediaTypeLength: 127,
  clientRef: { min: 1, max: 200 },
  metadata: { min: 1, max: 50 },
  metadataName: { min: 1, max: 100 },
  metadataValue: { min: 0, max: 2000 },
  provenance: { min: 1, max: 4000 },
  fingerprints: { min: 1, max: 5 },
  signers: { min: 1, max: 10 },
  role: { min: 1, max: 100 },
  nonceBytes: 16,
  /** J(statement); every other limit at its worst stays below it. */
  statementBytes: 1_000_000,
  /** One signature; ML-DSA-65 needs 3,309. */
  signatureBytes: 8192,
} as const;

/** RFC 6838 §4.2 `type/subtype`, no parameters. */
export const MEDIA_TYPE = /^(?=.{3,127}$)[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*$/;
