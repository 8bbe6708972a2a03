/**
 * Has checkpoints stamped by the configured authorities: RFC 3161 tokens over F, verified in full before they are kept. An
 * authority that fails is left alone for a while (see Circuit); what it does never holds up another one, or the sequencer.
 */
import { type Pool } from 'pg';
import { type Logger } from 'pino';
import { computeKeyid } from '@cunzheng/crypto';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { isOwnTsaKey, readTimestamps, storeTimestamp } from '@cunzheng/persistence';
import { timestampImprintInput } from '@cunzheng/receipt';
import { fetchTimestamp, type FetchedTimestamp, type Tsa } from '@cunzheng/timestamp/node';
import { traced, type Tracing } from '@cunzheng/telemetry';
import { type WorkerMetrics } from '../metrics/worker-metrics.js';
import { type RevocationCollector } from '../revocation/revocation-collector.js';
import { Circuit } from './circuit.js';

export interface StamperOptions {
  readonly tsas: readonly Tsa[];
  /** DER roots that a token's chain may end in. */
  readonly roots: readonly Uint8Array[];
  readonly timeoutMs: number;
  /** The wait after a first failure. */
  readonly intervalMs: number;
  readonly now: () => number;
}

export interface CheckpointToStamp {
  readonly log: { readonly id: number; readonly name: string };
  readonly treeSize: number;
  readonly note: string;
  readonly traceparent: string | null;
}

/** The span that made the checkpoint's block, where it was traced. */
export const linksOf = ({ traceparent }: { readonly traceparent: string | null }): string[] =>
  traceparent === null ? [] : [traceparent];

export class Stamper {
  private readonly circuits: ReadonlyMap<string, Circuit>;

  constructor(
    private readonly options: StamperOptions,
    private readonly pool: Pool,
    private readonly logger: Logger,
    private readonly metrics: Pick<WorkerMetrics, 'stamping' | 'tokens' | 'stampFailures'>,
    private readonly tracing: Tracing,
    private readonly revocation: Pick<RevocationCollector, 'judge' | 'look'>,
  ) {
    this.circuits = new Map(options.tsas.map(({ url }) => [url, new Circuit(options.intervalMs)]));
  }

  /** Asks every authority that has not stamped the checkpoint yet and may be asked now. Never throws for one of them. */
  async stamp(checkpoint: CheckpointToStamp, signal: AbortSignal): Promise<void> {
    const { log, treeSize } = checkpoint;
    const present = await readTimestamps(this.pool, log.name, treeSize);
    const missing = this.options.tsas.filter(({ url }) => !present.some((token) => token.url === url));
    await Promise.all(missing.map((tsa) => this.ask(tsa, checkpoint, signal)));
  }

  /** How many different authorities have stamped it, without those of which it turned out that they were revoked. */
  async countAuthorities({ log, treeSize }: CheckpointToStamp): Promise<number> {
    const tokens = await readTimestamps(this.pool, log.name, treeSize);
    const counted = tokens.filter(({ revocation }) => revocation !== 'revoked');
    return new Set(counted.map(({ authority }) => authority)).size;
  }

  private async ask(tsa: Tsa, checkpoint: CheckpointToStamp, signal: AbortSignal): Promise<void> {
    const circuit = this.circuits.get(tsa.url);
    if (!circuit?.mayAsk(this.options.now())) return;
    const authority = tsa.name;
    const stop = this.metrics.stamping.startTimer({ authority });
    try {
      const options = {
        kind: 'client',
        links: linksOf(checkpoint),
        attributes: { 'cunzheng.tree_size': checkpoint.treeSize },
      } as const;
      const fetched = await traced(this.tracing, 'stamp checkpoint', options, () =>
        this.fetch(tsa, checkpoint, signal).finally(stop),
      );
      await this.store(tsa, checkpoint, fetched);
      circuit.succeed();
      this.metrics.tokens.inc({ authority });
    } catch (error) {
      if (signal.aborted) return;
      circuit.fail(this.options.now());
      this.metrics.stampFailures.inc({ authority });
      const said = circuit.isOpen
        ? 'authority fails again and again: trying it now and then'
        : 'authority did not stamp';
      this.logger.warn({ tsa: tsa.name, treeSize: checkpoint.treeSize, err: error }, said);
    }
  }

  private fetch({ url }: Tsa, { note }: CheckpointToStamp, signal: AbortSignal): Promise<FetchedTimestamp> {
    const { roots, timeoutMs, now } = this.options;
    return fetchTimestamp(nativeCrypto, {
      url,
      data: timestampImprintInput(note),
      roots,
      timeoutMs,
      now,
      signal,
    });
  }

  private async store(
    tsa: Tsa,
    { log, treeSize }: CheckpointToStamp,
    fetched: FetchedTimestamp,
  ): Promise<void> {
    const { token, certificates, verified } = fetched;
    const { tsa: authority, serialNumber, genTimeMs, path } = verified;
    const keyid = computeKeyid(nativeCrypto, path[0]?.publicKey.bytes ?? new Uint8Array());
    if (await isOwnTsaKey(this.pool, keyid))
      throw new Error('the token is signed with our own key: it proves nothing');
    const { revocation, lists, revoked } = await this.revocation.judge(path, genTimeMs);
    if (revoked !== undefined) throw revoked;
    const stored = {
      url: tsa.url,
      authority,
      serialNumber,
      genTimeMs,
      token,
      certificates,
      revocation,
      lists,
    };
    await storeTimestamp(this.pool, { log: log.id, treeSize }, stored);
    this.logger.info({ tsa: tsa.name, treeSize, authority, serialNumber, revocation }, 'checkpoint stamped');
    if (revocation === 'pending') this.revocation.look();
  }
}
