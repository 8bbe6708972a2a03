/** What a failed chain or signature means for a token: the codes of @cunzheng/x509 in terms of this library. */
import { X509Error, type X509ErrorCode } from '@cunzheng/x509';
import { TimestampError, type TimestampErrorCode } from './errors.js';

const CODES: Readonly<Record<X509ErrorCode, TimestampErrorCode>> = {
  'der-invalid': 'token-malformed',
  'der-limit': 'token-malformed',
  'structure-invalid': 'token-malformed',
  'pem-invalid': 'evidence-invalid',
  'algorithm-unsupported': 'algorithm-unsupported',
  'key-invalid': 'algorithm-unsupported',
  'webcrypto-missing': 'platform-unsupported',
  'signature-invalid': 'certificate-untrusted',
  'chain-untrusted': 'certificate-untrusted',
  'chain-limit': 'certificate-untrusted',
  'signature-limit': 'signature-limit',
  'not-yet-valid': 'certificate-not-yet-valid',
  expired: 'certificate-expired',
  'issuer-not-ca': 'certificate-untrusted',
  'path-too-long': 'certificate-untrusted',
  'extension-unsupported': 'extension-unsupported',
  'key-usage': 'key-usage',
  'extended-key-usage': 'certificate-untrusted',
  revoked: 'certificate-revoked',
};

/** Rethrows X509Error as TimestampError; for `catch`. */
export function fromX509(error: unknown): never {
  if (!(error instanceof X509Error)) throw error;
  throw new TimestampError(CODES[error.code], error.message, { cause: error });
}
