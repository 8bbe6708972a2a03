/**
 * Events in the database: which blocks an attested checkpoint tells of, positions in the order of commits, schedules
 * that workers agree on, and what forgetting leaves.
 */
import pg from 'pg';
import {
  forgetOldEvents,
  giveUpOldDeliveries,
  leaseDueDeliveries,
  publishOutbox,
  storeAttestation,
  WEBHOOK_LOCK,
} from '@cunzheng/persistence';
import { createTestDatabase, type TestDatabase } from '@test/test-database.js';

const SEED = `
  INSERT INTO organization (id, name) VALUES ('first', 'First'), ('second', 'Second');
  INSERT INTO log (name, origin, verifier_key, policy, policy_since)
    VALUES ('main', 'log.example/logs/main', 'k', 'p', now() - interval '1 day');
  -- Blocks of one parcel with two records and their header: three entries each.
  INSERT INTO block (log, height, first_index, count, header, anchored_at)
    SELECT 1, h, h * 3, 2, '\\x7b7d', now() FROM generate_series(0, 5) h;
  INSERT INTO checkpoint (log, tree_size, height, note) SELECT 1, h * 3 + 3, h, '\\x00' FROM generate_series(0, 5) h;
  INSERT INTO parcel (log, n, entries, height, first_leaf)
    SELECT 1, 2, decode(repeat('00', 136), 'hex'), h, h * 3 FROM generate_series(0, 5) h;
  INSERT INTO evidence (organization, id, parcel, ord, prefix, fingerprints, secrets, content, tag)
    SELECT o.key, gen_random_uuid(), p.id, o.key - 1, 7, '\\x00', '\\x00', '\\x00', o.id FROM parcel p, organization o`;

