/** The public log as resources: published files, and what the database knows beside them, as the controller sends it. */
import { LedgerError } from '@cunzheng/ledger';
import { formatTlogProof } from '@cunzheng/receipt';
import { ProblemError } from '../problems/problem-error.js';
import { type Ledgers } from './ledgers.js';
import { describeLog, summarizeLog, type LogDescription, type LogSummary } from './log-description.js';
import { type LogRecords } from './log-records.js';
import { type PageQuery } from './logs.schemas.js';
import { type PublishedLog } from './published-log.js';

/** A page of a list; `next` is the `from` of the following page, and missing on the last one so far. */
export type ListPage<Name extends string, T> = { readonly [name in Name]: readonly T[] } & {
  readonly next?: number;
};

export interface BlockResource {
  /** J(header). */
  readonly header: string;
  /** The entries, without the header's own, concatenated; base64. */
  readonly entries: string;
  readonly bodies: readonly { readonly ordinal: number; readonly body: string }[];
}

export interface HeaderResource {
  readonly height: number;
  readonly firstIndex: number;
  readonly count: number;
  readonly header: string;
}

export interface EventResource {
  readonly leafIndex: number;
  readonly height: number;
  /** J(event). */
  readonly body: string;
}

export interface TimestampResource {
  readonly authority: string;
  readonly genTime: string;
  /** RFC 3161, DER in base64. */
  readonly token: string;
}

export class PublicLogs {
  constructor(
    private readonly ledgers: Ledgers,
    private readonly records: LogRecords,
    /** Of the timestamping authorities that this service believes, PEM. */
    private readonly tsaRoots: string,
  ) {}

  /** @throws ProblemError `not-found` for a log that is not served here. */
  open(logName: string): Promise<PublishedLog> {
    return this.ledgers.published(logName);
  }

  /** Every log that has begun, open ones and closed ones. */
  async list(): Promise<LogSummary[]> {
    const [names, states] = await Promise.all([this.ledgers.names(), this.records.listStates()]);
    const summaries = names.map(async (name) => {
      const log = await this.open(name);
      const opening = await log.readHead().then(() => log.readOpening(), ignoreUnpublished);
      return (
        opening &&
        summarizeLog(
          name,
          opening,
          states.find((state) => state.name === name),
        )
      );
    });
    return (await Promise.all(summaries)).filter((summary) => summary !== undefined);
  }

  async describe(logName: string): Promise<LogDescription> {
    const log = await this.open(logName);
    const { treeSize } = await log.readHead();
    const states = await this.records.listStates();
    const state = states.find(({ name }) => name === logName);
    return describeLog(logName, await log.readOpening(), state, treeSize, this.tsaRoots);
  }

  /** The descriptions of all logs that {@link list} names. */
  async describeAll(): Promise<LogDescription[]> {
    return await Promise.all((await this.list()).map(({ name }) => this.describe(name)));
  }

  /** The checkpoint of one tree size, by default the newest. */
  async readCheckpoint(log: PublishedLog, size?: number): Promise<{ note: Uint8Array; treeSize: number }> {
    const head = await log.readHead();
    if (size === undefined || size === head.treeSize) return head;
    const note = size < head.treeSize ? await this.records.readCheckpoint(log.name, size) : undefined;
    if (!note)
      throw new ProblemError(
        'not-found',
        'no checkpoint of that size: the list of checkpoints has those there are',
      );
    return { note, treeSize: size };
  }

  /** Who stamped the checkpoint of a tree size, as far as this service knows. */
  async listTimestamps(log: PublishedLog, size: number): Promise<{ timestamps: TimestampResource[] }> {
    const { treeSize } = await this.readCheckpoint(log, size);
    const timestamps = await this.records.listTimestamps(log.name, treeSize);
    return {
      timestamps: timestamps.map(({ authority, genTime, token }) => ({
        authority,
        genTime: genTime.toISOString(),
        token: token.toString('base64'),
      })),
    };
  }

  async listCheckpoints(log: PublishedLog, { from, limit }: PageQuery): Promise<ListPage<'sizes', number>> {
    const { treeSize } = await log.readHead();
    const { items, more } = await this.records.listCheckpointSizes(log.name, {
      from,
      limit,
      below: treeSize,
    });
    // The newest is always there, also when the database does not know the log.
    const isMissing = !more && from <= treeSize && items.at(-1) !== treeSize;
    return { sizes: isMissing ? [...items, treeSize] : items, ...nextAfter(items.at(-1), more) };
  }

  /** The C2SP tlog-proof of a leaf under the checkpoint of `size`, by default the newest. */
  async proveInclusion(log: PublishedLog, leafIndex: number, size?: number): Promise<string> {
    const { note, treeSize } = await this.readCheckpoint(log, size);
    if (leafIndex >= treeSize)
      throw new ProblemError('not-found', `the tree of size ${treeSize} has no such leaf`);
    const hashes = await log.computeInclusionProof(leafIndex, treeSize);
    return formatTlogProof({ leafIndex, hashes, checkpoint: asBuffer(note).toString('utf8') });
  }

  async listBlocks(
    log: PublishedLog,
    { from, limit }: PageQuery,
  ): Promise<ListPage<'blocks', HeaderResource>> {
    const { heads, more } = await log.readBlockHeads(from, limit);
    const blocks = heads.map(({ height, firstIndex, count, header }) => ({
      height,
      firstIndex,
      count,
      header,
    }));
    return { blocks, ...nextAfter(blocks.at(-1)?.height, more) };
  }

  async readBlock(log: PublishedLog, height: number): Promise<BlockResource> {
    const { header, entries, bodies } = await log.readBlock(height);
    return {
      header,
      entries: asBuffer(entries).toString('base64'),
      bodies: bodies.map(({ ordinal, body }) => ({ ordinal, body: asBuffer(body).toString('utf8') })),
    };
  }

  async listEvents(
    log: PublishedLog,
    { from, limit }: PageQuery,
  ): Promise<ListPage<'events', EventResource>> {
    const { treeSize } = await log.readHead();
    const states = await this.records.listStates();
    // An empty list would say that there are no events.
    if (!states.some(({ name }) => name === log.name)) {
      throw new ProblemError('not-found', 'no list of events is kept for this log: its blocks have them');
    }
    if (from >= treeSize) return { events: [] };
    const { height, firstIndex } = await log.findBlock(from);
    const start = { height, ordinal: from - firstIndex };
    const { items, more } = await this.records.listEvents(log.name, start, { limit, below: treeSize });
    const events = items.map((event) => ({ ...event, body: event.body.toString('utf8') }));
    return { events, ...nextAfter(events.at(-1)?.leafIndex, more) };
  }
}

function nextAfter(last: number | undefined, more: boolean): { next?: number } {
  return more && last !== undefined ? { next: last + 1 } : {};
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A log whose first checkpoint is still to come does not exist for the public. */
function ignoreUnpublished(error: unknown): undefined {
  if (error instanceof LedgerError && error.code === 'checkpoint-missing') return;
  throw error;
}
