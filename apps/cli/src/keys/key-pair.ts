/** What one kind of key can do. */
import { type SignerAlgorithm } from '@cunzheng/receipt';

export interface KeyPair {
  readonly alg: SignerAlgorithm;
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}
