/**
 * The secrets of an endpoint: 32 bytes that both sides know (HMAC) and the seed of an Ed25519 key whose public half the
 * receiver gets. Written as Standard Webhooks wants: `whsec_` and `whpk_` before padded base64.
 */
import { createPrivateKey, createPublicKey, randomBytes, type KeyObject } from 'node:crypto';
import { WebhookError } from './webhook-error.js';

const HMAC_BYTES = 32;
const SEED_BYTES = 32;
/** DER of an Ed25519 PrivateKeyInfo up to the seed (RFC 8410 §7). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
/** The last 32 bytes of a SubjectPublicKeyInfo are the key itself (RFC 8410 §4). */
const PUBLIC_BYTES = 32;

export interface EndpointSecret {
  readonly hmacKey: Buffer;
  readonly signingKey: KeyObject;
  /** 32 bytes. */
  readonly publicKey: Buffer;
}

/** Fresh random bytes that `parseEndpointSecret` takes. */
export const createSecretBytes = (): Buffer => randomBytes(HMAC_BYTES + SEED_BYTES);

/** @throws WebhookError `bad-secret` unless it is 64 bytes. */
export function parseEndpointSecret(bytes: Uint8Array): EndpointSecret {
  if (bytes.length !== HMAC_BYTES + SEED_BYTES)
    throw new WebhookError('bad-secret', `got a secret of ${bytes.length} bytes, want 64`);
  const seed = Buffer.from(bytes.subarray(HMAC_BYTES));
  const signingKey = createPrivateKey({
    key: Buffer.concat([PKCS8_HEAD, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const spki = createPublicKey(signingKey).export({ format: 'der', type: 'spki' });
  return {
    hmacKey: Buffer.from(bytes.subarray(0, HMAC_BYTES)),
    signingKey,
    publicKey: spki.subarray(spki.length - PUBLIC_BYTES),
  };
}

export const formatSymmetricSecret = ({ hmacKey }: EndpointSecret): string =>
  `whsec_${hmacKey.toString('base64')}`;

export const formatPublicKey = (publicKey: Uint8Array): string =>
  `whpk_${Buffer.from(publicKey).toString('base64')}`;
