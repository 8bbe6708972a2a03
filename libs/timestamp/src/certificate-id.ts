/**
 * ESSCertID and ESSCertIDv2: RFC 2634 §5.4.1, RFC 5035 §3, RFC 5816 §2.2. The hash of the certificate under the signature
 * keeps another certificate for the same key from being put in its place. Either form is taken, and whatever is there must
 * fit. SHA-1 is what the first form is made of; finding a second certificate for a given hash is still out of reach.
 */
import { type CryptoSuite } from '@cunzheng/crypto';
import {
  type Certificate,
  context,
  type DerNode,
  DerReader,
  equalBytes,
  equalNames,
  getDigestName,
  readAlgorithm,
  readName,
  readSerial,
  TAG,
} from '@cunzheng/x509';
import { sha1 } from '@noble/hashes/legacy.js';
import { type Attributes } from './attributes.js';
import { TimestampError } from './errors.js';
import { TSP_OID } from './oids.js';

const DIRECTORY_NAME = context(4);

/** Throws X509Error `structure-invalid`, TimestampError `signed-attributes` or `certificate-id-mismatch`. */
export function requireCertificateId(
  crypto: CryptoSuite,
  attributes: Attributes,
  certificate: Certificate,
): void {
  const first = attributes.get(TSP_OID.signingCertificate);
  const second = attributes.get(TSP_OID.signingCertificateV2);
  if (first === undefined && second === undefined) {
    throw new TimestampError('signed-attributes', 'no signed attribute names the certificate');
  }
  if (first !== undefined) requireId(firstId(first), () => sha1, certificate);
  if (second !== undefined) requireId(firstId(second), (id) => readHash(crypto, id), certificate);
}

/** The first identifier of SigningCertificate is the signer's; those after it only limit the chain. */
function firstId(attribute: DerNode): DerReader {
  const reader = new DerReader(attribute, 'signing certificate');
  return reader.sequence('identifiers').sequence('identifier');
}

type Hash = (bytes: Uint8Array) => Uint8Array;

function requireId(id: DerReader, hashOf: (id: DerReader) => Hash, certificate: Certificate): void {
  const hash = hashOf(id);
  const fits = equalBytes(id.octets('hash'), hash(certificate.bytes));
  const issuerFits = !id.hasMore || fitsIssuer(id.sequence('issuer and serial number'), certificate);
  id.end();
  if (fits && issuerFits) return;
  throw new TimestampError('certificate-id-mismatch', 'the token was signed under another certificate');
}

/** `hashAlgorithm AlgorithmIdentifier DEFAULT sha256`. */
function readHash(crypto: CryptoSuite, id: DerReader): Hash {
  const name = id.peek(TAG.sequence) ? getDigestName(readAlgorithm(id.any('hash algorithm')).oid) : 'sha-256';
  if (name === undefined || !crypto.isDigestName(name)) {
    throw new TimestampError('algorithm-unsupported', 'the certificate is named by a hash that is not taken');
  }
  return (bytes) => crypto.digest(name).hash(bytes);
}

function fitsIssuer(reader: DerReader, { issuer, serialNumber }: Certificate): boolean {
  const names = reader.sequence('issuer').rest((node) => node);
  const serial = readSerial(reader);
  reader.end();
  const directoryNames = names.flatMap(({ tag, children }) => (tag === DIRECTORY_NAME ? children : []));
  const isNamed = directoryNames.some((name) => equalNames(readName(name), issuer));
  return isNamed && equalBytes(serial, serialNumber);
}
