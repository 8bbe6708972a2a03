/** Errors of evidence packages. */
export type PackageErrorCode =
  | 'container-invalid'
  | 'container-too-large'
  | 'digest-mismatch'
  | 'document-unlisted'
  | 'file-duplicate'
  | 'file-missing'
  | 'file-unlisted'
  | 'manifest-invalid'
  | 'path-unsafe'
  | 'receipt-invalid';

/** What cannot be read as an evidence package, or must not be put into one. */
export class PackageError extends Error {
  override readonly name = 'PackageError';

  constructor(
    readonly code: PackageErrorCode,
    message: string,
    options: { cause?: unknown } = {},
  ) {
    super(message, options);
  }
}
