/**
 * `META-INF/ASiCManifest.xml` (ETSI EN 319 162-1, annex A.4): every file of the package but the documents by its SHA-256,
 * and where the timestamp over this very file is. It is made from the files alone, so a reader makes it anew and compares
 * bytes instead of parsing XML that somebody else wrote.
 */
import { type CryptoSuite } from '@cunzheng/crypto';
import { encodeBase64 } from '@cunzheng/receipt';

export const ASIC_MANIFEST_PATH = 'META-INF/ASiCManifest.xml';
export const TIMESTAMP_PATH = 'META-INF/timestamp.tst';

const SHA_256 = 'http://www.w3.org/2001/04/xmlenc#sha256';
/** Paths are ours, but hold them to what needs no escaping in XML or in a URI. */
const PLAIN_PATH = /^[A-Za-z0-9._/-]+$/;

/** The manifest of `files` (path and bytes, in any order). */
export function formatAsicManifest(crypto: CryptoSuite, files: ReadonlyMap<string, Uint8Array>): string {
  const sha256 = crypto.digest('sha-256');
  const references = [...files]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([path, bytes]) => {
      if (!PLAIN_PATH.test(path)) throw new Error(`path ${path} would need escaping`);
      return [
        `  <asic:DataObjectReference URI="${path}">`,
        `    <ds:DigestMethod Algorithm="${SHA_256}"/>`,
        `    <ds:DigestValue>${encodeBase64(sha256.hash(bytes))}</ds:DigestValue>`,
        '  </asic:DataObjectReference>',
      ].join('\n');
    });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">',
    `  <asic:SigReference URI="${TIMESTAMP_PATH}" MimeType="application/vnd.etsi.timestamp-token"/>`,
    ...references,
    '</asic:ASiCManifest>',
    '',
  ].join('\n');
}
