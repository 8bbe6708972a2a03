/**
 * A log for tests of followers: real blocks, a tree of its own, a signing key, and a server that can be made to lie, to
 * stall and to talk nonsense. Not a test.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { portableCrypto } from '@cunzheng/crypto';
import { computeEntry, EntryType, type VerifiedBlock } from '@cunzheng/ledger';
import { computeRoot, parseTilePath, portableTreeHasher as hasher } from '@cunzheng/merkle';
import {
  formatCheckpoint,
  formatNote,
  formatTrustFolder,
  signNote,
  type TrustFiles,
} from '@cunzheng/receipt';
import { nextBlock, origin, someEntries } from '../../../libs/ledger/test/support.js';
import { verifierKey } from '../../../libs/receipt/test/build-receipt.js';
import { testKey } from '../../../libs/receipt/test/ed25519-key.js';

export { origin };
const key = testKey(1);
const stranger = testKey(9);
const logKey = verifierKey(origin, 'ed25519', key);
const strangerKey = verifierKey(origin, 'ed25519', stranger);

export const trustFiles: TrustFiles = formatTrustFolder({
  policy: { logs: [{ key: logKey }], witnesses: [], groups: [], quorum: 'none' },
});

/** A chain of blocks and the tree over them. */
export class History {
  private constructor(
    readonly blocks: readonly VerifiedBlock[],
    private readonly more: readonly Uint8Array[] = [],
    private readonly moreEvents: readonly ListedEvent[] = [],
  ) {}

  /** Blocks with these numbers of entries; two histories of different `seed` have no block in common but block 0. */
  static of(counts: readonly number[], seed = 0): History {
    const blocks: VerifiedBlock[] = [];
    for (const [height, count] of counts.entries()) {
      const more = height === 0 || seed === 0 ? {} : { entries: someEntries(count, seed * 1_000 + height) };
      blocks.push(nextBlock(blocks.at(-1)?.head ?? null, count, more));
    }
    return new History(blocks);
  }

  static ofBlocks(blocks: readonly VerifiedBlock[]): History {
    return new History(blocks);
  }

  /** The same log with an event and the header of its block behind it, or with an entry that is none. */
  and(body?: Uint8Array): History {
    const leafIndex = this.leaves.length;
    const entries =
      body === undefined ? [new Uint8Array(68)] : [eventEntry(body), new Uint8Array(68).fill(1)];
    const events = body === undefined ? [] : [{ leafIndex, body: Buffer.from(body).toString() }];
    return new History(
      this.blocks,
      [...this.more, ...entries.map((entry) => hasher.hashLeaf(entry))],
      [...this.moreEvents, ...events],
    );
  }

  /** All events, as the log lists them. */
  get events(): readonly ListedEvent[] {
    const ofBlocks = this.blocks.flatMap(({ header, block }) =>
      block.bodies.map(({ ordinal, body }) => ({
        leafIndex: header.firstIndex + ordinal,
        body: Buffer.from(body).toString(),
      })),
    );
    return [...ofBlocks, ...this.moreEvents];
  }

  get leaves(): Uint8Array[] {
    const ofBlocks = this.blocks.flatMap(({ tileHashes: [leafHashes = new Uint8Array(0)] }) =>
      Array.from({ length: leafHashes.length / 32 }, (_, i) => leafHashes.subarray(32 * i, 32 * (i + 1))),
    );
    return [...ofBlocks, ...this.more];
  }

  /** Tree size after the first `blocks` blocks. */
  sizeOf(blocks: number): number {
    return this.blocks[blocks - 1]!.head.treeSize;
  }

  noteAt(treeSize: number, signedBy: 'log' | 'stranger' = 'log'): string {
    const rootHash = computeRoot(hasher, this.leaves.slice(0, treeSize));
    const text = formatCheckpoint({ origin, treeSize, rootHash });
    const [vkey, signer] = signedBy === 'log' ? [logKey, key] : [strangerKey, stranger];
    return formatNote(text, [signNote(text, vkey, (message) => signer.sign(message))]);
  }

  /** The bytes of `tile/…` or a block, as far as there are such. */
  read(path: string): Uint8Array | string | undefined {
    const [, height] = /^blocks\/(\d+)$/.exec(path) ?? [];
    if (height !== undefined) return this.readBlock(Number(height));
    const [, from] = /^events\?from=(\d+)$/.exec(path) ?? [];
    if (from !== undefined) {
      const [first, ...rest] = this.events.filter(({ leafIndex }) => leafIndex >= Number(from));
      // One on a page.
      const next = rest.length === 0 ? {} : { next: rest[0]!.leafIndex };
      return JSON.stringify({ events: first === undefined ? [] : [first], ...next });
    }
    if (!path.startsWith('tile/')) return undefined;
    const { level, index, width } = parseTilePath(path);
    const leaves = this.leaves;
    const span = 256 ** level;
    const first = index * 256 * span;
    if (first + width * span > leaves.length) return undefined;
    return Buffer.concat(
      Array.from({ length: width }, (_, i) =>
        computeRoot(hasher, leaves.slice(first + i * span, first + (i + 1) * span)),
      ),
    );
  }

  private readBlock(height: number): string | undefined {
    const block = this.blocks[height]?.block;
    if (block === undefined) return undefined;
    const bodies = block.bodies.map(({ ordinal, body }) => ({ ordinal, body: Buffer.from(body).toString() }));
    return JSON.stringify({
      header: block.header,
      entries: Buffer.from(block.entries).toString('base64'),
      bodies,
    });
  }
}

interface ListedEvent {
  readonly leafIndex: number;
  readonly body: string;
}

const eventEntry = (body: Uint8Array): Uint8Array => computeEntry(portableCrypto, EntryType.event, body);

type Reply = string | Uint8Array | ((response: ServerResponse) => void) | undefined;

export class LogServer {
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** What the log is at the moment. */
  history = History.of([3]);
  note = '';
  /** Answers instead of the history where it does not give undefined. */
  override: (path: string) => Reply = () => undefined;
  /** Paths asked for, in order. */
  readonly asked: string[] = [];
  /** Bodies that were posted. */
  readonly posted: string[] = [];

  static async start(): Promise<LogServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const log = new LogServer(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}/logs/test`);
    server.on('request', (request, response) => {
      const path = (request.url ?? '').replace('/logs/test/', '');
      if (request.method === 'POST') {
        let body = '';
        request.setEncoding('utf8').on('data', (text: string) => (body += text));
        request.on('end', () => {
          log.posted.push(body);
          response.writeHead(204).end();
        });
        return;
      }
      log.asked.push(path);
      const reply = log.override(path) ?? (path === 'checkpoint' ? log.note : log.history.read(path));
      if (typeof reply === 'function') reply(response);
      else if (reply === undefined) response.writeHead(404).end();
      else response.writeHead(200).end(reply);
    });
    return log;
  }

  /** Publishes the first `blocks` blocks of a history. */
  publish(history: History, blocks?: number): void {
    this.history = history;
    this.note = history.noteAt(blocks === undefined ? history.leaves.length : history.sizeOf(blocks));
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
