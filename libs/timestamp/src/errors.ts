/**
 * The errors of this library: one class with a closed set of codes, one for each reason why a token does not count.
 * Messages quote the names in certificates and nothing else of what came in.
 */

export type TimestampErrorCode =
  /** Not a TimeStampReq in strict DER. */
  | 'request-malformed'
  /** Not a TimeStampResp in strict DER. */
  | 'response-malformed'
  /** The authority did not grant the request. */
  | 'response-rejected'
  /** Not a TimeStampToken in strict DER. */
  | 'token-malformed'
  /** The imprint is made with an algorithm that is not taken. */
  | 'imprint-algorithm'
  /** The token is over other data. */
  | 'imprint-mismatch'
  /** The token was issued under a policy that is not accepted. */
  | 'policy-mismatch'
  /** The token answers another request. */
  | 'nonce-mismatch'
  /** The token says that it was made after the time at which it is looked at. */
  | 'time-in-future'
  /** The token was asked for now and says that it was made long ago. */
  | 'time-in-past'
  /** The certificate that signed is neither in the token nor given beside it. */
  | 'certificate-missing'
  /** The signed attributes are missing, repeated, or not those of a token. */
  | 'signed-attributes'
  /** The digest in the signed attributes is not that of the content. */
  | 'message-digest-mismatch'
  /** The signed attributes name another certificate than the one that signed. */
  | 'certificate-id-mismatch'
  /** The CMS signature does not verify. */
  | 'signature-invalid'
  /** The certificate is not one for timestamping alone. */
  | 'extended-key-usage'
  /** The certificate's key is not for signatures, or for other uses beside. */
  | 'key-usage'
  /** An algorithm or a key that is not taken here. */
  | 'algorithm-unsupported'
  /** A critical extension, of token or certificates, that is not understood. */
  | 'extension-unsupported'
  /** No chain leads from the certificate to a given root. */
  | 'certificate-untrusted'
  /** A certificate of the chain had expired at genTime. */
  | 'certificate-expired'
  /** A certificate of the chain was not yet valid at genTime. */
  | 'certificate-not-yet-valid'
  /** A certificate of the chain was revoked, in a way that touches this token. */
  | 'certificate-revoked'
  /** A certificate, list, response or root given beside the token cannot be read, or is forged. */
  | 'evidence-invalid'
  /** Whatever the token was to be verified with, there were more signatures in it than are verified. */
  | 'signature-limit'
  /** The platform cannot verify RSA and ECDSA. */
  | 'platform-unsupported';

/** Thrown by every function here. */
export class TimestampError extends Error {
  constructor(
    readonly code: TimestampErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'TimestampError';
  }
}
