/**
 * The keys that values are sealed with, in one file that is never in the database: numbered AES-256 keys, of which the
 * highest seals and all open, and one key for lookups, which stays. Rotating adds a key; none is ever removed, because
 * backups need them.
 */
import { createHmac, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { PersistenceError } from '../persistence-error.js';

export const VALUE_KEYS_FILE = 'value-keys.json';

const FORMAT = 'cunzheng/value-keys@v1';
const KEY_BYTES = 32;
/** Key numbers take two bytes in a sealed value. */
const MAX_KEY = 65_535;

export interface ValueKeys {
  /** Keys by their number, from 1. */
  readonly keys: ReadonlyMap<number, KeyObject>;
  /** The number of the key that seals. */
  readonly newest: number;
  /** Makes keyed hashes of what must be found by equality. */
  readonly lookup: KeyObject;
}

interface KeysFile {
  readonly format: string;
  readonly keys: Readonly<Record<string, string>>;
  readonly lookup: string;
}

/** Reads the file in `directory`. @throws PersistenceError `value-keys-missing` | `value-keys-invalid`. */
export function loadValueKeys(directory: string): ValueKeys {
  const path = join(directory, VALUE_KEYS_FILE);
  if (!existsSync(path)) {
    throw new PersistenceError(
      'value-keys-missing',
      `${path} is missing: restore it from its backup, or for a new installation make it with "cunzheng admin value-key create" (VALUE_KEYS_DIR)`,
    );
  }
  const { mode } = statSync(path);
  if ((mode & 0o077) !== 0)
    throw new PersistenceError('value-keys-invalid', `${path} can be read by others: chmod 600 it`);
  return parseValueKeys(readFileSync(path, 'utf8'), path);
}

/** Makes the file with a first key unless it is there. Returns whether it was made. */
export function createValueKeys(directory: string): boolean {
  const path = join(directory, VALUE_KEYS_FILE);
  if (existsSync(path)) return false;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const fresh = writeTemporary(path, { format: FORMAT, keys: { 1: newKey() }, lookup: newKey() });
  try {
    // Unlike a rename, a link does not replace what another process has made meanwhile.
    linkSync(fresh, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(fresh);
    syncDirectory(directory);
  }
}

/** Adds a key, with which everything is sealed from then on. Returns its number. */
export function addValueKey(directory: string): number {
  const { newest } = loadValueKeys(directory);
  const path = join(directory, VALUE_KEYS_FILE);
  const file = JSON.parse(readFileSync(path, 'utf8')) as KeysFile;
  if (newest >= MAX_KEY) throw new PersistenceError('value-keys-invalid', `${path} is full`);
  renameSync(writeTemporary(path, { ...file, keys: { ...file.keys, [newest + 1]: newKey() } }), path);
  syncDirectory(directory);
  return newest + 1;
}

/** Shows which key it is without showing the key. */
export function proveValueKey(key: KeyObject): Buffer {
  return createHmac('sha256', key).update('cunzheng/value-key-proof@v1').digest();
}

function parseValueKeys(text: string, path: string): ValueKeys {
  const refuse = (what: string): never => {
    throw new PersistenceError('value-keys-invalid', `${path} ${what}: restore it from its backup`);
  };
  let file: Partial<KeysFile>;
  try {
    file = JSON.parse(text) as Partial<KeysFile>;
  } catch {
    return refuse('is no JSON');
  }
  if (file.format !== FORMAT) refuse(`is not ${FORMAT}`);
  const keys = new Map(Object.entries(file.keys ?? {}).map(([id, key]) => [parseId(id), parseKey(key)]));
  const lookup = parseKey(file.lookup);
  const complete = [...keys].every(([id, key]) => id !== undefined && key !== undefined);
  if (keys.size === 0 || !complete || lookup === undefined) return refuse('has a key that is none');
  const known = keys as Map<number, KeyObject>;
  return { keys: known, newest: Math.max(...known.keys()), lookup };
}

function parseId(text: string): number | undefined {
  const id = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : MAX_KEY + 1;
  return id <= MAX_KEY ? id : undefined;
}

function parseKey(base64: unknown): KeyObject | undefined {
  const bytes = Buffer.from(typeof base64 === 'string' ? base64 : '', 'base64');
  return bytes.length === KEY_BYTES ? createSecretKey(bytes) : undefined;
}

const newKey = (): string => randomBytes(KEY_BYTES).toString('base64');

function writeTemporary(path: string, content: KeysFile): string {
  const fresh = `${path}.${randomBytes(6).toString('hex')}.new`;
  const file = openSync(fresh, 'wx', 0o600);
  writeSync(file, `${JSON.stringify(content, null, 2)}\n`);
  fsyncSync(file);
  closeSync(file);
  return fresh;
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  fsyncSync(directory);
  closeSync(directory);
}
