/** Reading what came from outside: the errors of DER and structure become the one code of what was being read. */
import { X509Error } from '@cunzheng/x509';
import { TimestampError, type TimestampErrorCode } from './errors.js';

/**
 * Runs `read`; what is no strict DER or another structure throws TimestampError with `code`, a critical extension that is
 * not understood `extension-unsupported`.
 */
export function reading<T>(code: TimestampErrorCode, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof X509Error)) throw cause;
    const isUnknown = cause.code === 'extension-unsupported';
    throw new TimestampError(isUnknown ? cause.code : code, cause.message, { cause });
  }
}
