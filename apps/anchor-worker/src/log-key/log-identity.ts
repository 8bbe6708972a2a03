/**
 * Which log this worker writes. `LOG_ORIGIN` decides; in development a random name is made once and kept. A log that
 * is open under another origin or another key refuses to start: one log, one name, one key.
 */
import { randomBytes } from 'node:crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { parseOrigin } from '@cunzheng/ledger';
import { type Log } from '@cunzheng/persistence';
import { formatVerifierKey, parseVerifierKey, type VerifierKey } from '@cunzheng/receipt';
import { type Settings } from '@cunzheng/settings';
import { type Pool } from 'pg';
import { keepLogKey, loadLogKey, type LogKey } from './log-key.js';

export interface LogIdentity {
  readonly id: number;
  readonly name: string;
  readonly origin: string;
  readonly key: LogKey;
  readonly verifierKey: VerifierKey;
}

type OpenRow = Pick<Log, 'id' | 'origin'> & { verifier_key: string };

/** Serialises two workers that open the first log at once. */
const OPEN_LOG_LOCK = 0x435a4f4c;

/** Finds the open log or opens one. @throws Error naming the setting when origin or key do not fit the open log. */
export async function establishLog(pool: Pool, settings: Settings): Promise<LogIdentity> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [OPEN_LOG_LOCK]);
    const { rows } = await client.query<OpenRow>(
      'SELECT id, origin, verifier_key FROM log WHERE closed_at IS NULL',
    );
    const open = rows[0];
    const origin =
      settings.LOG_ORIGIN ?? open?.origin ?? `localhost/logs/dev-${randomBytes(4).toString('hex')}`;
    if (open && open.origin !== origin) {
      throw new Error(
        `LOG_ORIGIN is ${origin}, but the open log is ${open.origin}: set it back, or close that log first`,
      );
    }
    const key = loadLogKey(settings.KEYS_DIR, open !== undefined);
    const verifierKey = formatVerifierKey(nativeCrypto, origin, 'ed25519', key.publicKey);
    if (open && open.verifier_key !== verifierKey) {
      throw new Error(
        `the key in KEYS_DIR is not the key of ${origin}: restore the key the log was opened with`,
      );
    }
    const { name } = parseOrigin(origin);
    const id = open?.id ?? (await insertLog(client, name, origin, verifierKey));
    await client.query('COMMIT');
    keepLogKey(settings.KEYS_DIR);
    return { id, name, origin, key, verifierKey: parseVerifierKey(nativeCrypto, verifierKey) };
  } finally {
    // Ends the transaction if it is still open.
    client.release(true);
  }
}

async function insertLog(
  client: { query: Pool['query'] },
  name: string,
  origin: string,
  verifierKey: string,
): Promise<number> {
  const { rows } = await client.query<{ id: number }>(
    'INSERT INTO log (name, origin, verifier_key) VALUES ($1, $2, $3) RETURNING id',
    [name, origin, verifierKey],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('the log was not stored');
  return id;
}
