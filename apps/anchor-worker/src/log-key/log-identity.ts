/**
 * Which log this worker writes. `LOG_ORIGIN` decides; in development a random name is made once and kept. A log that
 * is open under another origin refuses to start, and so does one without the key that signs it now.
 */
import { randomBytes } from 'node:crypto';
import { parseOrigin } from '@cunzheng/ledger';
import { insertOpeningKey, readLogKeys, type Log } from '@cunzheng/persistence';
import { type Settings } from '@cunzheng/settings';
import { type ClientBase, type Pool } from 'pg';
import { readKeyFiles } from './key-files.js';
import { keepLogKey, requireOpeningKey } from './log-key.js';
import { LogKeys } from './log-keys.js';

export interface LogIdentity {
  readonly id: number;
  readonly name: string;
  readonly origin: string;
  readonly keys: LogKeys;
}

type OpenRow = Pick<Log, 'id' | 'origin'>;

/** Serialises two workers that open the first log at once. */
const OPEN_LOG_LOCK = 0x435a4f4c;

/** Finds the open log or opens one. @throws Error naming the setting when origin or key do not fit the open log. */
export async function establishLog(pool: Pool, settings: Settings): Promise<LogIdentity> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [OPEN_LOG_LOCK]);
    const { rows } = await client.query<OpenRow>('SELECT id, origin FROM log WHERE closed_at IS NULL');
    const open = rows[0];
    const origin =
      settings.LOG_ORIGIN ?? open?.origin ?? `localhost/logs/dev-${randomBytes(4).toString('hex')}`;
    if (open && open.origin !== origin) {
      throw new Error(
        `LOG_ORIGIN is ${origin}, but the open log is ${open.origin}: set it back, or close that log first`,
      );
    }
    const keys = new LogKeys(settings.KEYS_DIR, origin);
    const windows = open ? await readLogKeys(client, open.id) : [];
    if (windows.length <= 1) requireOpeningKey(settings.KEYS_DIR, open !== undefined);
    const { name } = parseOrigin(origin);
    const id = open?.id ?? (await openLog(client, name, origin, settings.KEYS_DIR));
    keys.replace(open ? windows : await readLogKeys(client, id));
    await client.query('COMMIT');
    keepLogKey(settings.KEYS_DIR);
    return { id, name, origin, keys };
  } finally {
    // Ends the transaction if it is still open.
    client.release(true);
  }
}

async function openLog(
  client: Pick<ClientBase, 'query'>,
  name: string,
  origin: string,
  keysDir: string,
): Promise<number> {
  const [key] = readKeyFiles(keysDir, origin).filter(({ verifierKey }) => verifierKey.type === 'ed25519');
  if (!key) throw new Error(`there is no key to open ${origin} with in ${keysDir}`);
  const { vkey } = key.verifierKey;
  const { rows } = await client.query<{ id: number }>(
    'INSERT INTO log (name, origin, verifier_key) VALUES ($1, $2, $3) RETURNING id',
    [name, origin, vkey],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('the log was not stored');
  await insertOpeningKey(client, id, vkey);
  return id;
}
