/**
 * Several logs in one service: one that still grows, a closed one with a row in the database, and one that only has its
 * directory. The closed one is large enough for three levels of tiles, and is written by the test so that it can stop
 * between a durable block and its published checkpoint.
 */
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { BlockBuilder, formatOpenEvent, type VerifiedBlock } from '@cunzheng/ledger';
import { logDirectory, openLedgerWriter, type LedgerWriter } from '@cunzheng/ledger/node';
import { eventually } from '@test/eventually.js';
import { evidenceOf } from '@test/evidence.js';
import { type HttpClient } from '@test/http-client.js';
import { accept } from '@test/receipts.js';
import { TestStack } from '@test/stack.js';
import { leafHash, NaiveLogClient, pathOf, rootFromPath, rootOf } from './naive-log-client.js';

const TIME = '2025-01-01T00:00:00.000Z';
const ENTRIES_PER_BLOCK = 22_000;
const KEY = 'AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f';

/** Entries as of records nobody knows. */
function someEntries(count: number, seed: number): Buffer {
  const entries = Buffer.alloc(count * 68);
  for (let i = 0; i < count; i++) {
    entries.set([0x43, 0x5a, 0x01, 0x01], i * 68);
    entries.set(createHash('sha512').update(`${seed}:${i}`).digest(), i * 68 + 4);
  }
  return entries;
}

/** A log written by the test: what the sequencer does, step by step, without real signatures. */
class WrittenLog {
  readonly origin: string;

  private constructor(
    readonly name: string,
    private readonly stack: TestStack,
    private readonly writer: LedgerWriter,
    private readonly id: number | undefined,
  ) {
    this.origin = `log.example/logs/${name}`;
  }

  static async open(stack: TestStack, name: string, { listed }: { listed: boolean }): Promise<WrittenLog> {
    const origin = `log.example/logs/${name}`;
    const dir = logDirectory(join(stack.directory, 'ledger'), name);
    mkdirSync(join(stack.directory, 'ledger'), { recursive: true });
    const writer = await openLedgerWriter({ dir, origin, crypto: nativeCrypto });
    const insert = `INSERT INTO log (name, origin, verifier_key, closed_at) VALUES ($1, $2, $3, '2026-01-01Z') RETURNING id`;
    const rows = listed
      ? await stack.query<{ id: number }>(insert, [name, origin, `${origin}+00000000+${KEY}`])
      : [];
    const log = new WrittenLog(name, stack, writer, rows[0]?.id);
    const open = {
      createdAt: TIME,
      log: origin,
      verifierKeys: [`${origin}+00000000+${KEY}`],
      operator: { name: '示例存证', creditCode: '91110000X' },
    };
    await log.publish(await log.append({ events: [formatOpenEvent(open)] }));
    return log;
  }

  /** A block that is durable, with its tiles, and not under a published checkpoint. */
  async append({
    events = [],
    entries = 0,
  }: {
    events?: readonly Uint8Array[];
    entries?: number;
  }): Promise<VerifiedBlock> {
    const builder = new BlockBuilder(this.writer.chain, this.writer.head);
    for (const event of events) builder.appendEvent(event);
    if (entries > 0) builder.append(someEntries(entries, builder.firstIndex));
    const block = builder.finish(TIME);
    const { height, firstIndex, count } = block.header;
    if (this.id !== undefined) {
      const values = [this.id, height, firstIndex, count, Buffer.from(block.block.header)];
      await this.stack.query(
        'INSERT INTO block (log, height, first_index, count, header) VALUES ($1, $2, $3, $4, $5)',
        values,
      );
      for (const { ordinal, body } of block.block.bodies) {
        await this.stack.query('INSERT INTO log_event VALUES ($1, $2, $3, $4)', [
          this.id,
          height,
          ordinal,
          body,
        ]);
      }
    }
    await this.writer.appendBlock(block);
    await this.writer.writeTiles();
    return block;
  }

  /** First to the database, then to the file, as the sequencer does it. */
  async publish({ head }: VerifiedBlock): Promise<void> {
    await this.sign(head);
    await this.writer.publishCheckpoint(this.noteOf(head));
  }

  async sign(head: VerifiedBlock['head']): Promise<void> {
    if (this.id === undefined) return;
    const values = [this.id, head.treeSize, head.height, this.noteOf(head)];
    await this.stack.query(
      'INSERT INTO checkpoint (log, tree_size, height, note) VALUES ($1, $2, $3, $4)',
      values,
    );
  }

