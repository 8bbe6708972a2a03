/** What the harness found wrong with the product, or with its own means. */
export type FaultErrorCode =
  /** A promise of the product was broken. */
  | 'promise-broken'
  /** This machine does not let the fault be made: it must be run elsewhere, never left out in silence. */
  | 'cannot-inject';

export class FaultError extends Error {
  override readonly name = 'FaultError';

  constructor(
    readonly code: FaultErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** @throws FaultError `promise-broken` with the message unless `holds`. */
export function promise(holds: boolean, message: () => string): asserts holds {
  if (!holds) throw new FaultError('promise-broken', message());
}
