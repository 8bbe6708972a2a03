/**
 * Collects revocation lists for timestamps over checkpoints, so that years later anybody can tell from the receipt alone
 * whether an authority's certificate had been revoked when it stamped. A token is judged by the lists at hand when it is
 * stored; nobody waits for one to be fetched. What it lacks is fetched here and added, for a week, then the token stays as it is.
 */
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { type Agent } from 'undici';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { addRevocationLists, readPendingTimestamps, type PendingTimestamp } from '@cunzheng/persistence';
import { parseToken, TimestampError, verifyToken } from '@cunzheng/timestamp';
import { parseCrl, type Certificate } from '@cunzheng/x509';
import { type WorkerMetrics } from '../metrics/worker-metrics.js';
import { createGuardedAgent, type GuardOptions } from '../outbound/guarded-agent.js';
import { Wake } from '../sequencer/wake.js';
import { judgeChain, type Judgement, type Link } from './judge-chain.js';
import { ListStore } from './list-store.js';

/** A list of the week after still shows what was so when the token was made. */
const GIVE_UP_AFTER_MS = 7 * 24 * 3_600_000;
const PAGE = 64;

export interface RevocationCollectorOptions extends GuardOptions {
  /** DER roots that a token's chain may end in. */
  readonly roots: readonly Uint8Array[];
  /** Between two rounds, and the wait after a first failure. */
  readonly intervalMs: number;
  readonly now: () => number;
}

export class RevocationCollector {
  private readonly stopping = new AbortController();
  private readonly wake = new Wake();
  private readonly agent: Agent;
  private readonly store: ListStore;
  private afterId = 0;

  constructor(
    private readonly options: RevocationCollectorOptions,
    private readonly pool: Pool,
    private readonly logger: Logger,
    private readonly metrics: Pick<WorkerMetrics, 'listFetches' | 'errors'>,
  ) {
    const { timeoutMs, intervalMs, now } = options;
    this.agent = createGuardedAgent(options);
    const timing = { timeoutMs, intervalMs, now, stop: this.stopping.signal };
    this.store = new ListStore(timing, this.agent, pool, logger, metrics);
  }

  /** What the lists at hand say of a token that is about to be stored. */
  judge(path: readonly Certificate[], genTimeMs: number): Promise<Judgement> {
    return judgeChain(path, genTimeMs, (url, link) => this.store.find(url, link));
  }

  /** A token lacks lists. */
  look(): void {
    this.wake.signal();
  }

  /** Takes the lists that an earlier run had fetched. */
  async load(): Promise<void> {
    await this.store.load();
  }

  /** Runs until stopped; a round that fails is logged and the next one tries again. */
  async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const again = await this.round().catch((error: unknown) => {
        this.metrics.errors.inc({ part: 'revocation' });
        this.logger.warn({ err: error }, 'collecting revocation lists failed: trying again');
        return false;
      });
      if (!again) await this.wake.sleep(this.options.intervalMs);
    }
    await this.agent.destroy();
  }

  stop(): void {
    this.stopping.abort();
    this.wake.signal();
  }

  /** Settles a page of what is pending, then fetches what it lacks. Whether there is more to do at once. */
  private async round(): Promise<boolean> {
    const page = await readPendingTimestamps(this.pool, this.afterId, PAGE);
    const missing: Link[] = [];
    for (const pending of page) missing.push(...(await this.settle(pending)));
    const isWhole = page.length === PAGE;
    const fetched = await Promise.all(
      this.store.chooseSources(missing).map((source) => this.store.fetch(source)),
    );
    const isNews = fetched.includes(true);
    this.afterId = isWhole && !isNews ? (page.at(-1)?.id ?? 0) : 0;
    return isNews || (isWhole && missing.length === 0);
  }

  /** Adds what is at hand to a pending token; what it still lacks. */
  private async settle(pending: PendingTimestamp): Promise<readonly Link[]> {
    const { id, authority } = pending;
    const judged = await this.judgePending(pending).catch((error: unknown): Judgement => {
      if (!(error instanceof TimestampError)) throw error;
      this.logger.warn({ authority, err: error }, 'a timestamp that was kept does not verify any more');
      return { revocation: 'unknown', lists: [], missing: [] };
    });
    const known = new Set(pending.lists.map((list) => list.id));
    // Most rounds of a list that is away find nothing: that is no reason to write the row anew.
    if (judged.revocation !== 'pending' || judged.lists.some((list) => !known.has(list)))
      await addRevocationLists(this.pool, id, judged);
    if (judged.revoked !== undefined) {
      this.logger.error(
        { authority, err: judged.revoked },
        'a timestamp that was kept does not count any more',
      );
    } else if (judged.revocation !== 'pending') {
      this.logger.info({ authority, revocation: judged.revocation }, 'revocation lists collected');
    }
    return judged.revocation === 'pending' ? judged.missing : [];
  }

  private async judgePending({
    token,
    certificates,
    lists,
    authority,
  }: PendingTimestamp): Promise<Judgement> {
    const { roots, now } = this.options;
    const { imprint } = parseToken(token).info;
    const stamped = { algorithm: imprint.algorithm ?? '', digest: imprint.digest };
    const verified = await verifyToken(nativeCrypto, { token, stamped, roots, certificates });
    const { path, genTimeMs } = verified;
    const known = lists.map(({ id, der }) => ({ id, crl: parseCrl(der) }));
    const judged = await judgeChain(path, genTimeMs, (url, link) => this.store.find(url, link), known);
    if (judged.revocation !== 'pending' || now() < genTimeMs + GIVE_UP_AFTER_MS) return judged;
    this.logger.warn({ authority }, 'no revocation list for a week: the timestamp stays without');
    return { ...judged, revocation: 'unknown' };
  }
}
