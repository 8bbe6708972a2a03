/**
 * X.509 (RFC 5280, RFC 6960) in strict DER: certificates, chains to given anchors at a given time, revocation by supplied
 * evidence. Pure but for WebCrypto, which verifies RSA and ECDSA; runs in browsers and in Node.
 */
export { type AlgorithmIdentifier, hasNoParameters, readAlgorithm } from './algorithm.js';
export { equalBytes, formatSerial } from './bytes.js';
export {
  type Certificate,
  parseCertificate,
  readCertificate,
  readSerial,
  requireKeyUsage,
} from './certificate.js';
export { CHAIN_LIMITS, type ChainRequest, type VerifiedChain, verifyChain } from './chain.js';
export { type Crl, parseCrl, type Revocation } from './crl.js';
export { context, contextPrimitive, DerReader, readOid, readSmallInteger } from './der/der-reader.js';
export { type DerNode } from './der/der-node.js';
export { DER_LIMITS, parseDer } from './der/parse-der.js';
export { parseGeneralizedTime } from './der/time.js';
export { isBitString, isSorted, TAG } from './der/universal.js';
export { X509Error, type X509ErrorCode } from './errors.js';
export {
  type Extensions,
  type KeyUsage,
  readBoolean,
  readExtensions,
  requireKnownCritical,
} from './extensions.js';
export { readDistributionPoints, tryReadDistributionPoints } from './distribution-points.js';
export { equalNames, type Name, readName } from './name.js';
export { getDigestName, getDigestOid, OID } from './oids.js';
export { type OcspResponse, parseOcspResponse } from './ocsp.js';
export { formatPem, parsePem } from './pem.js';
export { type RevocationEvidence, type RevocationRule, verifyRevocation } from './revocation.js';
export { type LimitedSuite, limitSignatures } from './signature-limit.js';
export { createSignerCertificatesVerifier, type SignerCertificatesResult } from './signer-certificates.js';
export { resolveSignatureAlgorithm } from './signature-algorithm.js';
export { verifySignature } from './verify-signature.js';
