/**
 * The public log over HTTP, docs/api/public-log.md. What comes is not believed because it comes: checkpoints are verified
 * with the log's keys, proofs against checkpoints, blocks against themselves.
 */
import { portableCrypto } from '@cunzheng/crypto';
import { type BlockHeader, parseBlockHeader } from '@cunzheng/ledger';
import { formatTilePath, type ReadTile } from '@cunzheng/merkle';
import { parsePolicy, type Policy, type VerifiedCheckpoint, verifyCheckpoint } from '@cunzheng/receipt';
import { type LogDescription, policyTextOf } from '../trust/trust-source.js';

export interface EventItem {
  readonly leafIndex: number;
  readonly height: number;
  /** J(event). */
  readonly body: string;
}

export interface FetchedBlock {
  /** J(header). */
  readonly header: string;
  /** Base64. */
  readonly entries: string;
  readonly bodies: readonly { readonly ordinal: number; readonly body: string }[];
}

export interface TimestampItem {
  readonly authority: string;
  /** By the authority's clock. */
  readonly genTime: string;
}

export interface FetchedCheckpoint {
  readonly note: string;
  readonly verified: VerifiedCheckpoint;
}

/** The longest page of blocks and of checkpoints. */
export const PAGE = 1000;

export class LogClient {
  private readonly policy: Policy;

  constructor(readonly log: LogDescription) {
    this.policy = parsePolicy(portableCrypto, policyTextOf(log));
  }

  /** Names of the witnesses that the log's policy knows, by verifier key. */
  get witnessNames(): ReadonlyMap<string, string> {
    return new Map(this.policy.witnesses.map(({ name, key }) => [key.vkey, name]));
  }

  /** The newest checkpoint, or that of one tree size. Throws ReceiptError unless the log key signed it. */
  async fetchCheckpoint(size?: number): Promise<FetchedCheckpoint> {
    const note = await (await this.get(size === undefined ? 'checkpoint' : `checkpoints/${size}`)).text();
    return { note, verified: verifyCheckpoint(portableCrypto, this.policy, note) };
  }

  /** Who stamped a checkpoint, as the service that fetched and verified the tokens says. */
  async fetchTimestamps(size: number): Promise<readonly TimestampItem[]> {
    const { timestamps } = await this.json<{ timestamps: TimestampItem[] }>(`checkpoints/${size}/timestamps`);
    return timestamps;
  }

  async fetchHeaders(from: number, limit: number): Promise<BlockHeader[]> {
    const { blocks } = await this.json<{ blocks: { header: string }[] }>(
      `blocks?from=${from}&limit=${limit}`,
    );
    return blocks.map(({ header }) => parseBlockHeader(header));
  }

  /** The height of the newest block: there is no more than one for two entries, and the rest is halving. */
  async findNewestHeight(treeSize: number): Promise<number> {
    let [known, beyond] = [0, Math.floor(treeSize / 2)];
    while (beyond - known > 1) {
      const middle = Math.floor((known + beyond) / 2);
      if ((await this.fetchHeaders(middle, 1)).length > 0) known = middle;
      else beyond = middle;
    }
    return known;
  }

  fetchBlock(height: number): Promise<FetchedBlock> {
    return this.json(`blocks/${height}`);
  }

  async fetchCheckpointSizes(from: number, limit = PAGE): Promise<readonly number[]> {
    return (await this.json<{ sizes: number[] }>(`checkpoints?from=${from}&limit=${limit}`)).sizes;
  }

  async fetchEvents(): Promise<readonly EventItem[]> {
    const events: EventItem[] = [];
    for (let from: number | undefined = 0; from !== undefined;) {
      const page: { events: EventItem[]; next?: number } = await this.json(`events?from=${from}`);
      events.push(...page.events);
      from = page.next;
    }
    return events;
  }

  /** Counts the tiles it reads. */
  readTiles(onTile: () => void): ReadTile {
    return async (tile) => {
      const response = await this.get(formatTilePath(tile));
      onTile();
      return new Uint8Array(await response.arrayBuffer());
    };
  }

  private async json<T>(path: string): Promise<T> {
    return (await (await this.get(path)).json()) as T;
  }

  private async get(path: string): Promise<Response> {
    const response = await fetch(`${this.log.path}/${path}`);
    if (!response.ok) throw new LogAnswerError(path, response.status);
    return response;
  }
}

export class LogAnswerError extends Error {
  override readonly name = 'LogAnswerError';

  constructor(
    path: string,
    readonly status: number,
  ) {
    super(`${path}: status ${status}`);
  }
}
