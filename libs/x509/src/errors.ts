/**
 * The errors of this library: one class with a closed set of codes. Certificates, lists and responses are an attacker's;
 * messages name the rule that was broken and quote names of certificates only.
 */

export type X509ErrorCode =
  /** Not distinguished encoding rules (X.690 §8, §10, §11). */
  | 'der-invalid'
  /** Larger, deeper or of more parts than any honest file. */
  | 'der-limit'
  /** DER, but not the structure that was wanted. */
  | 'structure-invalid'
  /** Not the PEM blocks that were wanted. */
  | 'pem-invalid'
  /** A signature or key algorithm, or its parameters, that is not taken here. */
  | 'algorithm-unsupported'
  /** A public key that is too short, too long or in a second encoding. */
  | 'key-invalid'
  /** The platform has no WebCrypto: an old runtime, or a page that was not loaded securely. */
  | 'webcrypto-missing'
  /** A signature of a certificate in the chain does not verify. */
  | 'signature-invalid'
  /** No chain leads to a given anchor. */
  | 'chain-untrusted'
  /** The search for a chain was given up: too many candidates. */
  | 'chain-limit'
  /** More signatures than the caller wants verified: nothing is said of what was left. */
  | 'signature-limit'
  /** A certificate of the chain was not yet valid at the time in question. */
  | 'not-yet-valid'
  /** A certificate of the chain was no longer valid at the time in question. */
  | 'expired'
  /** An issuer is no certification authority, or may not sign certificates. */
  | 'issuer-not-ca'
  /** A chain longer than an authority allows. */
  | 'path-too-long'
  /** A critical extension that is not understood here. */
  | 'extension-unsupported'
  /** The key is not for this use. */
  | 'key-usage'
  /** The extended key usage does not allow the purpose. */
  | 'extended-key-usage'
  /** Revoked at the time in question. */
  | 'revoked';

/** Thrown by every function here. */
export class X509Error extends Error {
  constructor(
    readonly code: X509ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'X509Error';
  }
}
