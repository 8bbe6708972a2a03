/**
 * The verifier of signers' certificates that @cunzheng/receipt is given, and that intake uses: is this chain good for
 * signing documents with this key, at this time, by these roots? It has the shape of that library's `VerifyCertificates`,
 * and neither library knows the other.
 */
import { type CryptoSuite } from '@cunzheng/crypto';
import { equalBytes } from './bytes.js';
import { type Certificate, parseCertificate, requireKeyUsage } from './certificate.js';
import { verifyChain } from './chain.js';
import { X509Error } from './errors.js';
import { type LimitedSuite, limitSignatures } from './signature-limit.js';

export interface SignerCertificatesRequest {
  /** DER, the signer's own first; the others may be in any order. */
  readonly certificates: readonly Uint8Array[];
  /** DER SubjectPublicKeyInfo of the key that signs. */
  readonly publicKey: Uint8Array;
  /** DER; the verifier's own. */
  readonly roots: readonly Uint8Array[];
  readonly atMs: number;
  /** Asked before each signature is verified; false: give up. */
  readonly takeSignature?: () => boolean;
}

export type SignerCertificatesResult =
  | { readonly valid: true; readonly subject: string; readonly issuer: string }
  | { readonly valid: false; readonly reason: string };

/** Answers for any bytes; throws only if a root is no certificate or the platform has no WebCrypto. */
export function createSignerCertificatesVerifier(
  crypto: CryptoSuite,
): (request: SignerCertificatesRequest) => Promise<SignerCertificatesResult> {
  return async ({ certificates, publicKey, roots, atMs, takeSignature }) => {
    const anchors = roots.map(parseCertificate);
    try {
      const { subject, issuer } = await verifySigner(
        limitSignatures(crypto, takeSignature),
        certificates.map(parseCertificate),
        publicKey,
        anchors,
        atMs,
      );
      return { valid: true, subject: subject.text, issuer: issuer.text };
    } catch (error) {
      if (!(error instanceof X509Error) || error.code === 'webcrypto-missing') throw error;
      return { valid: false, reason: `${error.code}: ${error.message}` };
    }
  };
}

/** RFC 5280 §4.2.1.3: a key for documents is one for digitalSignature or nonRepudiation. */
async function verifySigner(
  crypto: LimitedSuite,
  [certificate, ...intermediates]: readonly Certificate[],
  publicKey: Uint8Array,
  anchors: readonly Certificate[],
  atMs: number,
): Promise<Certificate> {
  if (certificate === undefined)
    throw new X509Error('structure-invalid', 'got no certificate, want one at least');
  if (!equalBytes(certificate.publicKey.bytes, publicKey)) {
    throw new X509Error('key-invalid', `the certificate of ${certificate.subject.text} is for another key`);
  }
  if (certificate.basicConstraints?.isCa === true) {
    throw new X509Error(
      'key-usage',
      `${certificate.subject.text} is an authority, want the certificate of a signer`,
    );
  }
  requireKeyUsage(certificate, ['digitalSignature', 'nonRepudiation']);
  await verifyChain(crypto, { certificate, intermediates, anchors, atMs });
  return certificate;
}
