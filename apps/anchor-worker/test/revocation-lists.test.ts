/** Revocation lists from distribution points: which are taken, when they are asked for again, and what they say of a chain. */
import { Readable } from 'node:stream';
import { type Pool } from 'pg';
import { pino } from 'pino';
import { type Agent } from 'undici';
import { createPool, storeRevocationList } from '@cunzheng/persistence';
import { policyFromSettings } from '@cunzheng/webhooks';
import { parseCertificate, parseCrl } from '@cunzheng/x509';
import { eventually } from '@test/eventually.js';
import { ListServer } from '@test/list-server.js';
import { CA_EXTENSIONS, type Issued, OpensslPki, TSA_EXTENSIONS } from '@test/openssl-pki.js';
import { answer, hang, type Behaviour } from '@test/receiver.js';
import { createTestDatabase, type TestDatabase } from '@test/test-database.js';
import { describeWithTool } from '@test/tools.js';
import { WorkerMetrics } from '../src/metrics/worker-metrics.js';
import { createGuardedAgent } from '../src/outbound/guarded-agent.js';
import { MAX_LIST_BYTES } from '../src/revocation/fetch-list.js';
import { judgeChain, type Link } from '../src/revocation/judge-chain.js';
import { ListStore } from '../src/revocation/list-store.js';

const HOUR_MS = 3_600_000;
const INTERVAL_MS = 1_000;
const TIMEOUT_MS = 60_000;
const SHORT_TIMEOUT_MS = 300;

const endless: Behaviour = (response) => {
  const chunk = Buffer.alloc(4_096);
  const source = Readable.from(
    (function* () {
      for (;;) yield chunk;
    })(),
  );
  response.writeHead(200).on('close', () => source.destroy());
  source.pipe(response);
};

const begun: Behaviour = (response) => {
  response.writeHead(200).write('0');
};

