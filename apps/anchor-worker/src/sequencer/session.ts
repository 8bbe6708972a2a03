/**
 * One sequencer at a time: a PostgreSQL advisory lock, held by the very connection on which every sequencer commit
 * runs. A connection that is gone has lost the lock and can commit nothing. An advisory lock is no fence against a
 * process that was frozen; the uniqueness of checkpoints is.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { trySequencerLock } from '@cunzheng/persistence';

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
    if (await trySequencerLock(client, origin)) return { client, lost: lost.signal, close };
    await delay(RETRY_MS, undefined, { signal: stop }).catch(() => undefined);
  }
  await close();
  return undefined;
}
