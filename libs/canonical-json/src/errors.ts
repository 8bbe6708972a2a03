/**
 * The one error of this library. Codes are closed: a caller may switch over them, and each names the first rule of
 * "JSON that is hashed" (docs/formats/canonical-json.md) that a value or a text broke.
 */
export type CanonicalJsonErrorCode =
  | 'boolean'
  | 'byte-order-mark'
  | 'depth'
  | 'float'
  | 'integer-range'
  | 'member-name'
  | 'noncharacter'
  | 'not-canonical'
  | 'not-json'
  | 'not-utf8'
  | 'nul'
  | 'null'
  | 'surrogate'
  | 'too-large'
  | 'type';

export class CanonicalJsonError extends Error {
  override readonly name = 'CanonicalJsonError';

  /** `path` is an RFC 6901 JSON pointer to the offending value; '' is the whole document. */
  constructor(
    readonly code: CanonicalJsonErrorCode,
    message: string,
    readonly path = '',
    options?: { cause?: unknown },
  ) {
    super(path === '' ? message : `${path}: ${message}`, options);
  }
}
