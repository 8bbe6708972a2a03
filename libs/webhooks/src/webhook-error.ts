/** The one error class of this library. */

export type WebhookErrorCode = 'bad-secret' | 'bad-network' | 'url-not-allowed' | 'address-not-allowed';

export class WebhookError extends Error {
  override readonly name = 'WebhookError';

  /** `url-not-allowed` and `address-not-allowed` say why in words that a client may read. */
  constructor(
    readonly code: WebhookErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
