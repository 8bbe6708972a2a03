/**
 * A signer's private key, read from the PEM file that `keygen` or `openssl genpkey` made. Which statement algorithm it
 * signs with follows from its type; the public half is held to the same rules as at the service. One file per kind of key:
 * ./openssl-key.ts for what node:crypto signs with, ./sm2-key.ts and ./ml-dsa-key.ts for the others.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { computeKeyid, CryptoError } from '@cunzheng/crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { CliError } from '../cli-error.js';
import { describeFileError } from '../file-error.js';
import { type Terminal } from '../terminal.js';
import { type KeyPair } from './key-pair.js';
import { parseMlDsaKey } from './ml-dsa-key.js';
import { toOpensslKey } from './openssl-key.js';
import { parseSm2Key } from './sm2-key.js';

const MAX_KEY_FILE_BYTES = 65_536;
const READABLE_BY_OTHERS = 0o077;
const PKCS8_PEM = /-----BEGIN PRIVATE KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PRIVATE KEY-----/;

export interface SigningKey extends KeyPair {
  /** Lower-case hex SHA-256 of `spki`. */
  readonly keyid: string;
}

/** @throws CliError `file` | `key`. */
export function loadSigningKey(path: string, terminal: Terminal): SigningKey {
  const { pem, mode } = readKeyFile(path);
  const key = parseSigningKey(pem, path);
  if (process.platform !== 'win32' && (mode & READABLE_BY_OTHERS) !== 0) {
    terminal.hint(`Warning: others on this machine can read ${path}: chmod 600 ${path}`);
  }
  return key;
}

/** @throws CliError `key` for a key that no statement algorithm signs with. */
export function parseSigningKey(pem: string, path: string): SigningKey {
  const der = Buffer.from(PKCS8_PEM.exec(pem)?.[1] ?? '', 'base64');
  const pair = parseSm2Key(der) ?? parseMlDsaKey(der) ?? toOpensslKey(parsePrivateKey(pem, path));
  if (pair === undefined) {
    throw new CliError(
      'key',
      `${path} holds a key of another type: see cunzheng keygen --help for those there are`,
    );
  }
  try {
    nativeCrypto.signature(pair.alg).importPublicKey(pair.spki);
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    throw new CliError('key', `${path}: ${cause.message}; make a key with cunzheng keygen`, { cause });
  }
  return { ...pair, keyid: computeKeyid(nativeCrypto, pair.spki) };
}

function readKeyFile(path: string): { pem: string; mode: number } {
  try {
    const { mode, size } = statSync(path);
    if (size > MAX_KEY_FILE_BYTES) throw new CliError('key', `${path} is too large for a private key`);
    return { pem: readFileSync(path, 'utf8'), mode };
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError('file', describeFileError(path, error), { cause: error });
  }
}

function parsePrivateKey(pem: string, path: string): KeyObject {
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
