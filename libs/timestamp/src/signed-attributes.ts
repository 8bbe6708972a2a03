/**
 * Signed attributes: RFC 5652 §5.3 and §11. They tie the signature to content type, content and certificate; each must be
 * there exactly once, since a second one would be a second meaning.
 */
import { type CryptoSuite } from '@cunzheng/crypto';
import {
  type Certificate,
  type DerNode,
  DerReader,
  equalBytes,
  getDigestName,
  readOid,
  TAG,
} from '@cunzheng/x509';
import { requireCertificateId } from './certificate-id.js';
import { TimestampError } from './errors.js';
import { TSP_OID } from './oids.js';
import { type SignedData } from './signed-data.js';

export type Attributes = ReadonlyMap<string, DerNode>;

/** Throws X509Error `structure-invalid`, TimestampError `signed-attributes`. */
export function readAttributes(set: DerNode): Attributes {
  const attributes = new Map<string, DerNode>();
  new DerReader(set, 'signed attributes', TAG.set).rest((node) => {
    const reader = new DerReader(node, 'attribute');
    const oid = reader.oid('type');
    const [value, ...others] = new DerReader(reader.any('values'), 'values', TAG.set).rest((item) => item);
    reader.end();
    if (value === undefined || others.length > 0 || attributes.has(oid)) {
      throw new TimestampError('signed-attributes', `signed attribute ${oid} has not one value`);
    }
    attributes.set(oid, value);
  });
  return attributes;
}

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
