/**
 * Which algorithm a signature is made with: RFC 4055 and RFC 8017 for RSA, RFC 5758 for ECDSA, RFC 8410 for Ed25519,
 * GM/T 0015 for SM2. CMS names RSA without a digest and gives that beside it (RFC 3370 §3.2). SHA-1 and MD5 are not taken.
 */
import { type AlgorithmIdentifier, hasNoParameters, readAlgorithm } from './algorithm.js';
import { context, DerReader, readSmallInteger } from './der/der-reader.js';
import { type DerNode } from './der/der-node.js';
import { TAG } from './der/universal.js';
import { X509Error } from './errors.js';
import { getDigestName, OID } from './oids.js';

export type WebDigest = 'SHA-256' | 'SHA-384' | 'SHA-512';

export type SignatureAlgorithm =
  | { readonly kind: 'rsa-pkcs1v15'; readonly digest: WebDigest }
  | { readonly kind: 'rsa-pss'; readonly digest: WebDigest; readonly saltLength: number }
  | { readonly kind: 'ecdsa'; readonly digest: WebDigest }
  /** An algorithm of @cunzheng/crypto, which hashes for itself. */
  | { readonly kind: 'suite'; readonly name: 'ed25519' | 'sm2-sm3' };

const WEB_DIGESTS = new Map<string | undefined, WebDigest>([
  ['sha-256', 'SHA-256'],
  ['sha-384', 'SHA-384'],
  ['sha-512', 'SHA-512'],
]);

const FIXED = new Map<string, SignatureAlgorithm>([
  [OID.sha256WithRsa, { kind: 'rsa-pkcs1v15', digest: 'SHA-256' }],
  [OID.sha384WithRsa, { kind: 'rsa-pkcs1v15', digest: 'SHA-384' }],
  [OID.sha512WithRsa, { kind: 'rsa-pkcs1v15', digest: 'SHA-512' }],
  [OID.ecdsaWithSha256, { kind: 'ecdsa', digest: 'SHA-256' }],
  [OID.ecdsaWithSha384, { kind: 'ecdsa', digest: 'SHA-384' }],
  [OID.ecdsaWithSha512, { kind: 'ecdsa', digest: 'SHA-512' }],
  [OID.ed25519, { kind: 'suite', name: 'ed25519' }],
  [OID.sm2WithSm3, { kind: 'suite', name: 'sm2-sm3' }],
]);

/** `digest` is the digest algorithm that CMS states beside the signature's. Throws `algorithm-unsupported`. */
export function resolveSignatureAlgorithm(
  algorithm: AlgorithmIdentifier,
  digest?: AlgorithmIdentifier,
): SignatureAlgorithm {
  const resolved = resolve(algorithm, digest);
  const stated = digest === undefined ? undefined : webDigest(digest);
  if (stated !== undefined && 'digest' in resolved && resolved.digest !== stated) {
    throw unsupported(`${resolved.digest} for the signature and ${stated} beside it`);
  }
  return resolved;
}

function resolve(algorithm: AlgorithmIdentifier, digest?: AlgorithmIdentifier): SignatureAlgorithm {
  if (algorithm.oid === OID.rsaPss) return readPss(algorithm);
  if (!hasNoParameters(algorithm)) throw unsupported('parameters where there are none');
  const fixed = FIXED.get(algorithm.oid);
  if (fixed !== undefined) return fixed;
  const stated = digest === undefined ? undefined : webDigest(digest);
  if (stated !== undefined && algorithm.oid === OID.rsaEncryption)
    return { kind: 'rsa-pkcs1v15', digest: stated };
  if (stated !== undefined && algorithm.oid === OID.ecPublicKey) return { kind: 'ecdsa', digest: stated };
  throw unsupported(`signature algorithm ${algorithm.oid}`);
}

/** RSASSA-PSS-params, RFC 4055 §3.1: the same digest for the message and the mask; the default is SHA-1, hence refused. */
function readPss({ parameters }: AlgorithmIdentifier): SignatureAlgorithm {
  if (parameters === undefined) throw unsupported('RSASSA-PSS with SHA-1');
  const reader = new DerReader(parameters, 'RSASSA-PSS parameters');
  const digest = webDigest(readAlgorithm(explicit(reader, 0)));
  const mask = new DerReader(explicit(reader, 1), 'mask generation');
  const maskOid = mask.oid('function');
  const maskDigest = webDigest(readAlgorithm(mask.any('digest')));
  mask.end();
  const saltLength = readSmallInteger(explicit(reader, 2, TAG.integer).content, 'salt length');
  reader.end();
  if (digest === undefined || maskDigest !== digest || maskOid !== OID.mgf1 || saltLength > 64) {
    throw unsupported('RSASSA-PSS with unusual digests, mask or salt');
  }
  return { kind: 'rsa-pss', digest, saltLength };
}

function explicit(reader: DerReader, number: number, tag: number = TAG.sequence): DerNode {
  const inner = reader.optional(context(number))?.children[0];
  if (inner?.tag !== tag) throw unsupported('RSASSA-PSS with a default of SHA-1');
  return inner;
}

function webDigest(algorithm: AlgorithmIdentifier): WebDigest | undefined {
  return hasNoParameters(algorithm) ? WEB_DIGESTS.get(getDigestName(algorithm.oid)) : undefined;
}

function unsupported(got: string): X509Error {
  return new X509Error(
    'algorithm-unsupported',
    `got ${got}, want RSA or ECDSA with SHA-256, SHA-384 or SHA-512`,
  );
}
