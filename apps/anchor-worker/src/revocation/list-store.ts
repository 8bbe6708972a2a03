/**
 * The revocation lists at hand, by their address: from the database on start, fetched when one is missing, and fetched again
 * well before it expires, so that a token finds its lists there when it is stored. A list is fetched once for all tokens; an
 * address that fails is left alone for longer and longer (see Circuit).
 */
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { type Dispatcher } from 'undici';
import { readCurrentLists, storeRevocationList } from '@cunzheng/persistence';
import { equalNames, parseCrl, type Crl } from '@cunzheng/x509';
import { Circuit } from '../attester/circuit.js';
import { type WorkerMetrics } from '../metrics/worker-metrics.js';
import { fetchList } from './fetch-list.js';
import { askList, type HeldList, type Link } from './judge-chain.js';

/** How far a list may be dated ahead of our clock. */
const MAX_CLOCK_SKEW_MS = 300_000;
/** A list that was fetched is not fetched again sooner, nor later, however long it may be used: who revokes issues a new one. */
const MIN_REFRESH_MS = 60_000;
const MAX_REFRESH_MS = 24 * 3_600_000;

export interface ListStoreOptions {
  readonly timeoutMs: number;
  /** The wait after a first failure. */
  readonly intervalMs: number;
  readonly now: () => number;
  /** Ends what is under way. */
  readonly stop: AbortSignal;
}

interface Current extends HeldList {
  readonly expiresAtMs: number;
  readonly refreshAtMs: number;
}

/** An address and a certificate that its list must speak of. */
export interface Source {
  readonly url: string;
  readonly link: Link;
}

export class ListStore {
  private readonly lists = new Map<string, Current>();
  private readonly circuits = new Map<string, Circuit>();
  /** Every source that was looked for since the start. */
  private readonly sources = new Map<string, Source>();

  constructor(
    private readonly options: ListStoreOptions,
    private readonly dispatcher: Dispatcher,
    private readonly pool: Pool,
    private readonly logger: Logger,
    private readonly metrics: Pick<WorkerMetrics, 'listFetches'>,
  ) {}

  /** Takes what the database has and is still current. */
  async load(): Promise<void> {
    for (const { url, id, der } of await readCurrentLists(this.pool, this.options.now())) {
      this.hold(url, id, parseCrl(der));
    }
  }

  /** The list of an address that is current. From now on it is kept so for this certificate. */
  find(url: string, link: Link): HeldList | undefined {
    this.sources.set(url, { url, link });
    const list = this.lists.get(url);
    return list !== undefined && list.expiresAtMs > this.options.now() ? list : undefined;
  }

  /** The sources to fetch from: for each link the first of its addresses that may be asked, and what soon expires. */
  chooseSources(missing: readonly Link[]): Source[] {
    const chosen = new Map<string, Source>();
    for (const link of missing) {
      const url = link.urls.find((candidate) => this.mayAsk(candidate));
      if (url !== undefined) chosen.set(url, { url, link });
    }
    for (const [url, source] of this.sources)
      if (this.lists.has(url) && this.mayAsk(url)) chosen.set(url, source);
    return [...chosen.values()];
  }

  /** Whether a list came that says something of the certificate now. Never throws for an address. */
  async fetch({ url, link }: Source): Promise<boolean> {
    const { now, timeoutMs, stop } = this.options;
    const circuit = this.circuits.get(url) ?? new Circuit(this.options.intervalMs);
    this.circuits.set(url, circuit);
    try {
      const der = await fetchList(this.dispatcher, { url, timeoutMs, stop });
      const crl = parseCrl(der);
      const nextUpdateMs = await requireCurrent(link, crl, now());
      requireNotOlder(crl, this.lists.get(url)?.crl);
      this.hold(url, await storeRevocationList(this.pool, { url, der, nextUpdateMs }), crl);
      circuit.succeed();
      this.metrics.listFetches.inc({ outcome: 'succeeded' });
      return true;
    } catch (error) {
      if (stop.aborted) return false;
      circuit.fail(now());
      this.metrics.listFetches.inc({ outcome: 'failed' });
      this.logger.warn({ url, err: error }, 'no revocation list: trying again');
      return false;
    }
  }

  private mayAsk(url: string): boolean {
    const nowMs = this.options.now();
    const refreshAtMs = this.lists.get(url)?.refreshAtMs ?? 0;
    return nowMs >= refreshAtMs && (this.circuits.get(url)?.mayAsk(nowMs) ?? true);
  }

  private hold(url: string, id: number, crl: Crl): void {
    const nowMs = this.options.now();
    const expiresAtMs = crl.nextUpdateMs ?? nowMs;
    const halfMs = Math.min(MAX_REFRESH_MS, (expiresAtMs - nowMs) / 2);
    const refreshAtMs = Math.min(expiresAtMs, nowMs + Math.max(MIN_REFRESH_MS, halfMs));
    this.lists.set(url, { id, crl, expiresAtMs, refreshAtMs });
  }
}

/** Over HTTP anybody on the way can send what was sent before, and so take a revocation back. Throws Error. */
function requireNotOlder(crl: Crl, held: Crl | undefined): void {
  if (held === undefined || !equalNames(crl.issuer, held.issuer)) return;
  if (crl.thisUpdateMs < held.thisUpdateMs)
    throw new Error(
      `the list is of ${new Date(crl.thisUpdateMs).toISOString()}, older than the one that was there`,
    );
}

/** nextUpdate of a list that tells now whether the certificate is revoked. Throws Error saying why another does not. */
async function requireCurrent(link: Link, crl: Crl, nowMs: number): Promise<number> {
  const { issuer, thisUpdateMs, nextUpdateMs } = crl;
  if (!equalNames(issuer, link.issuer.subject))
    throw new Error(`the list is of ${issuer.text}, another issuer`);
  if (thisUpdateMs > nowMs + MAX_CLOCK_SKEW_MS) throw new Error('the list is dated in the future');
  if (nextUpdateMs === undefined) throw new Error('the list does not say until when it is current');
  if (nextUpdateMs < nowMs) throw new Error(`the list expired at ${new Date(nextUpdateMs).toISOString()}`);
  if ((await askList(link, crl, nowMs)) !== 'unknown') return nextUpdateMs;
  throw new Error(`the list is not signed by ${issuer.text}, or does not speak of its certificate`);
}
