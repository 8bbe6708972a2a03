/**
 * The private keys in `KEYS_DIR`: PKCS#8 in PEM, readable by their owner alone, opened by this process and no other. A key
 * is on disk, durably, before a log announces it; one that was made and not announced yet, as a crash leaves it, is used
 * at the next try.
 *
 *     log-ed25519.pem           the key that the log was opened with
 *     log-<alg>.pem.next        made for a change of key that is under way
 *     log-<alg>-<keyid>.pem     announced by such a change
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { formatVerifierKey, parseVerifierKey, type VerifierKey } from '@cunzheng/receipt';
import { syncDirectory, writeNewFile } from './durable-file.js';

export type LogAlgorithm = 'ed25519' | 'ml-dsa-44';

export interface SigningKey {
  readonly verifierKey: VerifierKey;
  /** The signature over `message`; the same one every time. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

const FILE = /^log-(ed25519|ml-dsa-44)(?:-[0-9a-f]{8})?\.pem(?:\.next|\.new)?$/;
const SEED_BYTES = 32;
/** PKCS#8 with the seed alone, RFC 9881 §6. */
const ML_DSA_44_PKCS8 = Buffer.from('3034020100300b060960864801650304031104228020', 'hex');

/** Every key in the folder as one of the log `origin`. @throws Error saying which file is no key. */
export function readKeyFiles(keysDir: string, origin: string): SigningKey[] {
  if (!existsSync(keysDir)) return [];
  return readdirSync(keysDir)
    .filter((name) => FILE.test(name))
    .map((name) => readKeyFile(join(keysDir, name), FILE.exec(name)?.[1] as LogAlgorithm, origin));
}

/** The vkey that the log `origin` is, or was, opened with. @throws Error if the folder does not have it. */
export function readOpeningKey(keysDir: string, origin: string): string {
  const path = ['log-ed25519.pem', 'log-ed25519.pem.new'].map((name) => join(keysDir, name)).find(existsSync);
  if (path === undefined) throw new Error(`there is no key to open ${origin} with in ${keysDir}`);
  return readEd25519(path, origin).verifierKey.vkey;
}

/** The key that the next change announces, made unless a crash left it. */
export function prepareNextKey(keysDir: string, algorithm: LogAlgorithm, origin: string): SigningKey {
  const path = join(keysDir, `log-${algorithm}.pem.next`);
  if (!existsSync(path)) writeNewFile(path, makeKey(algorithm));
  return readKeyFile(path, algorithm, origin);
}

/** The change is in the database: its keys are no longer the next ones. */
export function keepNextKeys(keysDir: string, origin: string, announced: readonly string[]): void {
  for (const algorithm of ['ed25519', 'ml-dsa-44'] as const) {
    const path = join(keysDir, `log-${algorithm}.pem.next`);
    if (!existsSync(path)) continue;
    const { vkey, keyHash } = readKeyFile(path, algorithm, origin).verifierKey;
    if (!announced.includes(vkey)) continue;
    renameSync(path, join(keysDir, `log-${algorithm}-${keyHash}.pem`));
    syncDirectory(keysDir);
  }
}

function makeKey(algorithm: LogAlgorithm): string {
  if (algorithm === 'ed25519')
    return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const der = Buffer.concat([ML_DSA_44_PKCS8, randomBytes(SEED_BYTES)]).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${der.replace(/.{64}(?!$)/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;
}

function readKeyFile(path: string, algorithm: LogAlgorithm, origin: string): SigningKey {
  return algorithm === 'ed25519' ? readEd25519(path, origin) : readMlDsa44(path, origin);
}

function readEd25519(path: string, origin: string): SigningKey {
  const privateKey = createPrivateKey(readFileSync(path));
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error(`${path} is no Ed25519 key`);
  // The last 32 bytes of an Ed25519 SubjectPublicKeyInfo are the key (RFC 8410 §4).
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).subarray(-32);
  const vkey = formatVerifierKey(nativeCrypto, origin, 'ed25519', publicKey);
  return {
    verifierKey: parseVerifierKey(nativeCrypto, vkey),
    sign: (message) => sign(null, message, privateKey),
  };
}

function readMlDsa44(path: string, origin: string): SigningKey {
  const [, base64 = ''] =
    /-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/.exec(readFileSync(path, 'latin1')) ?? [];
  const der = Buffer.from(base64, 'base64');
  const header = der.subarray(0, ML_DSA_44_PKCS8.length);
  if (!header.equals(ML_DSA_44_PKCS8) || der.length !== header.length + SEED_BYTES)
    throw new Error(`${path} is no ML-DSA-44 key with its seed alone`);
  const { publicKey, secretKey } = ml_dsa44.keygen(der.subarray(-SEED_BYTES));
  const vkey = formatVerifierKey(nativeCrypto, origin, 'subtree/v1', publicKey);
  return {
    verifierKey: parseVerifierKey(nativeCrypto, vkey),
    // Deterministic (FIPS 204 §3.4): a checkpoint that is signed again after a crash is the same note.
    sign: (message) => ml_dsa44.sign(message, secretKey, { extraEntropy: false }),
  };
}
