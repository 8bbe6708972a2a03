/** The roots of timestamping authorities that this installation trusts: a PEM file, read once at start. */
import { readFileSync } from 'node:fs';
import { parseCertificate, parsePem } from '@cunzheng/x509';

/**
 * DER certificates of the PEM file of the setting `TSA_ROOTS_FILE`; none if it is not set.
 *
 * @throws X509Error for anything but certificates, the system's error for a file that cannot be read.
 */
export function readTsaRoots(path: string | undefined): Uint8Array[] {
  if (path === undefined) return [];
  const roots = parsePem(readFileSync(path, 'utf8'), 'CERTIFICATE');
  roots.forEach(parseCertificate);
  return roots;
}
