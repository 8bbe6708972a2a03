/**
 * The key a witness cosigns with: made on the first start, in a PEM file of its owner's. PKCS#8 that holds the 32-byte
 * seed and nothing else, Ed25519 by RFC 8410 §7 and ML-DSA-44 by RFC 9881 §6, so openssl (3.5 for the latter) reads it.
 * The vkey's type says what is signed: C2SP tlog-cosignature, 0x04 and 0x06.
 */
import { createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { writeFileDurably } from '@cunzheng/ledger/node';
import {
  formatVerifierKey,
  parseVerifierKey,
  ReceiptError,
  type SignMessage,
  type VerifierKey,
  type VerifierKeyType,
} from '@cunzheng/receipt';
import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';
import { CliError } from '../cli-error.js';
import { describeFileError } from '../file-error.js';
import { type Terminal } from '../terminal.js';

export const WITNESS_ALGORITHMS = ['ed25519', 'ml-dsa-44'] as const;
export type WitnessAlgorithm = (typeof WITNESS_ALGORITHMS)[number];

export interface WitnessKey {
  readonly verifierKey: VerifierKey;
  readonly sign: SignMessage;
}

interface KeyPair {
  /** Raw, as vkeys hold it. */
  readonly publicKey: Uint8Array;
  readonly sign: SignMessage;
}

interface Algorithm {
  readonly keyType: VerifierKeyType;
  /** DER before the seed. */
  readonly pkcs8Header: Buffer;
  fromSeed(seed: Uint8Array, der: Buffer): KeyPair;
}

const SEED_BYTES = 32;
const MAX_KEY_FILE_BYTES = 65_536;
const READABLE_BY_OTHERS = 0o077;

const ALGORITHMS: Readonly<Record<WitnessAlgorithm, Algorithm>> = {
  ed25519: {
    keyType: 'cosignature/v1',
    pkcs8Header: Buffer.from('302e020100300506032b657004220420', 'hex'),
    fromSeed(_, der) {
      const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
      const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
      return { publicKey: spki.subarray(-32), sign: (message) => sign(null, message, privateKey) };
    },
  },
  'ml-dsa-44': {
    keyType: 'subtree/v1',
    pkcs8Header: Buffer.from('3034020100300b060960864801650304031104228020', 'hex'),
    fromSeed(seed) {
      const { publicKey, secretKey } = ml_dsa44.keygen(seed);
      return { publicKey, sign: (message) => ml_dsa44.sign(message, secretKey) };
    },
  },
};

/** The key in the file, under the witness's name. `alg` must fit if it is given. @throws CliError `file` | `key` | `usage`. */
export function loadWitnessKey(
  path: string,
  name: string,
  alg: WitnessAlgorithm | undefined,
  terminal: Terminal,
): WitnessKey {
  const der = readKeyFile(path, terminal);
  const found = WITNESS_ALGORITHMS.find((candidate) => isKeyOf(ALGORITHMS[candidate], der));
  if (found === undefined) {
    throw new CliError(
      'key',
      `${path} holds no key a witness can use: want PKCS#8 in PEM with an Ed25519 key, or with the seed alone of ML-DSA-44`,
    );
  }
  if (alg !== undefined && alg !== found) {
    throw new CliError('key', `${path} holds a key of ${found}, --alg is ${alg}: choose another --key`);
  }
  return toWitnessKey(name, ALGORITHMS[found], der);
}

/** Makes a key file, durably, readable by its owner alone. Nothing may be at `path`. @throws LedgerError `io-fatal`. */
export async function createWitnessKey(path: string, alg: WitnessAlgorithm): Promise<void> {
  const der = Buffer.concat([ALGORITHMS[alg].pkcs8Header, randomBytes(SEED_BYTES)]);
  const base64 = der.toString('base64').replace(/.{64}(?!$)/g, '$&\n');
  const pem = `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`;
  await writeFileDurably(path, Buffer.from(pem), { mode: 0o600 });
}

function toWitnessKey(name: string, algorithm: Algorithm, der: Buffer): WitnessKey {
  const { publicKey, sign } = algorithm.fromSeed(der.subarray(-SEED_BYTES), der);
  try {
    const vkey = formatVerifierKey(nativeCrypto, name, algorithm.keyType, publicKey);
    return { verifierKey: parseVerifierKey(nativeCrypto, vkey), sign };
  } catch (cause) {
    if (!(cause instanceof ReceiptError)) throw cause;
    throw new CliError('usage', `--name cannot name a witness: ${cause.message}`, { cause });
  }
}

function isKeyOf({ pkcs8Header }: Algorithm, der: Buffer): boolean {
  return (
    der.length === pkcs8Header.length + SEED_BYTES && der.subarray(0, pkcs8Header.length).equals(pkcs8Header)
  );
}

/** The DER in the file; empty when there is no PEM of a private key. */
function readKeyFile(path: string, terminal: Terminal): Buffer {
  try {
    const { mode, size } = statSync(path);
    if (size > MAX_KEY_FILE_BYTES) throw new CliError('key', `${path} is too large for a private key`);
    if (process.platform !== 'win32' && (mode & READABLE_BY_OTHERS) !== 0) {
      terminal.hint(`Warning: others on this machine can read ${path}: chmod 600 ${path}`);
    }
    const [, base64 = ''] =
      /-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----/.exec(
        readFileSync(path, 'latin1'),
      ) ?? [];
    return Buffer.from(base64, 'base64');
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError('file', describeFileError(path, error), { cause: error });
  }
}
