/**
 * The algorithm registry: digests and signature verification by name, one file per algorithm. Pure: runs in browsers;
 * `@cunzheng/crypto/node` is the same registry at native speed.
 */
export { type Hasher } from './digest.js';
export { type DigestName } from './digest-list.js';
export { CryptoError, type CryptoErrorCode } from './errors.js';
export { computeKeyid } from './keyid.js';
export { portableCrypto } from './portable.js';
export {
  type SignatureName,
  statementSignatureNames,
  type StatementSignatureName,
} from './signature-list.js';
export { type CryptoSuite, type DigestAlgorithm, type PublicKey, type SignatureAlgorithm } from './suite.js';
