/** Certificates in a PEM file, RFC 7468 §5; text between the blocks is explanatory and ignored. */
import { decodeBase64 } from '../encoding/base64.js';
import { ReceiptError } from '../errors.js';

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END \1-----/g;

/** DER certificates in the order of the file. Throws ReceiptError `pem-invalid` for other blocks and for none at all. */
export function parsePemCertificates(text: string): Uint8Array[] {
  const certificates = [...text.matchAll(BLOCK)].map(([, label, body = '']) => {
    const der = decodeBase64(body.replace(/[\r\n]/g, ''));
    if (label !== 'CERTIFICATE' || der === undefined || der.length === 0) {
      throw new ReceiptError('pem-invalid', 'expected CERTIFICATE blocks only, in base64');
    }
    return der;
  });
  const begun = text.split('-----BEGIN ').length - 1;
  if (certificates.length === 0 || certificates.length !== begun) {
    throw new ReceiptError(
      'pem-invalid',
      `expected certificates, got ${certificates.length} of ${begun} blocks`,
    );
  }
  return certificates;
}
