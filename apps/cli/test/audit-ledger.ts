/**
 * Real ledgers for the tests of auditor's commands: made by the writer, every block under a checkpoint signed with a test
 * key, and a small service that serves them by the routes of docs/api/public-log.md, a few items to a page, as a test
 * wants it altered.
 */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { type VerifiedBlock } from '@cunzheng/ledger';
import { openLedgerReader, type LedgerReader } from '@cunzheng/ledger/node';
import { parseEntryBundlePath, parseTilePath } from '@cunzheng/merkle';
import {
  cosignNote,
  formatCheckpoint,
  formatNote,
  formatTrustFolder,
  formatVerifierKey,
  parseTrust,
  parseVerifierKey,
  signNote,
  type Trust,
  type TrustFiles,
} from '@cunzheng/receipt';
import { formatFrame, formatSegmentHeader } from '../../../libs/ledger/src/node/segment-format.js';
import { nextBlock, openWriter, origin, quickDirectory } from '../../../libs/ledger/test/support.js';
import { testKey } from '../../../libs/receipt/test/ed25519-key.js';

export const logKey = testKey(21);
const witnessKey = testKey(22);
export const vkeyOf = (name: string, key = logKey) =>
  parseVerifierKey(nativeCrypto, formatVerifierKey(nativeCrypto, name, 'ed25519', key.raw));
export const logVerifierKey = vkeyOf(origin);
const witnessVerifierKey = parseVerifierKey(
  nativeCrypto,
  formatVerifierKey(nativeCrypto, 'witness.example/w', 'cosignature/v1', witnessKey.raw),
);

/** A checkpoint that the log signed, and the witness too if a time is given. */
export function signedNote(treeSize: number, rootHash: Uint8Array, cosignedAt?: number): string {
  const text = formatCheckpoint({ origin, treeSize, rootHash });
  const lines = [signNote(text, logVerifierKey, (message) => logKey.sign(message))];
  if (cosignedAt !== undefined) {
    lines.push(cosignNote(text, cosignedAt, witnessVerifierKey, (message) => witnessKey.sign(message)));
  }
  return formatNote(text, lines);
}

const logs = [{ key: logVerifierKey }];
/** Trusts the log's key alone. */
export const trustFiles = formatTrustFolder({ policy: { logs, witnesses: [], groups: [], quorum: 'none' } });
export const trust = parseTrust(nativeCrypto, trustFiles);
/** Wants the witness as well. */
export const witnessedFiles = formatTrustFolder({
  policy: { logs, witnesses: [{ name: 'w', key: witnessVerifierKey }], groups: [], quorum: 'w' },
});
export const witnessedTrust: Trust = parseTrust(nativeCrypto, witnessedFiles);
export const strangerFiles = formatTrustFolder({
  policy: {
    logs: [{ key: vkeyOf(origin, testKey(23)) }],
    witnesses: [],
    groups: [],
    quorum: 'none',
  },
});

export async function writeTrust(dir: string, files: TrustFiles): Promise<string> {
  await mkdir(dir, { recursive: true });
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(dir, name), text as string)));
  return dir;
}

export interface MadeLedger {
  readonly dir: string;
  readonly blocks: readonly VerifiedBlock[];
  /** By tree size; every block has one. */
  readonly notes: ReadonlyMap<number, string>;
}

/** A ledger of blocks with so many entries each and these events, tiles and checkpoint written after every one. */
export async function makeLedger(
  counts: readonly number[],
  segmentBytes = 134_217_728,
  eventsAt: ReadonlyMap<number, readonly Uint8Array[]> = new Map(),
): Promise<MadeLedger> {
  const dir = join(await quickDirectory(), 'test');
  const writer = await openWriter(dir, { segmentBytes });
  const blocks: VerifiedBlock[] = [];
  const notes = new Map<number, string>();
  for (const [height, count] of counts.entries()) {
    const events = eventsAt.get(height);
    const block = nextBlock(writer.head, count, events && { events });
    const { head, rootHash } = await writer.appendBlock(block);
    await writer.writeTiles();
    const note = signedNote(head.treeSize, rootHash);
    await writer.publishCheckpoint(Buffer.from(note));
    blocks.push(block);
    notes.set(head.treeSize, note);
  }
  await writer.close();
  return { dir, blocks, notes };
}

/** A copy that a test may spoil. */
export async function copyLedger({ dir }: MadeLedger): Promise<string> {
  const copy = join(await quickDirectory(), 'test');
  await cp(dir, copy, { recursive: true });
  return copy;
}

/** The newest tree size. */
export const sizeOf = ({ blocks }: MadeLedger): number => blocks.at(-1)!.head.treeSize;

export const segmentFile = (dir: string): string => join(dir, 'segments', '000000000000.seg');

