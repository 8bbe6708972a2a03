/** A log as its service publishes it, by the routes of docs/api/public-log.md. */
import {
  ENTRY_SIZE,
  MAX_BLOCK_HEADER_SIZE,
  MAX_EVENT_SIZE,
  type Block,
  type PublicBody,
} from '@cunzheng/ledger';
import {
  formatEntryBundlePath,
  formatTilePath,
  HASH_SIZE,
  TILE_WIDTH,
  type EntryBundleId,
  type TileId,
} from '@cunzheng/merkle';
import { MAX_NOTE_LENGTH } from '@cunzheng/receipt';
import { LogFault, type Place } from './log-fault.js';
import { LogClient } from './log-client.js';
import {
  type FindingSubject,
  type ListedEvent,
  type ListedHeader,
  type ListPage,
  type LogLists,
  type LogSource,
  type SourcedBlock,
} from './log-source.js';

/** UTF-8 takes at most three bytes for each unit of a note. */
const MAX_NOTE_BYTES = 3 * MAX_NOTE_LENGTH;
const MAX_ENTRY_BYTES = 0xffff + 2;
/** A frame of 64 MiB in base64, with its header and bodies. */
const MAX_BLOCK_BYTES = 100_000_000;
const MAX_PAGE_ITEMS = 1_000;
const MAX_PAGE_BYTES = MAX_PAGE_ITEMS * (2 * MAX_BLOCK_HEADER_SIZE + 1_000);
const MAX_EVENT_PAGE_BYTES = 8 * (4 * MAX_EVENT_SIZE);
const PARALLEL_READS = 8;

const EVIDENCE =
  'keep this answer: with the signed checkpoint it shows that the service does not serve the log it signed; ask the ' +
  'operator, and audit another copy';
const WAYS_OUT: Readonly<Record<FindingSubject, string>> = {
  checkpoint:
    'keep this checkpoint and the newest one, signatures included: they are evidence against the operator',
  block: EVIDENCE,
  tile: EVIDENCE,
  entries: EVIDENCE,
  event: EVIDENCE,
  list: 'the list is for finding things and proves nothing: tell the operator',
};

/** The log at `url`, `https://HOST/logs/NAME`. @throws CliError `usage` for anything else. */
export function openUrlSource(url: string): LogSource {
  const client = new LogClient(url);
  return {
    address: client.url,
    parallelReads: PARALLEL_READS,
    wayOut: WAYS_OUT,
    readCheckpoint: async () => (await client.get('checkpoint', MAX_NOTE_BYTES)).toString('utf8'),
    readBlock: (height) => readBlock(client, height),
    readTile: (tile) => readTile(client, tile),
    readBundle: (bundle) => readBundle(client, bundle),
    lists: openLists(client),
    close: () => Promise.resolve(),
  };
}

async function readTile(client: LogClient, tile: TileId): Promise<Uint8Array> {
  const path = formatTilePath(tile);
  return await client.get(path, tile.width * HASH_SIZE, { tile: path });
}

async function readBundle(client: LogClient, bundle: EntryBundleId): Promise<Uint8Array> {
  const path = formatEntryBundlePath(bundle);
  return await client.get(path, TILE_WIDTH * MAX_ENTRY_BYTES, { tile: path });
}

async function readBlock(client: LogClient, height: number): Promise<SourcedBlock> {
  const path = `blocks/${height}`;
  const place = { height };
  const json = parseObject(await client.get(path, MAX_BLOCK_BYTES, place), path, place);
  const entries = Buffer.from(text(json, 'entries', path, place), 'base64');
  if (entries.toString('base64') !== json['entries'] || entries.length % ENTRY_SIZE !== 0) {
    throw malformed(path, `"entries" in base64, a multiple of ${ENTRY_SIZE} bytes`, place);
  }
  const bodies = list(json, 'bodies', path, place).map((item): PublicBody => {
    const ordinal = item['ordinal'];
    if (!isCount(ordinal)) throw malformed(path, 'an "ordinal" for each body', place);
    return { ordinal, body: Buffer.from(text(item, 'body', path, place), 'utf8') };
  });
  const block: Block = { header: text(json, 'header', path, place), entries, bodies };
  return { block };
}

function openLists(client: LogClient): LogLists {
  const page = async <T>(
    name: string,
    from: number,
    maxBytes: number,
    parse: (json: JsonObject, path: string) => readonly T[],
  ): Promise<ListPage<T>> => {
    const path = `${name}?from=${from}`;
    const json = parseObject(await client.get(path, maxBytes), path);
    const next = json['next'];
    if (next !== undefined && (!isCount(next) || next <= from)) throw malformed(path, `"next" after ${from}`);
    return { items: parse(json, path), ...(next === undefined ? {} : { next }) };
  };
  return {
    listHeaders: (from) => page('blocks', from, MAX_PAGE_BYTES, parseHeaders),
    listEvents: (from) => page('events', from, MAX_EVENT_PAGE_BYTES, parseEvents),
    listCheckpointSizes: (from) => page('checkpoints', from, MAX_PAGE_BYTES, parseSizes),
    readCheckpointOf: async (treeSize) =>
      (await client.get(`checkpoints/${treeSize}`, MAX_NOTE_BYTES, { treeSize })).toString('utf8'),
  };
}

function parseHeaders(json: JsonObject, path: string): ListedHeader[] {
  return list(json, 'blocks', path).map((item) => {
    const height = item['height'];
    if (!isCount(height)) throw malformed(path, 'a "height" in each item');
    return { height, header: text(item, 'header', path) };
  });
}

function parseEvents(json: JsonObject, path: string): ListedEvent[] {
  return list(json, 'events', path).map((item) => {
    const leafIndex = item['leafIndex'];
    if (!isCount(leafIndex)) throw malformed(path, 'a "leafIndex" in each item');
    return { leafIndex, body: text(item, 'body', path) };
  });
}

function parseSizes(json: JsonObject, path: string): number[] {
  const sizes: unknown = json['sizes'];
  if (!Array.isArray(sizes) || sizes.length > MAX_PAGE_ITEMS || !sizes.every(isCount)) {
    throw malformed(path, `"sizes", a list of at most ${MAX_PAGE_ITEMS} whole numbers`);
  }
  return sizes;
}

type JsonObject = Readonly<Record<string, unknown>>;

function parseObject(body: Buffer, path: string, place: Place = {}): JsonObject {
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch {
    // Said below.
  }
  if (!isObject(json)) throw malformed(path, 'a JSON object', place);
  return json;
}

function text(json: JsonObject, name: string, path: string, place: Place = {}): string {
  const value = json[name];
  if (typeof value !== 'string') throw malformed(path, `the text "${name}"`, place);
  return value;
}

function list(json: JsonObject, name: string, path: string, place: Place = {}): readonly JsonObject[] {
  const value: unknown = json[name];
  if (!Array.isArray(value) || !value.every(isObject)) throw malformed(path, `the list "${name}"`, place);
  return value;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function malformed(path: string, want: string, place: Place = {}): LogFault {
  return new LogFault('damaged', `${path} is answered with something else than ${want}`, place);
}
