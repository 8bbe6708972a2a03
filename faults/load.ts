/**
 * Clients that send evidence and remember every 202 they got: what the service owes. A request that broke off is sent again
 * with its Idempotency-Key until it is answered, as a careful client does.
 */
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { entryOf, type BatchResult, type Evidence } from '../test/support/evidence.js';
import { type Answer } from '../test/support/http-client.js';
import { type Installation } from './installation.js';
import { FaultError } from './fault-error.js';
import { type SeededRandom } from './seeded-random.js';

/** A record that was answered with 202. */
export interface Acknowledged {
  readonly id: string;
  readonly record: string;
  /** Hex, computed here from the record. */
  readonly entry: string;
}

const RETRY_MS = 20;
const ANSWER_TIMEOUT_MS = 15_000;
const MAX_BATCH = 8;
/** Clients think for up to this long between two requests: faults are what is to be exhausted, not the machine. */
const MAX_PAUSE_MS = 60;

export class Load {
  /** Everything that was answered with 202, in the order of the answers. */
  readonly acknowledged: Acknowledged[] = [];
  /** Requests that broke off or were answered with 503. */
  refused = 0;
  #running = false;
  #clients: Promise<void>[] = [];
  #failure: unknown;

  constructor(
    private readonly installation: Installation,
    private readonly random: SeededRandom,
    private readonly clients = 3,
  ) {}

  begin(): void {
    if (this.#running) return;
    this.#running = true;
    this.#clients = Array.from({ length: this.clients }, () => this.#client());
  }

  /** Stops sending and waits for the answers to what was sent. @throws FaultError for an answer that must not be. */
  async pause(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#clients);
    if (this.#failure !== undefined) throw this.#failure as Error;
  }

  /** Sends `count` records in one request, again until it is accepted. */
  async send(count: number): Promise<void> {
    await this.#sendUntilAnswered(count, () => true);
  }

  async #client(): Promise<void> {
    while (this.#running) {
      const count = this.random.chance(60) ? 1 : 1 + this.random.below(MAX_BATCH);
      try {
        await this.#sendUntilAnswered(count, () => this.#running);
        await delay(this.random.below(MAX_PAUSE_MS));
      } catch (error) {
        this.#failure ??= error;
        return;
      }
    }
  }

  async #sendUntilAnswered(count: number, goOn: () => boolean): Promise<void> {
    const items = Array.from({ length: count }, () => ({ fingerprints: [this.#fingerprint()] }));
    const key = randomUUID();
    do {
      const answer = await this.#attempt(items, key);
      if (answer === null || answer.status === 503 || answer.status === 500 || answer.status === 409) {
        this.refused += 1;
        await delay(RETRY_MS);
        continue;
      }
      this.#remember(answer, count);
      return;
    } while (goOn());
  }

  /** Null when the connection broke, or nothing was heard for a long time. */
  async #attempt(items: readonly unknown[], key: string): Promise<Answer | null> {
    const headers = { 'idempotency-key': key };
    const asking =
      items.length === 1
        ? this.installation.http.post('/v1/evidence', items[0], headers)
        : this.installation.http.post('/v1/evidence/batch', { items }, headers);
    const giveUp = new AbortController();
    const timeout = delay(ANSWER_TIMEOUT_MS, null, { signal: giveUp.signal }).catch(() => null);
    return await Promise.race([asking.catch(() => null), timeout]).finally(() => {
      giveUp.abort();
    });
  }

  #remember(answer: Answer, count: number): void {
    if (count === 1) {
      if (answer.status !== 202) throw unexpected(answer);
      this.#acknowledge(answer.json<Evidence>());
      return;
    }
    if (answer.status !== 200 && answer.status !== 202 && answer.status !== 207) throw unexpected(answer);
    for (const { status, evidence } of answer.json<{ results: BatchResult[] }>().results)
      if (status === 202 && evidence !== undefined) this.#acknowledge(evidence);
  }

  #acknowledge({ id, record }: Evidence): void {
    this.acknowledged.push({ id, record, entry: entryOf(record).toString('hex') });
  }

  #fingerprint(): { algorithm: string; digest: string } {
    const digest = createHash('sha256').update(randomUUID()).digest('hex');
    return { algorithm: 'sha-256', digest };
  }
}

function unexpected({ status, text }: Answer): FaultError {
  return new FaultError('promise-broken', `evidence was answered with ${status}: ${text.slice(0, 500)}`);
}
