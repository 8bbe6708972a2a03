/**
 * PostgreSQL notifications on one connection of their own. It is opened again when it breaks; listeners are told of
 * every (re)connection as well, because what was notified in between is lost.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';

const RECONNECT_DELAY_MS = 500;

type Listener = (payload: string | undefined) => void;

export class Notifications {
  private readonly listeners = new Map<string, Listener[]>();
  private client: Client | undefined;
  private closed = false;

  constructor(private readonly url: string) {}

  /** Calls `listener` with each payload on `channel`, and with undefined whenever some may have been missed. */
  on(channel: string, listener: Listener): void {
    this.listeners.set(channel, [...(this.listeners.get(channel) ?? []), listener]);
  }

  /** Connects and listens to every channel registered so far. */
  async start(): Promise<void> {
    const client = new Client({
      connectionString: this.url,
      keepAlive: true,
      application_name: 'cunzheng-api-listen',
    });
    client.on('error', () => undefined);
    client.on('notification', ({ channel, payload }) => {
      this.tell(channel, payload);
    });
    try {
      await client.connect();
      for (const channel of this.listeners.keys())
        await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    if (this.closed) {
      await client.end();
      return;
    }
    client.once('end', () => void this.reconnect());
    this.client = client;
    for (const channel of this.listeners.keys()) this.tell(channel, undefined);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.client?.end().catch(() => undefined);
  }

  private tell(channel: string, payload: string | undefined): void {
    for (const listener of this.listeners.get(channel) ?? []) listener(payload);
  }

  private async reconnect(): Promise<void> {
    while (!this.closed) {
      await delay(RECONNECT_DELAY_MS);
      if (
        await this.start().then(
          () => true,
          () => false,
        )
      )
        return;
    }
  }
}
