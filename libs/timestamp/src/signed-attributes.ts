/**
 * What the signed attributes must say: RFC 5652 §5.3 and §11. They tie the signature to content type, content and
 * certificate.
 */
import { type CryptoSuite } from '@cunzheng/crypto';
import { type Certificate, equalBytes, getDigestName, readOid, TAG } from '@cunzheng/x509';
import { type Attributes } from './attributes.js';
import { requireCertificateId } from './certificate-id.js';
import { TimestampError } from './errors.js';
import { TSP_OID } from './oids.js';
import { type SignedData } from './signed-data.js';

/** Throws TimestampError `signed-attributes`, `message-digest-mismatch`, `certificate-id-mismatch`, `algorithm-unsupported`. */
export function requireAttributes(
  crypto: CryptoSuite,
  attributes: Attributes,
  { content, signer }: SignedData,
  certificate: Certificate,
): void {
  const type = attributes.get(TSP_OID.contentType);
  if (type?.tag !== TAG.oid || readOid(type.content) !== TSP_OID.tstInfo) {
    throw new TimestampError('signed-attributes', 'the signed content type is not that of a token');
  }
  const stated = attributes.get(TSP_OID.messageDigest);
  if (stated?.tag !== TAG.octetString) {
    throw new TimestampError('signed-attributes', 'the signed attributes have no message digest');
  }
  const name = getDigestName(signer.digestAlgorithm.oid);
  if (name === undefined || !crypto.isDigestName(name)) {
    const got = `digest algorithm ${signer.digestAlgorithm.oid}`;
    throw new TimestampError('algorithm-unsupported', `got ${got}, want one that is taken`);
  }
  if (!equalBytes(stated.content, crypto.digest(name).hash(content))) {
    throw new TimestampError('message-digest-mismatch', 'the content is not what was signed');
  }
  requireCertificateId(crypto, attributes, certificate);
}
