/**
 * The log's Ed25519 key: made on first start, readable by its owner alone, opened by this process and no other. It
 * signs checkpoints; whoever holds it can sign in the log's name, so it is never logged and never leaves `KEYS_DIR`.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const FILE_NAME = 'log-ed25519.pem';

export interface LogKey {
  /** 32 bytes, RFC 8032. */
  readonly publicKey: Uint8Array;
  /** Ed25519 signature over `message`, 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

/**
 * Reads the key, or makes it when the folder has none and `mayCreate` says that the log has not been opened yet: a new
 * key for an old log would sign in vain.
 */
export function loadLogKey(keysDir: string, mayCreate: boolean): LogKey {
  const path = join(keysDir, FILE_NAME);
  if (!existsSync(path)) {
    if (!mayCreate) {
      throw new Error(
        `${path} is missing, but the log is open already: restore the key from its backup (KEYS_DIR)`,
      );
    }
    createKey(keysDir, path);
  }
  const privateKey = createPrivateKey(readFileSync(path));
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error(`${path} is no Ed25519 key`);
  return { publicKey: rawPublicKey(privateKey), sign: (message) => sign(null, message, privateKey) };
}

function createKey(keysDir: string, path: string): void {
  mkdirSync(keysDir, { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const file = openSync(path, 'wx', 0o600);
  writeSync(file, pem);
  fsyncSync(file);
  closeSync(file);
  const directory = openSync(keysDir, 'r');
  fsyncSync(directory);
  closeSync(directory);
}

/** The last 32 bytes of an Ed25519 SubjectPublicKeyInfo are the key (RFC 8410 §4). */
function rawPublicKey(privateKey: KeyObject): Uint8Array {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).subarray(-32);
}
