/** Public face of the certificate library: a receipt as a PDF for people. */
export { formatCertificate, RECEIPT_FILE_NAME, type CertificateInput } from './format-certificate.js';
export { CERTIFICATE_LANGUAGES, type CertificateLanguage } from './wording.js';
