/** SHA-256 by OpenSSL for the trees of the Node half. The tree's hash is fixed by RFC 6962, so it needs no registry. */
import { hash } from 'node:crypto';
import { createTreeHasher } from '@cunzheng/merkle';

export function sha256(data: Uint8Array): Uint8Array {
  return hash('sha256', data, 'buffer');
}

export const nativeTreeHasher = createTreeHasher(sha256);
