/**
 * A crypto suite: the algorithms under their names. Names come out of files that others wrote, so the lookup by name is
 * also the check that the name is known.
 */
import { type DigestAlgorithm as Digest } from './digest.js';
import { type DigestName } from './digest-list.js';
import { CryptoError } from './errors.js';
import { retiredSignatures, type SignatureName } from './signature-list.js';
import { type PublicKey as Key, type SignatureAlgorithm as Signature } from './signature.js';

export type DigestAlgorithm = Digest<DigestName>;
export type SignatureAlgorithm = Signature<SignatureName>;
export type PublicKey = Key<SignatureName>;

/** Every digest and signature algorithm of the formats, in one implementation. */
export interface CryptoSuite {
  /** The digest algorithm of that name. Throws `digest-unknown`. */
  digest(name: string): DigestAlgorithm;
  /** The signature algorithm of that name. Throws `signature-unknown`. */
  signature(name: string): SignatureAlgorithm;
  isDigestName(name: string): name is DigestName;
  isSignatureName(name: string): name is SignatureName;
  /** Whether the algorithm is retired: it verifies what it signed, and nothing new is to be taken from it. */
  isRetired(name: SignatureName): boolean;
  readonly digestNames: readonly DigestName[];
  readonly signatureNames: readonly SignatureName[];
}

/** The suite of these algorithms. */
export function createSuite(
  digests: readonly DigestAlgorithm[],
  signatures: readonly SignatureAlgorithm[],
  retired: readonly SignatureName[] = retiredSignatures,
): CryptoSuite {
  const digestByName = new Map<string, DigestAlgorithm>(digests.map((digest) => [digest.name, digest]));
  const signatureByName = new Map<string, SignatureAlgorithm>(
    signatures.map((signature) => [signature.name, signature]),
  );
  const digestNames = digests.map(({ name }) => name);
  const signatureNames = signatures.map(({ name }) => name);
  return {
    digest(name) {
      const digest = digestByName.get(name);
      if (!digest) throw new CryptoError('digest-unknown', unknownName('digest', name, digestNames));
      return digest;
    },
    signature(name) {
      const signature = signatureByName.get(name);
      if (!signature)
        throw new CryptoError('signature-unknown', unknownName('signature', name, signatureNames));
      return signature;
    },
    isDigestName: (name): name is DigestName => digestByName.has(name),
    isSignatureName: (name): name is SignatureName => signatureByName.has(name),
    isRetired: (name) => retired.includes(name),
    digestNames,
    signatureNames,
  };
}

function unknownName(kind: string, name: string, known: readonly string[]): string {
  return `got ${kind} algorithm ${JSON.stringify(name.slice(0, 64))}, want one of ${known.join(', ')}`;
}
