/**
 * Hears, on a connection of its own, that there is something to deliver. When the connection breaks it is opened again;
 * until then deliveries wait for the next sweep.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { WEBHOOKS_CHANNEL } from '@cunzheng/persistence';

const RECONNECT_DELAY_MS = 1_000;

/** Calls `onWake` for each notification, until `stop` is aborted. */
export async function listenForWebhooks(url: string, onWake: () => void, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await listenOnce(url, onWake, stop).catch(() => undefined);
    await delay(RECONNECT_DELAY_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

async function listenOnce(url: string, onWake: () => void, stop: AbortSignal): Promise<void> {
  const client = new Client({
    connectionString: url,
    keepAlive: true,
    application_name: 'cunzheng-webhooks-listen',
  });
  const ended = new Promise<void>((resolve) => {
    client.once('end', resolve);
    client.once('error', () => {
      resolve();
    });
    stop.addEventListener('abort', () => {
      resolve();
    });
  });
  client.on('error', () => undefined);
  client.on('notification', onWake);
  try {
    await client.connect();
    await client.query(`LISTEN ${WEBHOOKS_CHANNEL}`);
    onWake();
    await ended;
  } finally {
    await client.end().catch(() => undefined);
  }
}
