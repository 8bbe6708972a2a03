/**
 * The log's Ed25519 key: made on first start, readable by its owner alone, opened by this process and no other. It
 * signs checkpoints; whoever holds it can sign in the log's name, so it is never logged and never leaves `KEYS_DIR`.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

const FILE_NAME = 'log-ed25519.pem';
/** A key whose log is not in the database yet: a crash in between leaves it for the next start. */
const NEW_FILE_NAME = 'log-ed25519.pem.new';

export interface LogKey {
  /** 32 bytes, RFC 8032. */
  readonly publicKey: Uint8Array;
  /** Ed25519 signature over `message`, 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

/**
 * Reads the key of the open log, or makes one for a log that is about to be opened. A log without its key would sign in
 * vain; a key without its log means that the database is not the one the key has signed for, and opening a log with it
 * would sign a second history under the first one's name.
 *
 * @throws Error saying which file, and what to do.
 */
export function loadLogKey(keysDir: string, logIsOpen: boolean): LogKey {
  const kept = join(keysDir, FILE_NAME);
  const fresh = join(keysDir, NEW_FILE_NAME);
  if (existsSync(kept) && !logIsOpen) {
    throw new Error(
      `${kept} is the key of a log that this database does not know: restore the database, or move the key away to open another log`,
    );
  }
  if (!existsSync(kept) && !existsSync(fresh)) {
    if (logIsOpen) {
      throw new Error(
        `${kept} is missing, but the log is open already: restore the key from its backup (KEYS_DIR)`,
      );
    }
    createKey(keysDir, fresh);
  }
  const path = existsSync(kept) ? kept : fresh;
  const privateKey = createPrivateKey(readFileSync(path));
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error(`${path} is no Ed25519 key`);
  return { publicKey: rawPublicKey(privateKey), sign: (message) => sign(null, message, privateKey) };
}

/** The log is in the database: its key is no longer a new one. */
export function keepLogKey(keysDir: string): void {
  const fresh = join(keysDir, NEW_FILE_NAME);
  if (!existsSync(fresh)) return;
  renameSync(fresh, join(keysDir, FILE_NAME));
  syncDirectory(keysDir);
}

function createKey(keysDir: string, path: string): void {
  mkdirSync(keysDir, { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  // Whole or not at all: half a key would stop every further start.
  const temporary = `${path}.tmp`;
  rmSync(temporary, { force: true });
  const file = openSync(temporary, 'wx', 0o600);
  writeSync(file, pem as string);
  fsyncSync(file);
  closeSync(file);
  renameSync(temporary, path);
  syncDirectory(keysDir);
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  fsyncSync(directory);
  closeSync(directory);
}

/** The last 32 bytes of an Ed25519 SubjectPublicKeyInfo are the key (RFC 8410 §4). */
function rawPublicKey(privateKey: KeyObject): Uint8Array {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).subarray(-32);
}