  async publishFile({ head }: VerifiedBlock): Promise<void> {
    await this.writer.publishCheckpoint(this.noteOf(head));
  }

  close(): Promise<void> {
    return this.writer.close();
  }

  private noteOf({ treeSize, frontier }: VerifiedBlock['head']): Buffer {
    const root = Buffer.from(frontier.root()).toString('base64');
    return Buffer.from(`${this.origin}\n${treeSize}\n${root}\n\n— ${this.origin} AAAAAA==\n`);
  }
}

/** An event of a kind that this version does not know, about as large as an event can be. */
const largeEvent = (log: string, note: string): Buffer =>
  Buffer.from(
    `{"createdAt":"${TIME}","event":"renewal","format":"cunzheng/event@v1","log":"${log}","note":"${note.repeat(1_040_000)}"}`,
  );

describe('several logs side by side', () => {
  let stack: TestStack;
  let http: HttpClient;
  let closed: WrittenLog;
  let unlisted: WrittenLog;
  let client: NaiveLogClient;
  let current: string;

  beforeAll(async () => {
    stack = await TestStack.create();
    closed = await WrittenLog.open(stack, 'y2025', { listed: true });
    unlisted = await WrittenLog.open(stack, 'elsewhere', { listed: false });
    mkdirSync(join(stack.directory, 'ledger', 'no-log-at-all'));
    const api = await stack.startApi();
    http = api.http;
    await stack.startWorker();
    const tenant = await stack.createTenant();
    await accept(http.as(tenant.token), evidenceOf());
    const [row] = await stack.query<{ name: string }>('SELECT name FROM log WHERE closed_at IS NULL');
    current = row!.name;
    await eventually(
      'a checkpoint is published',
      async () => (await http.get(`/logs/${current}/checkpoint`)).status === 200,
    );
    client = new NaiveLogClient(http, '/logs/y2025');
  });

  afterAll(async () => {
    await closed.close();
    await unlisted.close();
    await stack.close();
  });

  test('GET /logs lists them all, with their state', async () => {
    const { logs } = (await http.get('/logs')).json<{ logs: { name: string }[] }>();
    const byName = (left: { name: string }, right: { name: string }): number =>
      left.name < right.name ? -1 : 1;
    expect(logs.sort(byName)).toEqual(
      [
        {
          name: current,
          origin: `localhost/logs/${current}`,
          state: 'open',
          openedAt: expect.any(String) as unknown,
          path: `/logs/${current}`,
        },
        {
          name: 'elsewhere',
          origin: unlisted.origin,
          state: 'closed',
          openedAt: TIME,
          path: '/logs/elsewhere',
        },
        {
          name: 'y2025',
          origin: closed.origin,
          state: 'closed',
          openedAt: TIME,
          closedAt: '2026-01-01T00:00:00.000Z',
          path: '/logs/y2025',
        },
      ].sort(byName),
    );
  });

  test('a closed log is described without a place to submit to', async () => {
    const description = await client.fetchJson<Record<string, unknown>>('log.v1.json');
    expect(description).toMatchObject({
      state: 'closed',
      origin: closed.origin,
      operator: { name: '示例存证', creditCode: '91110000X' },
    });
    expect(description['submission']).toBeUndefined();
  });

  test('a log without a row is served from its files alone', async () => {
    const log = new NaiveLogClient(http, '/logs/elsewhere');
    const { size, root } = await log.checkpoint();
    expect((await log.rootFromTiles(size)).toString('base64')).toBe(root);
    expect((await log.checkpoint(size)).root).toBe(root);
    expect((await log.proof(0)).checkpoint.size).toBe(size);
    expect(await log.fetchJson<{ blocks: unknown[] }>('blocks')).toMatchObject({ blocks: [{ height: 0 }] });
    expect(await log.fetchJson('checkpoints')).toEqual({ sizes: [size] });
    expect((await log.get('events')).problem).toBe('not-found');
    expect(await log.fetchJson('log.v1.json')).toMatchObject({ origin: unlisted.origin, state: 'closed' });
  });

  test('what is not a log is not found', async () => {
    for (const name of [
      'no-log-at-all',
      'nobody',
      'Y2025',
      '..',
      '%2e%2e',
      'y2025%2f..',
      'a'.repeat(64),
      'a'.repeat(5000),
    ]) {
      const answer = await http.get(`/logs/${name}/checkpoint`);
      expect([name, answer.status, answer.problem]).toEqual([name, 404, 'not-found']);
    }
  });

  test('what is durable and not published does not exist yet, step by step', async () => {
    const before = await client.checkpoint();
    const block = await closed.append({ entries: 300 });
    const { treeSize } = block.head;
    const paths = [
      `tile/0/000.p/${before.size + 1}`,
      'tile/0/000',
      'tile/1/000.p/1',
      'tile/entries/000',
      `tile/entries/000.p/${before.size + 1}`,
      'blocks/1',
      `checkpoints/${treeSize}`,
      `proofs/${before.size}`,
      `proofs/0?size=${treeSize}`,
    ];
    const statuses = async (): Promise<number[]> =>
      await Promise.all(paths.map(async (path) => (await client.get(path)).status));
    expect(await statuses()).toEqual(paths.map(() => 404));
    await closed.sign(block.head);
    expect(await statuses()).toEqual(paths.map(() => 404));
    expect(await client.fetchJson('blocks?from=1')).toEqual({ blocks: [] });
    expect(await client.fetchJson('checkpoints')).toEqual({ sizes: [before.size] });
    expect((await client.checkpoint()).note).toEqual(before.note);
    await closed.publishFile(block);
    expect(await statuses()).toEqual(paths.map(() => 200));
    expect(await client.fetchJson('checkpoints')).toEqual({ sizes: [before.size, treeSize] });
  });

  test('three levels of tiles: every hash, every old size, proofs', async () => {
    for (let block = 0; block < 3; block++)
      await closed.publish(await closed.append({ entries: ENTRIES_PER_BLOCK }));
    const { size, root } = await client.checkpoint();
    expect(size).toBeGreaterThan(65_536);
    const leaves = (await client.entries(size)).map(leafHash);
    expect(rootOf(leaves).toString('base64')).toBe(root);
    let level: Buffer[] = leaves;
    for (let number = 0; number < 3; number++) {
      const tiles: Buffer[] = [];
      for (let index = 0; index * 256 < level.length; index++) {
        const path = `tile/${number}/${String(index).padStart(3, '0')}`;
        const width = Math.min(256, level.length - index * 256);
        tiles.push(await client.fetch(width === 256 ? path : `${path}.p/${width}`));
      }
      // Not by `toEqual`, which takes seconds for two megabytes.
      expect(Buffer.concat(tiles).equals(Buffer.concat(level))).toBe(true);
      level = Array.from({ length: Math.floor(level.length / 256) }, (_, i) =>
        rootOf(level.slice(i * 256, (i + 1) * 256)),
      );
    }
    expect((await client.get('tile/3/000.p/1')).status).toBe(404);
    const { sizes } = await client.fetchJson<{ sizes: number[] }>('checkpoints');
    for (const old of sizes)
      expect((await client.rootFromTiles(old)).toString('base64')).toBe((await client.checkpoint(old)).root);
    for (const index of [0, 255, 256, 65_535, 65_536, size - 1]) {
      const { path, checkpoint } = await client.proof(index);
      expect(path).toEqual(pathOf(index, leaves));
      expect(rootFromPath(index, checkpoint.size, leaves[index]!, path).toString('base64')).toBe(root);
    }
  });

  test('events come in pages that are bounded in bytes, from any leaf index, unknown kinds included', async () => {
    const bodies = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => largeEvent(closed.origin, letter));
    const first = await closed.append({ events: bodies.slice(0, 5), entries: 3 });
    const second = await closed.append({ events: bodies.slice(5) });
    await closed.publish(first);
    type Events = { events: { leafIndex: number; height: number; body: string }[]; next?: number };
    const page = await client.fetchJson<Events>('events?from=1');
    expect(page.events.map(({ leafIndex }) => leafIndex)).toEqual(
      [0, 1, 2, 3].map((ordinal) => first.header.firstIndex + ordinal),
    );
    expect(
      page.events.map(({ body }) =>
        Buffer.from(body).equals(bodies[page.events.findIndex((event) => event.body === body)]!),
      ),
    ).toEqual([true, true, true, true]);
    const rest = await client.fetchJson<Events>(`events?from=${page.next}`);
    expect(rest).toEqual({
      events: [
        { leafIndex: first.header.firstIndex + 4, height: first.header.height, body: bodies[4]!.toString() },
      ],
    });
    await closed.publish(second);
    const later = await client.fetchJson<Events>(`events?from=${first.header.firstIndex + 5}&limit=1`);
    expect(later.events.map(({ leafIndex }) => leafIndex)).toEqual([second.header.firstIndex]);
    expect((await client.fetchJson<Events>('events?limit=1')).next).toBe(1);
    expect((await client.fetchJson<Events>(`events?from=${second.head.treeSize}`)).events).toEqual([]);
  });
});
