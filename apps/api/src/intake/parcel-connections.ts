/**
 * The few connections that carry parcels and nothing else. They run in pipeline mode, so that the row-security setting
 * and the insert travel together, and one unit of work at a time. Organizations take turns at them. A broken one is
 * replaced on next use.
 */
import { Client } from 'pg';
import { FairQueue } from './fair-queue.js';

export class ParcelConnections {
  private readonly idle: (Client | undefined)[];
  private readonly waiting = new FairQueue<(slot: Client | undefined) => void>();

  constructor(
    private readonly url: string,
    private readonly count: number,
  ) {
    this.idle = Array.from({ length: count }, () => undefined);
  }

  /** Runs `work` on a connection of its own, when one is free and it is the turn of whom it is for. */
  async use<T>(organization: number, work: (client: Client) => Promise<T>): Promise<T> {
    const slot = await this.take(organization);
    let client: Client | undefined;
    try {
      client = slot ?? (await this.connect());
      return await work(client);
    } finally {
      this.giveBack(client && !broken.has(client) ? client : undefined);
    }
  }

  /** Waits for the work under way, then disconnects. */
  async close(): Promise<void> {
    const slots = await Promise.all(Array.from({ length: this.count }, () => this.take(0)));
    await Promise.all(slots.map((client) => client?.end() ?? Promise.resolve()));
  }

  private take(organization: number): Promise<Client | undefined> {
    if (this.idle.length > 0) return Promise.resolve(this.idle.pop());
    return new Promise((resolve) => {
      this.waiting.push(organization, resolve);
    });
  }

  private giveBack(slot: Client | undefined): void {
    const next = this.waiting.shift();
    if (next) next(slot);
    else this.idle.push(slot);
  }

  private async connect(): Promise<Client> {
    const client = new Client({
      connectionString: this.url,
      pipeline: true,
      keepAlive: true,
      application_name: 'cunzheng-intake',
    });
    const markBroken = (): void => void broken.add(client);
    client.on('error', markBroken);
    client.on('end', markBroken);
    await client.connect();
    return client;
  }
}

/** Connections that must not be used again. */
const broken = new WeakSet<Client>();