describeWithTool('openssl', 'revocation lists', () => {
  const pki = new OpensslPki();
  const root = pki.issue({ name: 'root', extensions: CA_EXTENSIONS });
  const stranger = pki.issue({ name: 'stranger', extensions: CA_EXTENSIONS });
  const lines: string[] = [];
  const agents: Agent[] = [];
  let nowMs = Date.now();
  let lists: ListServer;
  let database: TestDatabase;
  let pool: Pool;
  let leaf: Issued;
  let published = 0;

  beforeAll(async () => {
    lists = await ListServer.start();
    database = await createTestDatabase();
    pool = createPool({ connectionString: database.workerUrl, max: 2 });
    leaf = pki.issue({
      name: 'leaf',
      issuer: root,
      extensions: [...TSA_EXTENSIONS, lists.extension('leaf')],
    });
  });
  afterAll(async () => {
    for (const agent of agents) await agent.destroy();
    await lists.stop();
    await pool.end();
    await database.drop();
    pki.remove();
  });
  beforeEach(() => {
    nowMs = Date.now();
    lines.length = 0;
  });

  const listOf = (
    issuer: Issued,
    {
      from = -HOUR_MS,
      until = 24 * HOUR_MS,
      revoked = false,
    }: { from?: number; until?: number; revoked?: boolean } = {},
  ): Uint8Array => {
    const times = { thisUpdate: new Date(nowMs + from), nextUpdate: new Date(nowMs + until) };
    const at = new Date('2025-01-01');
    return pki.revocationList(
      issuer,
      revoked ? [{ certificate: leaf, at, reason: 'keyCompromise' }] : [],
      times,
    );
  };
  const createStore = (environment: 'test' | 'production' = 'test', timeoutMs = TIMEOUT_MS): ListStore => {
    const settings = { NODE_ENV: environment, WEBHOOK_PORTS: '443', WEBHOOK_ALLOWED_NETWORKS: '' };
    const agent = createGuardedAgent({ policy: policyFromSettings(settings), timeoutMs });
    agents.push(agent);
    const timing = { timeoutMs, intervalMs: INTERVAL_MS, now: () => nowMs };
    const options = { ...timing, stop: new AbortController().signal };
    const logger = pino({}, { write: (line: string) => lines.push(line) });
    return new ListStore(options, agent, pool, logger, new WorkerMetrics(true));
  };
  const linkTo = (...urls: string[]): Link => ({
    certificate: parseCertificate(leaf.der),
    issuer: parseCertificate(root.der),
    urls,
  });
  const publish = (list: Uint8Array | Behaviour): string => {
    const name = `list-${published++}`;
    lists.publish(name, list);
    return lists.url(name);
  };

  test.each<[string, () => Uint8Array | Behaviour, RegExp, number?]>([
    ['that is not there', () => answer(404), /HTTP 404/],
    ['that is somewhere else', () => answer(302, { location: lists.url('leaf') }), /HTTP 302/],
    ['without an end', () => endless, /more than 65536 bytes/],
    ['that is too large', () => new Uint8Array(MAX_LIST_BYTES + 1), /more than 65536 bytes/],
    ['that does not come', () => hang, /timeout/i, SHORT_TIMEOUT_MS],
    ['of which the rest does not come', () => begun, /timeout/i, SHORT_TIMEOUT_MS],
    ['that is none', () => Buffer.from('not found'), /der-invalid/],
    ['that is a certificate', () => root.der, /structure-invalid/],
    ['of another issuer', () => listOf(stranger), /CN=stranger, another issuer/],
    ['that has expired', () => listOf(root, { from: -2 * HOUR_MS, until: -HOUR_MS }), /the list expired at/],
    ['of the future', () => listOf(root, { from: HOUR_MS }), /dated in the future/],
    [
      'that is forged',
      () => {
        const list = listOf(root);
        list[list.length - 1]! ^= 1;
        return list;
      },
      /not signed by C=CN, O=Test, CN=root/,
    ],
  ])('a list %s is not taken', async (_, make, reason, timeoutMs = TIMEOUT_MS) => {
    const url = publish(make());
    const store = createStore('test', timeoutMs);
    expect(await store.fetch({ url, link: linkTo(url) })).toBe(false);
    expect(store.find(url, linkTo(url))).toBeUndefined();
    expect(lines.join('')).toMatch(reason);
  });

  test('a private address, a password and a dead server are nothing to fetch from', async () => {
    const url = publish(listOf(root));
    const before = lists.countRequests(url.split('/').at(-1)!);
    expect(await createStore('production').fetch({ url, link: linkTo(url) })).toBe(false);
    expect(lines.join('')).toContain('the address is not public');
    const withPassword = url.replace('//', '//user:secret@');
    expect(await createStore().fetch({ url: withPassword, link: linkTo(url) })).toBe(false);
    expect(lists.countRequests(url.split('/').at(-1)!)).toBe(before);
    const dead = await ListServer.start();
    const nowhere = dead.url('list');
    await dead.stop();
    expect(await createStore().fetch({ url: nowhere, link: linkTo(nowhere) })).toBe(false);
  });

  test('what fails is left alone for a while, and another address of the same list is asked', async () => {
    const [bad, good] = [publish(answer(503)), publish(listOf(root))];
    const link = linkTo(bad, good);
    const store = createStore();
    expect(store.chooseSources([link]).map(({ url }) => url)).toEqual([bad]);
    await store.fetch({ url: bad, link });
    expect(store.chooseSources([link]).map(({ url }) => url)).toEqual([good]);
    nowMs += INTERVAL_MS;
    expect(store.chooseSources([link]).map(({ url }) => url)).toEqual([bad]);
  });

  test('a list is kept until it expires, asked for again halfway, and there again after a restart', async () => {
    const url = publish(listOf(root));
    const link = linkTo(url);
    const store = createStore();
    expect(await store.fetch({ url, link })).toBe(true);
    const held = store.find(url, link);
    expect(held).toBeDefined();
    expect(store.chooseSources([link])).toEqual([]);
    nowMs += 12 * HOUR_MS;
    expect(store.chooseSources([]).map((source) => source.url)).toEqual([url]);
    // The same list again is the same one.
    await store.fetch({ url, link });
    expect(store.find(url, link)?.id).toBe(held?.id);
    const restarted = createStore();
    expect(restarted.find(url, link)).toBeUndefined();
    await restarted.load();
    expect(restarted.find(url, link)?.id).toBe(held?.id);
    nowMs += 13 * HOUR_MS;
    expect(store.find(url, link)).toBeUndefined();
  });

  test('a list that may be used for a year is asked for every day, and an older one does not take its place', async () => {
    const until = 365 * 24 * HOUR_MS;
    const older = listOf(root, { from: -2 * HOUR_MS, until });
    const name = `list-${published++}`;
    lists.publish(name, listOf(root, { until, revoked: true }));
    const url = lists.url(name);
    const link = linkTo(url);
    const store = createStore();
    await store.fetch({ url, link });
    const held = store.find(url, link);
    nowMs += 24 * HOUR_MS;
    expect(store.chooseSources([]).map((source) => source.url)).toEqual([url]);
    lists.publish(name, older);
    expect(await store.fetch({ url, link })).toBe(false);
    expect(lines.join('')).toContain('older than the one that was there');
    expect(store.find(url, link)?.id).toBe(held?.id);
  });

  test('a list that another worker is storing at the same time is one list', async () => {
    const list = { url: 'http://lists.example/same', der: listOf(root), nextUpdateMs: nowMs + HOUR_MS };
    const other = await pool.connect();
    try {
      await other.query('BEGIN');
      const first = await storeRevocationList(other, list);
      const second = storeRevocationList(pool, list);
      await eventually('it waits for the other', async () => {
        const { rows } = await other.query(
          `SELECT 1 FROM pg_locks waiting JOIN pg_locks held USING (pid)
           WHERE NOT waiting.granted AND held.relation = 'revocation_list'::regclass
             AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        );
        return rows.length > 0;
      });
      await other.query('COMMIT');
      expect(await second).toBe(first);
    } finally {
      other.release();
    }
  });

  test('what lists say of a chain', async () => {
    const middle = pki.issue({ name: 'middle', issuer: root, extensions: CA_EXTENSIONS });
    const issue = (name: string, issuer: Issued): Issued =>
      pki.issue({ name, issuer, extensions: [...TSA_EXTENSIONS, lists.extension(name)] });
    const below = issue('below', middle);
    const judge = async (path: readonly Issued[], list?: Uint8Array, known: readonly Uint8Array[] = []) => {
      const hold = (der: Uint8Array, id: number) => ({ id, crl: parseCrl(der) });
      const find = () => (list === undefined ? undefined : hold(list, 7));
      const chain = path.map(({ der }) => parseCertificate(der));
      const { missing, ...judged } = await judgeChain(chain, nowMs, find, known.map(hold));
      return { ...judged, missing: missing.flatMap(({ urls }) => urls) };
    };
    const url = lists.url('leaf');
    expect(await judge([leaf, root])).toEqual({ revocation: 'pending', lists: [], missing: [url] });
    expect(await judge([leaf, root], listOf(stranger))).toEqual({
      revocation: 'pending',
      lists: [],
      missing: [url],
    });
    expect(await judge([leaf, root], listOf(root))).toEqual({ revocation: 'good', lists: [7], missing: [] });
    expect(await judge([leaf, root], undefined, [listOf(root)])).toEqual({
      revocation: 'good',
      lists: [0],
      missing: [],
    });
    expect(await judge([leaf, root], listOf(root, { revoked: true }))).toMatchObject({
      revocation: 'revoked',
      lists: [7],
      revoked: { code: 'revoked' },
    });
    // Nobody says where the list of the authority between is.
    expect(await judge([below, middle, root], listOf(middle))).toEqual({
      revocation: 'unknown',
      lists: [7],
      missing: [],
    });
    expect(await judge([root])).toEqual({ revocation: 'good', lists: [], missing: [] });
  });
});
