/**
 * The Ed25519 key that a log is opened with: made on first start, before the log is in the database. Whoever holds it can
 * sign in the log's name, so it is never logged and never leaves `KEYS_DIR`.
 */
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { syncDirectory, writeNewFile } from './durable-file.js';

const FILE_NAME = 'log-ed25519.pem';
/** A key whose log is not in the database yet: a crash in between leaves it for the next start. */
const NEW_FILE_NAME = 'log-ed25519.pem.new';

/**
 * Makes the key of a log that is about to be opened. A log without its key would sign in vain; a key without its log means
 * that the database is not the one the key has signed for, and opening a log with it would sign a second history under
 * the first one's name.
 *
 * @throws Error saying which file, and what to do.
 */
export function requireOpeningKey(keysDir: string, logIsOpen: boolean): void {
  const kept = join(keysDir, FILE_NAME);
  const fresh = join(keysDir, NEW_FILE_NAME);
  if (existsSync(kept) && !logIsOpen) {
    throw new Error(
      `${kept} is the key of a log that this database does not know: restore the database, or move the key away to open another log`,
    );
  }
  if (existsSync(kept) || existsSync(fresh)) return;
  if (logIsOpen) {
    throw new Error(
      `${kept} is missing, but the log is open already: restore the key from its backup (KEYS_DIR)`,
    );
  }
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeNewFile(fresh, pem as string);
}

/** The log is in the database: its key is no longer a new one. */
export function keepLogKey(keysDir: string): void {
  const fresh = join(keysDir, NEW_FILE_NAME);
  if (!existsSync(fresh)) return;
  renameSync(fresh, join(keysDir, FILE_NAME));
  syncDirectory(keysDir);
}
