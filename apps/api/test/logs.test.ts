/** The public log of the real stack, read by a naive client while it grows: everything fits the signed checkpoints. */
import { createHash } from 'node:crypto';
import { eventually } from '@test/eventually.js';
import { evidenceOf, type Evidence } from '@test/evidence.js';
import { type HttpClient } from '@test/http-client.js';
import { accept, receiptOf } from '@test/receipts.js';
import { TestStack } from '@test/stack.js';
import {
  leafHash,
  NaiveLogClient,
  pathOf,
  rootFromPath,
  rootOf,
  type Checkpoint,
} from './naive-log-client.js';

interface BlockJson {
  header: string;
  entries: string;
  bodies: { ordinal: number; body: string }[];
}

const digest = (name: string, data: string): Buffer => createHash(name).update(data).digest();

/** An entry from its definition: `43 5A 01 ‖ type ‖ SHA-256(body) ‖ SM3(body)`. */
const entryOf = (type: number, body: string): Buffer =>
  Buffer.concat([Buffer.from([0x43, 0x5a, 0x01, type]), digest('sha256', body), digest('sm3', body)]);

describe('the public log while it grows', () => {
  let stack: TestStack;
  let tenant: HttpClient;
  let log: NaiveLogClient;
  let vkey: string;
  /** Checkpoints as they were served when they were the newest. */
  const seen: Checkpoint[] = [];

  beforeAll(async () => {
    stack = await TestStack.create();
    const api = await stack.startApi();
    await stack.startWorker();
    tenant = api.http.as((await stack.createTenant()).token);
    const { id } = await accept(tenant, evidenceOf());
    await receiptOf(tenant, id);
    const [row] = await stack.query<{ name: string; verifier_key: string }>(
      'SELECT name, verifier_key FROM log',
    );
    vkey = row!.verifier_key;
    log = new NaiveLogClient(api.http, `/logs/${row!.name}`, vkey);
    // Open event, record, and the header of each block: 3 when they came in one, 4 in two.
    await eventually('its checkpoint is published', async () => {
      const answer = await log.get('checkpoint');
      return answer.status === 200 && Number(answer.text.split('\n')[1]) >= 3;
    });
  });

  afterAll(() => stack.close());

  /** Sends `count` records and waits until a checkpoint covers them. */
  async function grow(count: number): Promise<Checkpoint> {
    const { size } = await log.checkpoint();
    const items = Array.from({ length: count }, () => evidenceOf());
    const answer = await tenant.post('/v1/evidence/batch', { items });
    expect(answer.status).toBe(200);
    return await eventually(`the log covers ${count} more records`, async () => {
      const next = await log.checkpoint();
      return next.size > size + count && next;
    });
  }

  test('at every size, entries and tiles give the root that is signed', async () => {
    for (const count of [1, 3, 120, 129, 1, 200, 500, 2]) {
      const checkpoint = await grow(count);
      seen.push(checkpoint);
      const entries = await log.entries(checkpoint.size);
      expect(rootOf(entries.map(leafHash)).toString('base64')).toBe(checkpoint.root);
      expect((await log.rootFromTiles(checkpoint.size)).toString('base64')).toBe(checkpoint.root);
    }
  });

  test('partial tiles of every published size are answered after the full ones have replaced them', async () => {
    const { sizes } = await log.fetchJson<{ sizes: number[] }>('checkpoints');
    expect(sizes).toEqual(expect.arrayContaining(seen.map(({ size }) => size)));
    expect(sizes.some((size) => size < 256) && sizes.some((size) => size > 768)).toBe(true);
    const newest = await log.checkpoint();
    const leaves = (await log.entries(newest.size)).map(leafHash);
    for (const size of sizes) {
      const checkpoint = await log.checkpoint(size);
      expect(checkpoint.size).toBe(size);
      expect((await log.rootFromTiles(size)).toString('base64')).toBe(checkpoint.root);
      expect(rootOf((await log.entries(size)).map(leafHash)).toString('base64')).toBe(checkpoint.root);
      // Consistency, the plain way: the old tree is what the new one begins with.
      expect(rootOf(leaves.slice(0, size)).toString('base64')).toBe(checkpoint.root);
    }
    for (const { note, size } of seen) expect((await log.checkpoint(size)).note).toEqual(note);
  });

  test('proofs are those of RFC 6962, for the newest checkpoint and for older ones', async () => {
    const { size: newest } = await log.checkpoint();
    const leaves = (await log.entries(newest)).map(leafHash);
    for (const size of [seen[0]!.size, seen[3]!.size, newest]) {
      for (const index of [0, 1, Math.floor(size / 3), size - 2, size - 1]) {
        const { index: stated, path, checkpoint } = await log.proof(index, size);
        expect([stated, checkpoint.size]).toEqual([index, size]);
        expect(path).toEqual(pathOf(index, leaves.slice(0, size)));
        expect(rootFromPath(index, size, leaves[index]!, path).toString('base64')).toBe(checkpoint.root);
      }
    }
    const { checkpoint, path } = await log.proof(7);
    expect(rootFromPath(7, checkpoint.size, leaves[7]!, path).toString('base64')).toBe(checkpoint.root);
  });

  test('a proof is only made for leaves and sizes that were published', async () => {
    const { size } = await log.checkpoint();
    for (const path of [
      `${size}`,
      `${size - 1}?size=${seen[0]!.size}`,
      `0?size=${size + 1}`,
      `0?size=${size - 1}`,
      '0?size=0',
    ]) {
      const answer = await log.get(`proofs/${path}`);
      expect([path, answer.status, answer.problem]).toEqual([path, 404, 'not-found']);
    }
    for (const query of [
      'size=x',
      'size=-1',
      'size=01',
      'size=1&size=2',
      'size=9007199254740992',
      'sise=1',
    ]) {
      expect([query, (await log.get(`proofs/0?${query}`)).problem]).toEqual([query, 'malformed-request']);
    }
  });

  test('blocks replay the log without the tree, bytes exact, headers linked', async () => {
    const { size } = await log.checkpoint();
    const entries = await log.entries(size);
    const { blocks } = await log.fetchJson<{
      blocks: { height: number; firstIndex: number; count: number; header: string }[];
    }>('blocks');
    let treeSize = 0;
    let previous = '0'.repeat(64);
    for (const [height, listed] of blocks.entries()) {
      const block = await log.fetchJson<BlockJson>(`blocks/${height}`);
      const header = JSON.parse(block.header) as Record<string, unknown>;
      const count = header['count'] as number;
      expect(listed).toEqual({ height, firstIndex: treeSize, count, header: block.header });
      expect(header).toMatchObject({ height, firstIndex: treeSize, previous });
      const bytes = Buffer.from(block.entries, 'base64');
      expect(bytes).toEqual(Buffer.concat(entries.slice(treeSize, treeSize + count)));
      const leaves = entries.slice(treeSize, treeSize + count).map(leafHash);
      expect(rootOf(leaves).toString('hex')).toBe(header['batchRoot']);
      expect(entryOf(0, block.header)).toEqual(entries[treeSize + count]);
      for (const { ordinal, body } of block.bodies)
        expect(entryOf(2, body)).toEqual(entries[treeSize + ordinal]);
      expect(block.bodies).toHaveLength(height === 0 ? 1 : 0);
      previous = digest('sha256', block.header).toString('hex');
      treeSize += count + 1;
    }
    expect(treeSize).toBe(size);
  });

  test('the list of blocks comes in pages, and a page that has a next one is for ever', async () => {
    const all = await log.fetchJson<{ blocks: unknown[]; next?: number }>('blocks');
    expect(all.next).toBeUndefined();
    const pages: unknown[] = [];
    for (let from: number | undefined = 0; from !== undefined;) {
      const answer = await log.get(`blocks?from=${from}&limit=2`);
      const page = answer.json<{ blocks: unknown[]; next?: number }>();
      expect(answer.headers['cache-control']).toBe(
        page.next === undefined ? 'no-cache' : 'public, max-age=31536000, immutable',
      );
      pages.push(...page.blocks);
      from = page.next;
    }
    expect(pages).toEqual(all.blocks);
    expect(await log.fetchJson('blocks?from=9007199254740991')).toEqual({ blocks: [] });
    const sizes = await log.fetchJson<{ sizes: number[] }>('checkpoints');
    const first = await log.fetchJson<{ sizes: number[]; next: number }>('checkpoints?limit=3');
    const rest = await log.fetchJson<{ sizes: number[] }>(`checkpoints?from=${first.next}`);
    expect([...first.sizes, ...rest.sizes]).toEqual(sizes.sizes);
  });

  test('events begin with the opening of the log, whose entry is leaf 0', async () => {
    const { events, next } = await log.fetchJson<{
      events: { leafIndex: number; height: number; body: string }[];
      next?: number;
    }>('events');
    expect(next).toBeUndefined();
    expect(events).toMatchObject([{ leafIndex: 0, height: 0 }]);
    expect(entryOf(2, events[0]!.body)).toEqual((await log.entries(2))[0]);
    expect(JSON.parse(events[0]!.body)).toMatchObject({ event: 'open', verifierKeys: [vkey] });
    expect(await log.fetchJson('events?from=1')).toEqual({ events: [] });
  });

  test('log.v1.json describes the log as its opening and its checkpoints do', async () => {
    const { origin } = await log.checkpoint();
    expect(await log.fetchJson('log.v1.json')).toEqual({
      format: 'cunzheng/log@v1',
      name: log.prefix.slice('/logs/'.length),
      origin,
      path: log.prefix,
      state: 'open',
      openedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown,
      operator: { name: 'Cunzheng development operator' },
      verifierKeys: [{ vkey, fromSize: 1 }],
      minTimestamps: 0,
      policy: `log ${vkey}\nquorum none\n`,
      tileHeight: 8,
      limits: {
        entrySizeBytes: 68,
        maxBlockHeaderSizeBytes: 4096,
        maxEventSizeBytes: 1_048_576,
        maxBlocksPerPage: 1000,
        maxEventsPerPage: 100,
        maxCheckpointsPerPage: 1000,
      },
      submission: { path: '/v1/evidence', authentication: 'api-key', documentation: '/openapi.json' },
    });
  });

  test('the record of a receipt is found in the public log by its leaf index alone', async () => {
    const { id, entry } = await accept(tenant, evidenceOf());
    const { leafIndex } = await eventually('anchored', async () => {
      const evidence = (await tenant.get(`/v1/evidence/${id}`)).json<Evidence>();
      return evidence.state === 'anchored' && evidence;
    });
    const { checkpoint, path } = await eventually('published', async () => {
      const answer = await log.get(`proofs/${leafIndex}`);
      return answer.status === 200 && (await log.proof(leafIndex!));
    });
    const leaf = leafHash(Buffer.from(entry, 'base64'));
    expect(rootFromPath(leafIndex!, checkpoint.size, leaf, path).toString('base64')).toBe(checkpoint.root);
  });

  test('a client that reads without pause sees only what fits', async () => {
    const state = { over: false };
    let rounds = 0;
    const grows = async (): Promise<void> => {
      for (const count of [40, 300, 7, 250, 1, 60]) await grow(count);
      // However slow the reader is.
      while (rounds < 4 && !state.over) await grow(1);
    };
    const reads = async (): Promise<void> => {
      let before = await log.checkpoint();
      for (; !state.over; rounds++) {
        const checkpoint = await log.checkpoint();
        expect(checkpoint.size).toBeGreaterThanOrEqual(before.size);
        expect((await log.rootFromTiles(before.size)).toString('base64')).toBe(before.root);
        expect((await log.rootFromTiles(checkpoint.size)).toString('base64')).toBe(checkpoint.root);
        const index = (rounds * 7919) % checkpoint.size;
        const entry = (await log.entries(checkpoint.size))[index]!;
        const proof = await log.proof(index, checkpoint.size);
        expect(rootFromPath(index, checkpoint.size, leafHash(entry), proof.path).toString('base64')).toBe(
          checkpoint.root,
        );
        before = checkpoint;
      }
    };
    await Promise.all([grows, reads].map((work) => work().finally(() => (state.over = true))));
  });
});
