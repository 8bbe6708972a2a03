/**
 * A signer's private key, read from the PEM file that `keygen` or `openssl genpkey` made. Which statement algorithm it
 * signs with follows from its type; the public half is held to the same rules as at the service.
 */
import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { computeKeyid, CryptoError } from '@cunzheng/crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { type SignerAlgorithm } from '@cunzheng/receipt';
import { CliError } from '../cli-error.js';
import { describeFileError } from '../file-error.js';
import { type Terminal } from '../terminal.js';

const MAX_KEY_FILE_BYTES = 65_536;
const READABLE_BY_OTHERS = 0o077;

export interface SigningKey {
  readonly alg: SignerAlgorithm;
  /** Lower-case hex SHA-256 of `spki`. */
  readonly keyid: string;
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/** @throws CliError `file` | `key`. */
export function loadSigningKey(path: string, terminal: Terminal): SigningKey {
  const { pem, mode } = readKeyFile(path);
  const key = toSigningKey(parsePrivateKey(pem, path), path);
  if (process.platform !== 'win32' && (mode & READABLE_BY_OTHERS) !== 0) {
    terminal.hint(`Warning: others on this machine can read ${path}: chmod 600 ${path}`);
  }
  return key;
}

/** @throws CliError `key` for a key that no statement algorithm signs with. */
export function toSigningKey(privateKey: KeyObject, path: string): SigningKey {
  const alg = algorithmOf(privateKey);
  if (alg === undefined) {
    throw new CliError(
      'key',
      `${path} holds a key of another type: want Ed25519 or P-256 (see cunzheng keygen --alg)`,
    );
  }
  const spki = new Uint8Array(createPublicKey(privateKey).export({ type: 'spki', format: 'der' }));
  try {
    nativeCrypto.signature(alg).importPublicKey(spki);
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    throw new CliError('key', `${path}: ${cause.message}; make a key with cunzheng keygen`, { cause });
  }
  const digest = alg === 'ed25519' ? null : 'sha256';
  return {
    alg,
    keyid: computeKeyid(nativeCrypto, spki),
    spki,
    sign: (message) => sign(digest, message, privateKey),
  };
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): SignerAlgorithm | undefined {
  if (asymmetricKeyType === 'ed25519') return 'ed25519';
  const isP256 = asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1';
  return isP256 ? 'ecdsa-p256-sha256' : undefined;
}

function readKeyFile(path: string): { pem: Buffer; mode: number } {
  try {
    const { mode, size } = statSync(path);
    if (size > MAX_KEY_FILE_BYTES) throw new CliError('key', `${path} is too large for a private key`);
    return { pem: readFileSync(path), mode };
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError('file', describeFileError(path, error), { cause: error });
  }
}

function parsePrivateKey(pem: Buffer, path: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    const encrypted = pem.includes('ENCRYPTED');
    const message = encrypted
      ? 'is encrypted: decrypt it for this command (openssl pkey) and remove the copy afterwards'
      : 'is no private key in PEM: make one with cunzheng keygen';
    throw new CliError('key', `${path} ${message}`, { cause });
  }
}