describe('events and deliveries', () => {
  let database: TestDatabase;
  let owner: pg.Pool;
  let worker: pg.Pool;
  const now = new Date();

  beforeEach(async () => {
    database = await createTestDatabase();
    owner = new pg.Pool({ connectionString: database.ownerUrl, max: 2 });
    worker = new pg.Pool({ connectionString: database.workerUrl, max: 3 });
    await owner.query(SEED);
  });

  afterEach(async () => {
    await Promise.all([owner.end(), worker.end()]);
    await database.drop();
  });

  const addEndpoint = async (organization: number, types: string[], tags: string[] = []): Promise<string> => {
    const { rows } = await owner.query<{ id: string }>(
      `INSERT INTO webhook_endpoint (organization, url, description, types, tags, max_per_second, enabled)
       VALUES ($1, 'https://example.com', '', $2, $3, 3, true) RETURNING id`,
      [organization, types, tags],
    );
    return rows[0]!.id;
  };
  /** As the worker does it: under the lock. */
  const locked = async <T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
    const client = await worker.connect();
    try {
      await client.query('BEGIN');
      await client.query('SELECT pg_advisory_xact_lock($1)', [WEBHOOK_LOCK]);
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } finally {
      client.release();
    }
  };
  const publish = (at = now): Promise<boolean> => locked((client) => publishOutbox(client, at));
  const attest = (treeSize: number, attested: boolean): Promise<void> =>
    storeAttestation(worker, { log: 1, treeSize, note: 'note', attested });
  const heights = async (): Promise<number[]> => {
    const { rows } = await owner.query<{ height: number }>(
      "SELECT (data->>'blockHeight')::int AS height FROM webhook_event WHERE type = 'evidence.attested' ORDER BY position",
    );
    return rows.map(({ height }) => height);
  };

  test('an attested checkpoint tells of the blocks that no earlier one covers, once, and not before it is attested', async () => {
    await addEndpoint(1, ['evidence.attested']);
    await attest(6, false);
    await publish();
    expect(await heights()).toEqual([]);
    await attest(6, true);
    await attest(6, true);
    await publish();
    expect(await heights()).toEqual([0, 1]);
    await attest(15, true);
    await publish();
    expect(await heights()).toEqual([0, 1, 2, 3, 4]);
    await attest(12, true);
    await publish();
    expect(await heights()).toEqual([0, 1, 2, 3, 4]);
    expect((await owner.query('SELECT FROM webhook_outbox')).rowCount).toBe(0);
  });

  test('while nobody has an endpoint nothing is noted, and others hear of nothing', async () => {
    await attest(6, true);
    expect((await owner.query('SELECT FROM webhook_outbox')).rowCount).toBe(0);
    await addEndpoint(2, ['evidence.attested'], ['first']);
    await attest(9, true);
    await publish();
    const { rows } = await owner.query('SELECT organization, tags FROM webhook_event');
    expect(rows).toEqual([{ organization: 2, tags: ['second'] }]);
    expect((await owner.query('SELECT FROM webhook_delivery')).rowCount).toBe(0);
  });

  test('positions become visible in their order: who publishes keeps others out until the commit', async () => {
    await addEndpoint(1, ['evidence.attested']);
    await attest(3, true);
    const first = await worker.connect();
    await first.query('BEGIN');
    await first.query('SELECT pg_advisory_xact_lock($1)', [WEBHOOK_LOCK]);
    await publishOutbox(first, now);
    await attest(6, true);
    const second = publish();
    const tried = await owner.query<{ free: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS free', [
      WEBHOOK_LOCK,
    ]);
    expect(tried.rows).toEqual([{ free: false }]);
    expect(await heights()).toEqual([]);
    await first.query('COMMIT');
    first.release();
    await second;
    expect(await heights()).toEqual([0, 1]);
  });

  test('a lease keeps a delivery from others until it runs out; rate and number at once are the endpoints own', async () => {
    const endpoint = await addEndpoint(1, ['evidence.attested']);
    await attest(18, true);
    await publish();
    const lease = (atMs: number, perEndpoint = 4): Promise<{ delivery: string; lease: number }[]> =>
      locked((client) =>
        leaseDueDeliveries(client, {
          now: new Date(now.getTime() + atMs),
          leaseMs: 10_000,
          perEndpoint,
          inFlight: 100,
        }),
      );
    const taken = await lease(0);
    // Three a second: a burst of three, of four that might go at once.
    expect(taken.map(({ lease: n }) => n)).toEqual([1, 1, 1]);
    expect(await lease(0)).toEqual([]);
    expect(await lease(1_000)).toHaveLength(1);
    expect(await lease(2_000)).toEqual([]);
    await owner.query('UPDATE webhook_endpoint SET failures = 1 WHERE id = $1', [endpoint]);
    const again = await lease(20_000);
    expect(again).toHaveLength(1);
    expect(await lease(20_000)).toEqual([]);
    await owner.query("UPDATE webhook_endpoint SET paused_until = 'infinity' WHERE id = $1", [endpoint]);
    expect(await lease(40_000)).toEqual([]);
    await owner.query(
      "UPDATE webhook_endpoint SET paused_until = '-infinity', enabled = false WHERE id = $1",
      [endpoint],
    );
    expect(await lease(40_000)).toEqual([]);
  });

  test('what was tried for three days is given up; what is forgotten leaves a mark in the list', async () => {
    await addEndpoint(1, ['evidence.attested']);
    await attest(6, true);
    await publish();
    const later = new Date(now.getTime() + 3 * 24 * 3_600_000 + 1);
    await locked((client) => giveUpOldDeliveries(client, now));
    expect((await owner.query("SELECT FROM webhook_delivery WHERE state = 'pending'")).rowCount).toBe(2);
    await locked((client) => giveUpOldDeliveries(client, later));
    expect((await owner.query("SELECT FROM webhook_delivery WHERE state = 'failed'")).rowCount).toBe(2);
    await locked((client) => forgetOldEvents(client, later));
    expect((await owner.query('SELECT organization, forgotten FROM webhook_feed')).rows).toEqual([
      { organization: 1, forgotten: '2' },
    ]);
    for (const table of ['webhook_event', 'webhook_delivery', 'webhook_attempt'])
      expect((await owner.query(`SELECT FROM ${table}`)).rowCount).toBe(0);
  });

  test('much is forgotten in several steps, and nothing that is younger', async () => {
    await owner.query(
      `INSERT INTO webhook_event (organization, type, data, created_at)
       SELECT 1, 'endpoint.test', '{}', $1::timestamptz - interval '1 hour' FROM generate_series(1, 5001)`,
      [now],
    );
    await owner.query(
      `INSERT INTO webhook_delivery (id, organization, endpoint, event, next_attempt_at, give_up_at)
       SELECT uuidv7(i * interval '-1 hour'), 1, gen_random_uuid(), gen_random_uuid(), $1, $1 FROM generate_series(0, 3) i`,
      [now],
    );
    const forget = (): Promise<boolean> =>
      locked((client) => forgetOldEvents(client, new Date(now.getTime() - 30 * 60_000)));
    expect([await forget(), await forget()]).toEqual([true, false]);
    expect((await owner.query('SELECT FROM webhook_event')).rowCount).toBe(0);
    expect((await owner.query('SELECT FROM webhook_delivery')).rowCount).toBe(1);
  });
});
