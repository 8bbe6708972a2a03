/**
 * One sequencer at a time: a PostgreSQL advisory lock, held by the very connection on which every sequencer commit
 * runs. A connection that is gone has lost the lock and can commit nothing. An advisory lock is no fence against a
 * process that was frozen; the uniqueness of checkpoints is.
 */
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';

const RETRY_MS = 500;

export interface SequencerSession {
  readonly client: Client;
  /** Aborted as soon as the connection, and with it the lock, is lost. */
  readonly lost: AbortSignal;
  close(): Promise<void>;
}

/** Connects and waits for the lock of the log `origin`; others stand by here. Undefined once `stop` is aborted. */
export async function openSession(
  url: string,
  origin: string,
  stop: AbortSignal,
): Promise<SequencerSession | undefined> {
  const client = new Client({
    connectionString: url,
    keepAlive: true,
    application_name: 'cunzheng-sequencer',
  });
  const lost = new AbortController();
  client.on('error', () => {
    lost.abort();
  });
  client.on('end', () => {
    lost.abort();
  });
  await client.connect();
  const close = (): Promise<void> => client.end().catch(() => undefined);
  while (!stop.aborted) {
    if (await tryLock(client, origin)) return { client, lost: lost.signal, close };
    await delay(RETRY_MS, undefined, { signal: stop }).catch(() => undefined);
  }
  await close();
  return undefined;
}

async function tryLock(client: Client, origin: string): Promise<boolean> {
  const key = createHash('sha256').update(`cunzheng sequencer ${origin}`).digest().readBigInt64BE(0);
  const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [
    key.toString(),
  ]);
  return rows[0]?.locked === true;
}
