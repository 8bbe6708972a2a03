/** The one error class of this library. */

export type PersistenceErrorCode =
  | 'embedded-unavailable'
  | 'embedded-failed'
  | 'role-missing'
  | 'role-too-powerful'
  | 'schema-not-ready'
  | 'row-damaged'
  | 'dump-unusable'
  | 'log-entry-refused'
  | 'value-keys-missing'
  | 'value-keys-invalid'
  | 'value-keys-mismatch'
  | 'value-unreadable';

/** What went wrong, as a code that callers may switch on, and a message that says what to do. */
export class PersistenceError extends Error {
  override readonly name = 'PersistenceError';

  constructor(
    readonly code: PersistenceErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
