/** Public face of the certificate library: a receipt as a PDF for people. */
export { type CertificateInput } from './certificate-input.js';
export { formatCertificate, RECEIPT_FILE_NAME } from './format-certificate.js';
export { CERTIFICATE_LANGUAGES, type CertificateLanguage } from './wording.js';
