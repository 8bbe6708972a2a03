/**
 * Reads a public log over HTTP: checkpoint and tiles of C2SP tlog-tiles, blocks of docs/api/public-log.md. The log is not
 * trusted: answers are bounded in size and time, and nothing is believed before it is proven.
 */
import { type Block } from '@cunzheng/ledger';
import { formatTilePath, HASH_SIZE, TILE_WIDTH, type TileId } from '@cunzheng/merkle';
import { MAX_NOTE_LENGTH } from '@cunzheng/receipt';
import { explainNoAnswer, readBounded } from '../http-answer.js';
import { LogError } from './log-error.js';

/** UTF-8 takes at most three bytes for each unit of the note. */
const MAX_NOTE_BYTES = MAX_NOTE_LENGTH * 3;
const MAX_TILE_BYTES = TILE_WIDTH * HASH_SIZE;
/** The largest frame of a ledger, 64 MiB, in base64 and some JSON around it. */
const MAX_BLOCK_BYTES = 100_000_000;
/** 4 MiB of bodies as JSON strings, and some JSON around them. */
const MAX_EVENTS_BYTES = 32_000_000;

export interface LogClientOptions {
  /** The log's prefix, without a slash at the end. */
  readonly url: string;
  /** For one answer, its body included. */
  readonly timeoutMs: number;
  /** Ends what is under way. */
  readonly stop: AbortSignal;
}

export interface ListedEvent {
  readonly leafIndex: number;
  /** J(event). */
  readonly body: string;
}

export interface EventPage {
  readonly events: readonly ListedEvent[];
  /** Where the list goes on. */
  readonly next?: number;
}

export class LogClient {
  constructor(private readonly options: LogClientOptions) {}

  /** The newest checkpoint as it is served: whatever text. Throws LogError. */
  async fetchCheckpoint(): Promise<string> {
    return decodeText(await this.fetch('checkpoint', MAX_NOTE_BYTES), 'checkpoint');
  }

  /** A tile, or the full one in place of a partial one that is gone. Throws LogError. */
  async fetchTile(tile: TileId): Promise<Uint8Array> {
    try {
      return await this.fetch(formatTilePath(tile), MAX_TILE_BYTES);
    } catch (error) {
      const isGone = error instanceof LogError && error.status === 404 && tile.width < TILE_WIDTH;
      if (!isGone) throw error;
      return await this.fetch(formatTilePath({ ...tile, width: TILE_WIDTH }), MAX_TILE_BYTES);
    }
  }

  /** The block at `height`, in form only. Throws LogError. */
  async fetchBlock(height: number): Promise<Block> {
    const path = `blocks/${height}`;
    return parseBlock(decodeText(await this.fetch(path, MAX_BLOCK_BYTES), path), path);
  }

  /** A page of the list of events from leaf `from` on, in form only; empty for a log that has no such list. Throws LogError. */
  async fetchEvents(from: number): Promise<EventPage> {
    const path = `events?from=${from}`;
    try {
      return parseEvents(decodeText(await this.fetch(path, MAX_EVENTS_BYTES), path), path);
    } catch (error) {
      if (error instanceof LogError && error.status === 404) return { events: [] };
      throw error;
    }
  }

  private async fetch(path: string, maxBytes: number): Promise<Uint8Array> {
    const { url, timeoutMs, stop } = this.options;
    try {
      const response = await fetch(`${url}/${path}`, {
        headers: { 'user-agent': 'cunzheng-follow', 'cache-control': 'no-cache' },
        signal: AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]),
      });
      if (response.status !== 200) {
        await response.body?.cancel();
        const { status } = response;
        throw new LogError('status', `${path}: the log answered ${status}`, { status });
      }
      const tooLarge = (): LogError => new LogError('too-large', `${path}: more than ${maxBytes} bytes`);
      return await readBounded(response, maxBytes, tooLarge);
    } catch (error) {
      if (stop.aborted) throw stop.reason;
      if (error instanceof LogError) throw error;
      throw unreachable(path, error);
    }
  }
}

function unreachable(path: string, error: unknown): LogError {
  const { why } = explainNoAnswer(error);
  return new LogError('unreachable', `${path}: the log does not answer (${why})`, { cause: error });
}

function decodeText(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new LogError('malformed', `${path}: not UTF-8`, { cause });
  }
}

function parseBlock(text: string, path: string): Block {
  const { header, entries, bodies } = parseObject(text, path);
  if (typeof header !== 'string' || typeof entries !== 'string' || !Array.isArray(bodies)) {
    throw new LogError('malformed', `${path}: not a block`);
  }
  const parsed = (bodies as unknown[]).map((item) => {
    const { ordinal, body } = (item ?? {}) as Record<string, unknown>;
    if (typeof ordinal !== 'number' || typeof body !== 'string') {
      throw new LogError('malformed', `${path}: not a block`);
    }
    return { ordinal, body: Buffer.from(body) };
  });
  return { header, entries: Buffer.from(entries, 'base64'), bodies: parsed };
}

function parseEvents(text: string, path: string): EventPage {
  const { events, next } = parseObject(text, path);
  if (!Array.isArray(events) || !(next === undefined || isCount(next)))
    throw new LogError('malformed', `${path}: not a list of events`);
  const parsed = (events as unknown[]).map((item) => {
    const { leafIndex, body } = (item ?? {}) as Record<string, unknown>;
    if (!isCount(leafIndex) || typeof body !== 'string')
      throw new LogError('malformed', `${path}: not a list of events`);
    return { leafIndex, body };
  });
  return { events: parsed, ...(next === undefined ? {} : { next }) };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parseObject(text: string, path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new LogError('malformed', `${path}: not a JSON object`);
}
