/**
 * How an endpoint's secret lies in the database: one byte that says how it is sealed, then the sealed bytes.
 */
import { WebhookError } from './webhook-error.js';

/** Not sealed. */
const CLEAR = 0;

export function sealSecret(secret: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(CLEAR), secret]);
}

/** @throws WebhookError `bad-secret` for what was sealed in a way that is not known here. */
export function openSecret(sealed: Uint8Array): Uint8Array {
  if (sealed[0] === CLEAR) return sealed.subarray(1);
  throw new WebhookError('bad-secret', `got a secret sealed in way ${sealed[0] ?? 'none'}, want 0`);
}
