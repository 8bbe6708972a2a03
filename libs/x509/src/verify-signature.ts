/**
 * Signatures of certificates, lists, responses and tokens. RSA and ECDSA are the platform's WebCrypto, in browsers as in
 * Node: native, off the event loop, and not ours to get wrong. Encodings of keys and signatures are checked here first, so
 * that every platform is asked the same question. Ed25519 and SM2, which WebCrypto lacks in places, are @cunzheng/crypto's.
 */
import { CryptoError } from '@cunzheng/crypto';
import { type SubjectPublicKeyInfo } from './algorithm.js';
import { DerReader, readOid } from './der/der-reader.js';
import { TAG } from './der/universal.js';
import { X509Error } from './errors.js';
import { OID } from './oids.js';
import { readRsaKey } from './rsa-key.js';
import { type SignatureAlgorithm } from './signature-algorithm.js';
import { type LimitedSuite, requireSignatureLeft } from './signature-limit.js';

export interface SignatureInput {
  readonly algorithm: SignatureAlgorithm;
  readonly publicKey: SubjectPublicKeyInfo;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

const CURVES = new Map<string, { namedCurve: string; sizeBytes: number }>([
  [OID.p256, { namedCurve: 'P-256', sizeBytes: 32 }],
  [OID.p384, { namedCurve: 'P-384', sizeBytes: 48 }],
  [OID.p521, { namedCurve: 'P-521', sizeBytes: 66 }],
]);

/** False for a signature that does not verify or is malformed. Throws `algorithm-unsupported`, `key-invalid`, `webcrypto-missing`, `signature-limit`. */
export async function verifySignature(crypto: LimitedSuite, input: SignatureInput): Promise<boolean> {
  requireSignatureLeft(crypto);
  const { algorithm } = input;
  if (algorithm.kind === 'suite') return verifyWithSuite(crypto, algorithm.name, input);
  if (algorithm.kind === 'ecdsa') return verifyEcdsa(algorithm.digest, input);
  const { spki, modulusBytes } = readRsaKey(input.publicKey);
  if (input.signature.length !== modulusBytes) return false;
  return algorithm.kind === 'rsa-pss'
    ? verifyWeb(
        { name: 'RSA-PSS', hash: algorithm.digest, saltLength: algorithm.saltLength },
        { ...input, spki },
      )
    : verifyWeb({ name: 'RSASSA-PKCS1-v1_5', hash: algorithm.digest }, { ...input, spki });
}

function verifyWithSuite(
  crypto: LimitedSuite,
  name: string,
  { publicKey, message, signature }: SignatureInput,
): boolean {
  try {
    const scheme = crypto.signature(name);
    return scheme.verify(scheme.importPublicKey(publicKey.bytes), message, signature);
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    const code = cause.code === 'key-invalid' ? 'key-invalid' : 'algorithm-unsupported';
    throw new X509Error(code, cause.message, { cause });
  }
}

async function verifyEcdsa(
  hash: string,
  { publicKey, message, signature }: SignatureInput,
): Promise<boolean> {
  const { namedCurve, sizeBytes } = readCurve(publicKey);
  const compact = readEcdsaSignature(signature, sizeBytes);
  if (compact === undefined) return false;
  return verifyWeb(
    { name: 'ECDSA', hash, namedCurve },
    { spki: publicKey.bytes, message, signature: compact },
  );
}

function readCurve({ algorithm, key }: SubjectPublicKeyInfo): { namedCurve: string; sizeBytes: number } {
  const { oid, parameters } = algorithm;
  const curve = parameters?.tag === TAG.oid ? CURVES.get(readOid(parameters.content)) : undefined;
  if (oid !== OID.ecPublicKey || curve === undefined) {
    throw new X509Error('algorithm-unsupported', `got a key of ${oid}, want one on P-256, P-384 or P-521`);
  }
  if (key.length !== 1 + 2 * curve.sizeBytes || key[0] !== 4) {
    throw new X509Error('key-invalid', 'got a compressed or cut point, want an uncompressed one');
  }
  return curve;
}

/** r ‖ s of Ecdsa-Sig-Value (RFC 3279 §2.2.3), each `sizeBytes` long; undefined unless it is strict DER in range. */
function readEcdsaSignature(signature: Uint8Array, sizeBytes: number): Uint8Array | undefined {
  try {
    const reader = DerReader.parse(signature, 'signature');
    const compact = new Uint8Array(2 * sizeBytes);
    for (const end of [sizeBytes, 2 * sizeBytes]) {
      const integer = reader.integer('scalar');
      if ((integer[0] ?? 0x80) >= 0x80) return undefined;
      const magnitude = integer[0] === 0 ? integer.subarray(1) : integer;
      if (magnitude.length > sizeBytes) return undefined;
      compact.set(magnitude, end - magnitude.length);
    }
    reader.end();
    return compact;
  } catch (error) {
    if (error instanceof X509Error) return undefined;
    throw error;
  }
}

interface WebInput {
  readonly spki: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

interface WebAlgorithm {
  readonly name: string;
  readonly hash: string;
  readonly namedCurve?: string;
  readonly saltLength?: number;
}

async function verifyWeb(algorithm: WebAlgorithm, { spki, message, signature }: WebInput): Promise<boolean> {
  const subtle = getSubtle();
  const key = await subtle
    .importKey('spki', new Uint8Array(spki), algorithm, false, ['verify'])
    .catch((cause: unknown) => {
      throw new X509Error('key-invalid', `got a key that cannot be used for ${algorithm.name}`, { cause });
    });
  return subtle.verify(algorithm, key, new Uint8Array(signature), new Uint8Array(message));
}

function getSubtle(): typeof crypto.subtle {
  // Pages that were loaded over plain HTTP have no WebCrypto, whatever the types say.
  const platform = (globalThis as { crypto?: typeof crypto | undefined }).crypto as
    { subtle?: typeof crypto.subtle } | undefined;
  if (platform?.subtle === undefined) {
    throw new X509Error(
      'webcrypto-missing',
      'this platform has no WebCrypto, or the page was not loaded securely',
    );
  }
  return platform.subtle;
}