/** Changes a file. */
export async function edit(path: string, change: (bytes: Buffer) => Buffer): Promise<void> {
  await writeFile(path, change(await readFile(path)));
}

export function flip(bytes: Buffer, offset: number): Buffer {
  const flipped = Buffer.from(bytes);
  flipped[offset]! ^= 1;
  return flipped;
}

/** Where the frame of each block starts in the one segment of a ledger. */
export function frameOffsets({ blocks }: MadeLedger): number[] {
  let offset = 64;
  return blocks.map((block) => {
    const start = offset;
    offset += formatFrame(block).length;
    return start;
  });
}

/** Writes other blocks in place of the segment, with all checksums right, and no index. */
export async function writeSegment(dir: string, blocks: readonly VerifiedBlock[]): Promise<void> {
  const originDigest = nativeCrypto.digest('sha-256').hash(Buffer.from(origin));
  const header = formatSegmentHeader({ originDigest, firstHeight: 0, firstIndex: 0 });
  await writeFile(segmentFile(dir), Buffer.concat([header, ...blocks.map(formatFrame)]));
  await writeFile(join(dir, 'segments', '000000000000.idx'), '');
}

/** What a service answers to a path below the log: a body, or a status without one. */
export type Alter = (path: string, body: Buffer) => Buffer | string | number | Promise<Buffer>;

const PAGE = 2;

/** Serves a ledger; `alter` has the last word. */
export async function serveLedger(
  ledger: MadeLedger,
  alter: Alter = (_, body) => body,
): Promise<{ url: string; close: () => Promise<void> }> {
  const reader = await openLedgerReader({ dir: ledger.dir });
  const server = createServer((request, response) => {
    const path = (request.url ?? '').replace(/^\/logs\/test\//, '');
    const answered = answerTo(reader, ledger, path).then(async (body) => {
      const altered = await alter(path, body ?? Buffer.alloc(0));
      const status =
        typeof altered === 'number' ? altered : altered.length === 0 && body === null ? 404 : 200;
      response.writeHead(status).end(typeof altered === 'number' ? '' : altered);
    });
    // Who has gone away while the ledger was being closed misses nothing.
    answered.catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/logs/test`, close: () => closeServer(server, reader) };
}

async function closeServer(server: Server, reader: LedgerReader): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await reader.close();
}

async function answerTo(reader: LedgerReader, ledger: MadeLedger, path: string): Promise<Buffer | null> {
  const [, name, number] = /^(blocks|checkpoints|events)[/?](?:from=)?(\d+)/.exec(path) ?? [];
  const from = Number(number);
  if (path === 'checkpoint') return Buffer.from(await reader.readCheckpoint());
  if (path.startsWith('tile/entries/')) {
    const { index, width } = parseEntryBundlePath(path);
    return Buffer.from(await reader.readEntryBundle(index, width));
  }
  if (path.startsWith('tile/')) return Buffer.from(await reader.readTile(parseTilePath(path)));
  if (path.startsWith('checkpoints/')) return textOf(ledger.notes.get(from));
  if (path.startsWith('blocks/'))
    return textOf(ledger.blocks[from] && JSON.stringify(blockJson(ledger.blocks[from])));
  if (name === 'blocks') return pageOf('blocks', headersOf(ledger), from, (item) => item.height);
  if (name === 'events') return pageOf('events', eventsOf(ledger), from, (item) => item.leafIndex);
  if (name === 'checkpoints') return pageOf('sizes', [...ledger.notes.keys()], from, (size) => size);
  return null;
}

function blockJson({ block }: VerifiedBlock): object {
  return {
    header: block.header,
    entries: Buffer.from(block.entries).toString('base64'),
    bodies: block.bodies.map(({ ordinal, body }) => ({ ordinal, body: Buffer.from(body).toString('utf8') })),
  };
}

function headersOf({ blocks }: MadeLedger): { height: number; header: string }[] {
  return blocks.map(({ header, block }) => ({ height: header.height, header: block.header }));
}

function eventsOf({ blocks }: MadeLedger): { leafIndex: number; height: number; body: string }[] {
  return blocks.flatMap(({ header, block }) =>
    block.bodies.map(({ ordinal, body }) => ({
      leafIndex: header.firstIndex + ordinal,
      height: header.height,
      body: Buffer.from(body).toString('utf8'),
    })),
  );
}

function pageOf<T>(name: string, all: readonly T[], from: number, keyOf: (item: T) => number): Buffer {
  const wanted = all.filter((item) => keyOf(item) >= from);
  const items = wanted.slice(0, PAGE);
  const next = wanted.length > PAGE ? { next: keyOf(items.at(-1)!) + 1 } : {};
  return Buffer.from(JSON.stringify({ [name]: items, ...next }));
}

function textOf(text: string | undefined): Buffer | null {
  return text === undefined ? null : Buffer.from(text);
}
