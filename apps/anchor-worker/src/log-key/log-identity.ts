/**
 * Which logs this worker writes, and with which keys. The database knows which log takes records; `LOG_ORIGIN` names the
 * first one, and in development a random name is made once and kept. An origin that this database has never heard of
 * refuses to start, and so does a log without the key that signs it now.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseOrigin } from '@cunzheng/ledger';
import { insertLog, listLogStates, readLogKeys, type LogState, type NewLog } from '@cunzheng/persistence';
import { type Settings } from '@cunzheng/settings';
import { type ClientBase, type Pool } from 'pg';
import { readOpeningKey } from './key-files.js';
import { keepLogKey, requireOpeningKey } from './log-key.js';
import { LogKeys } from './log-keys.js';

export interface LogIdentity {
  readonly id: number;
  readonly name: string;
  readonly origin: string;
  readonly keys: LogKeys;
}

/** Serialises two workers that open the first log at once. */
const OPEN_LOG_LOCK = 0x435a4f4c;
/** A key with this name has been in use; see key-files.ts. */
const OPENED_KEY = 'log-ed25519.pem';

/**
 * Makes sure that a log takes records: the one that does, or a first one. `warn` is told when `LOG_ORIGIN` is behind.
 *
 * @throws Error naming the setting when origin or key do not fit the open log.
 */
export async function establishLog(
  pool: Pool,
  settings: Settings,
  warn: (message: string) => void,
): Promise<LogIdentity> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [OPEN_LOG_LOCK]);
    const states = await listLogStates(client);
    const open = states.find(({ isClosing, isClosed }) => !isClosing && !isClosed);
    if (open) {
      checkOrigin(settings.LOG_ORIGIN ?? open.origin, open, states, warn);
      return await identifyLog(client, settings.KEYS_DIR, open);
    }
    const origin = settings.LOG_ORIGIN ?? `localhost/logs/dev-${randomBytes(4).toString('hex')}`;
    requireOpeningKey(settings.KEYS_DIR, false);
    const { name } = parseOrigin(origin);
    const id = await insertLog(client, {
      name,
      origin,
      verifierKey: readOpeningKey(settings.KEYS_DIR, origin),
    });
    const keys = new LogKeys(settings.KEYS_DIR, origin);
    keys.replace(await readLogKeys(client, id));
    await client.query('COMMIT');
    keepLogKey(settings.KEYS_DIR);
    return { id, name, origin, keys };
  } finally {
    // Ends the transaction if it is still open.
    client.release(true);
  }
}

/** A log that the database knows. @throws Error naming the key that is missing. */
export async function identifyLog(
  client: Pick<ClientBase, 'query'>,
  keysDir: string,
  { id, name, origin }: Pick<LogState, 'id' | 'name' | 'origin'>,
): Promise<LogIdentity> {
  const folder = keysFolder(keysDir, name);
  const keys = new LogKeys(folder, origin);
  const windows = await readLogKeys(client, id);
  // A log that never changed its key needs the one it was opened with; a closed one needs none.
  if (windows.length <= 1 && windows[0]?.toSize === undefined) requireOpeningKey(folder, true);
  keys.replace(windows);
  keepLogKey(folder);
  return { id, name, origin, keys };
}

/** The log that is to follow, with a key of its own in a folder of its own, made unless a crash left it. */
export function prepareNextLog(keysDir: string, origin: string): NewLog {
  requireOpeningKey(join(keysDir, parseOrigin(origin).name), false);
  return findNextLog(keysDir, origin);
}

/** A log that was opened once, whatever the database knows of it. @throws Error if its key is not here. */
export function findNextLog(keysDir: string, origin: string): NewLog {
  const { name } = parseOrigin(origin);
  return { name, origin, verifierKey: readOpeningKey(join(keysDir, name), origin) };
}

/** Whether the log has been opened from here before. */
export function hasOpened(keysDir: string, name: string): boolean {
  return existsSync(join(keysDir, name, OPENED_KEY));
}

/** Names of logs that were opened from here and that none of `states` is. */
export function listUnknownLogs(keysDir: string, states: readonly LogState[]): string[] {
  if (!existsSync(keysDir)) return [];
  return readdirSync(keysDir)
    .filter((name) => hasOpened(keysDir, name))
    .filter((name) => !states.some((state) => state.name === name));
}

/** The first log has its keys in `KEYS_DIR` itself, those that followed it in folders of their name. */
function keysFolder(keysDir: string, name: string): string {
  const own = join(keysDir, name);
  return existsSync(own) ? own : keysDir;
}

function checkOrigin(
  origin: string,
  open: LogState,
  states: readonly LogState[],
  warn: (message: string) => void,
): void {
  if (origin === open.origin) return;
  if (open.nextOrigin === origin) {
    warn(`LOG_ORIGIN is ${origin} already; ${open.origin} takes records until this worker has opened it`);
    return;
  }
  if (states.some((state) => state.origin === origin)) {
    warn(`LOG_ORIGIN is ${origin}, which takes no more records: they go to ${open.origin}; set it to that`);
    return;
  }
  throw new Error(
    `LOG_ORIGIN is ${origin}, but the open log is ${open.origin}: set it back, or close that log first`,
  );
}
