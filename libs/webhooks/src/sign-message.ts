/**
 * The headers of Standard Webhooks (spec/standard-webhooks.md, "Webhook headers" and "Signature scheme"): what is signed
 * is `id.timestamp.body`, with HMAC-SHA256 as `v1` and Ed25519 as `v1a`; during a rotation every live secret signs.
 */
import { createHmac, sign } from 'node:crypto';
import { type EndpointSecret } from './endpoint-secret.js';

export interface Message {
  /** The event's id, the same in every attempt. */
  readonly id: string;
  /** When this attempt is made, milliseconds since the epoch. */
  readonly sentAtMs: number;
  readonly body: string;
}

/** `webhook-id`, `webhook-timestamp` (seconds), `webhook-signature`: newest secret first. */
export function signMessage(
  { id, sentAtMs, body }: Message,
  secrets: readonly EndpointSecret[],
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const timestamp = String(Math.floor(sentAtMs / 1000));
  const signed = Buffer.from(`${id}.${timestamp}.${body}`);
  const hmac = secrets.map(
    ({ hmacKey }) => `v1,${createHmac('sha256', hmacKey).update(signed).digest('base64')}`,
  );
  const ed25519 = secrets.map(({ signingKey }) => `v1a,${sign(null, signed, signingKey).toString('base64')}`);
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': [...hmac, ...ed25519].join(' '),
  };
}
