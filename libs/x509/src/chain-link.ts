/** What one certificate has to do with the next: its signature, and its validity at a time (RFC 5280 §6.1.3 (a)). */
import { type Certificate, type Signed } from './certificate.js';
import { X509Error } from './errors.js';
import { resolveSignatureAlgorithm } from './signature-algorithm.js';
import { type LimitedSuite } from './signature-limit.js';
import { verifySignature } from './verify-signature.js';

/** Whether `issuer`'s key made the signature. Throws X509Error for algorithms and keys that are not taken. */
export function isSignedBy(crypto: LimitedSuite, signed: Signed, issuer: Certificate): Promise<boolean> {
  return verifySignature(crypto, {
    algorithm: resolveSignatureAlgorithm(signed.signatureAlgorithm),
    publicKey: issuer.publicKey,
    message: signed.signedBytes,
    signature: signed.signature,
  });
}

/** Throws X509Error `not-yet-valid` or `expired`. */
export function requireValidAt({ subject, notBeforeMs, notAfterMs }: Certificate, atMs: number): void {
  const at = new Date(atMs).toISOString();
  if (atMs < notBeforeMs) throw new X509Error('not-yet-valid', `${subject.text} was not yet valid at ${at}`);
  // notAfter names a second, and that second is still valid.
  if (atMs >= notAfterMs + 1000) throw new X509Error('expired', `${subject.text} had expired at ${at}`);
}
