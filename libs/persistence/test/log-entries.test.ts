/** The outbox of log entries: what the roles may do with it, what is refused, and that each entry is taken once. */
import pg from 'pg';
import {
  formatErasureEvent,
  formatOpenEvent,
  formatRevocationEvent,
  REVOCATION_REASONS,
} from '@cunzheng/ledger';
import {
  prepareBlock,
  queueApiEvent,
  queueLogEntry,
  readPendingLogEntries,
  readStoredBlock,
  SequenceConflictError,
  summarizePending,
} from '@cunzheng/persistence';
import { createTestDatabase, type TestDatabase } from '@test/test-database.js';

const ORIGIN = 'a.example/logs/main';
const createdAt = '2026-01-01T00:00:00.000Z';
const erasure = (count: number, log = ORIGIN): Uint8Array => formatErasureEvent({ createdAt, log, count });
const openBody = formatOpenEvent({
  createdAt,
  log: ORIGIN,
  verifierKeys: [`${ORIGIN}+0123abcd+AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=`],
});
const secret = Buffer.from('{"head":"…","nonce":"…"}');

describe('the outbox of log entries', () => {
  let database: TestDatabase;
  let owner: pg.Client;
  let api: pg.Client;
  let worker: pg.Client;

  beforeEach(async () => {
    database = await createTestDatabase();
    const urls = [database.ownerUrl, database.apiUrl, database.workerUrl];
    const clients = urls.map((connectionString) => new pg.Client({ connectionString }));
    [owner, api, worker] = clients as [pg.Client, pg.Client, pg.Client];
    await Promise.all(clients.map((client) => client.connect()));
    await owner.query(`INSERT INTO log (name, origin, verifier_key, closed_at) VALUES
      ('main', '${ORIGIN}', 'k', NULL), ('old', 'a.example/logs/old', 'k', now())`);
  });

  afterEach(async () => {
    await Promise.all([owner, api, worker].map((client) => client.end()));
    await database.drop();
  });

  const block = (height: number, entries: readonly { id: string; leafIndex: number }[]) => ({
    log: 1,
    height,
    firstIndex: height * 10,
    count: 9,
    header: '{}',
    parcels: [],
    logEntries: entries,
    events: [],
  });

  test('belongs to the transaction of whoever queues: committed with it, and gone with it', async () => {
    await owner.query('BEGIN');
    await queueLogEntry(owner, { log: 1, type: 2, body: erasure(1) });
    expect(await readPendingLogEntries(worker, 1)).toEqual([]);
    await owner.query('ROLLBACK');
    expect(await readPendingLogEntries(worker, 1)).toEqual([]);
    await owner.query('BEGIN');
    await queueLogEntry(owner, { log: 1, type: 2, body: erasure(2) });
    await queueLogEntry(owner, { log: 1, type: 3, body: secret });
    await owner.query('COMMIT');
    const pending = await readPendingLogEntries(worker, 1);
    expect(pending.map(({ type, body }) => [type, body.toString()])).toEqual([
      [2, Buffer.from(erasure(2)).toString()],
      [3, secret.toString()],
    ]);
    expect(await summarizePending(worker, 1, 4_096)).toMatchObject({
      records: 0,
      logEntries: 2,
      oldestAgeMs: expect.any(Number) as number,
    });
  });

  test('takes entries from worker and owner; the API reads none, marks none and adds none as it likes', async () => {
    for (const client of [worker, owner]) await queueLogEntry(client, { log: 1, type: 3, body: secret });
    expect(await readPendingLogEntries(worker, 1)).toHaveLength(2);
    for (const sql of [
      "INSERT INTO log_entry (log, type, body) VALUES (1, 3, '\\x00')",
      'SELECT body FROM log_entry',
      'DELETE FROM log_entry',
      'UPDATE log_entry SET height = 1',
    ])
      await expect(api.query(sql)).rejects.toThrow(/permission denied/);
    for (const sql of ["UPDATE log_entry SET body = '\\x00'", 'DELETE FROM log_entry'])
      await expect(worker.query(sql)).rejects.toThrow(/permission denied/);
    await expect(
      api.query("INSERT INTO log_entry (log, type, body, height, leaf_index) VALUES (1, 3, '\\x00', 0, 0)"),
    ).rejects.toThrow(/permission denied/);
  });

  const revocation = {
    createdAt,
    effectiveAt: createdAt,
    keyid: 'a'.repeat(64),
    log: ORIGIN,
  };
  const revocations = [
    revocation,
    { ...revocation, certificate: 'b'.repeat(64) },
    ...REVOCATION_REASONS.map((reason) => ({ ...revocation, reason })),
  ].map(formatRevocationEvent);

  test('takes from the API the events it makes, each in the form that it has', async () => {
    const digest = 'c'.repeat(64);
    const erasures = [erasure(1), formatErasureEvent({ createdAt, log: ORIGIN, count: 999_999, digest })];
    const bodies = [...revocations, ...erasures];
    for (const body of bodies) await queueApiEvent(api, { log: 1, body });
    const pending = await readPendingLogEntries(worker, 1);
    expect(pending.map(({ type, body }) => [type, body.toString()])).toEqual(
      bodies.map((body) => [2, Buffer.from(body).toString()]),
    );
    for (const [log, body] of [
      [1, erasure(1, 'b.example/logs/main')],
      [2, erasure(1, 'a.example/logs/old')],
      [7, erasure(1)],
      [1, openBody],
    ] as const)
      await expect(queueApiEvent(api, { log, body })).rejects.toThrow();
    expect(await readPendingLogEntries(worker, 1)).toHaveLength(bodies.length);
  });

  test('takes from the API no other body, whatever its own code says', async () => {
    const text = Buffer.from(revocations[1]!).toString();
    const bodies = [
      '{}',
      `${text} `,
      text.replace('{', '{ '),
      text.replace(createdAt, '2026-02-30T00:00:00.000Z'),
      text.replace(createdAt, '2026-01-01T24:00:00.000Z'),
      text.replace(createdAt, '2026-01-01T00:00:60.000Z'),
      text.replace('bbb', 'BBB'),
      text.replace('"keyid"', '"more":"x","keyid"'),
      text.replace('}', ',"reason":"boredom"}'),
      text.replace('revocation', 'close'),
      Buffer.from(erasure(5)).toString().replace('5', '0'),
      Buffer.from(openBody).toString(),
    ];
    for (const body of bodies) {
      expect(body).not.toBe(text);
      await expect(api.query('SELECT queue_api_event(1::smallint, $1)', [Buffer.from(body)])).rejects.toThrow(
        /no event that the API makes|no time|out of range/,
      );
    }
    expect(await readPendingLogEntries(worker, 1)).toEqual([]);
  });

  test.each([
    ['is no event', { body: Buffer.from('{}') }],
    ['is of a kind that nobody writes', { body: Buffer.from(erasure(1)).subarray(1) }],
    ['has a member too many', { body: withMember(erasure(1)) }],
    ['is of another log', { body: erasure(1, 'b.example/logs/main') }],
    ['is for a log that is closed', { log: 2, body: erasure(1, 'a.example/logs/old') }],
    ['is private and for a log that is closed', { log: 2, type: 3 as const, body: secret }],
    ['is for no log', { log: 7, type: 3 as const, body: secret }],
  ])('refuses what %s', async (_, entry) => {
    await expect(queueLogEntry(worker, { log: 1, type: 2, ...entry })).rejects.toMatchObject({
      code: 'log-entry-refused',
    });
    expect((await owner.query('SELECT FROM log_entry')).rowCount).toBe(0);
  });

  test('an open event is one of those that may be queued, other kinds are not', async () => {
    await queueLogEntry(worker, {
      log: 1,
      type: 2,
      body: formatOpenEvent({ createdAt, log: ORIGIN, verifierKeys: [`${ORIGIN}+01234567+AAAA`] }),
    });
    const moon = Buffer.from(erasure(1)).toString().replace('"erasure"', '"moonset"');
    await expect(queueLogEntry(worker, { log: 1, type: 2, body: Buffer.from(moon) })).rejects.toThrow(
      /does not write events of that kind/,
    );
  });

  test('a block takes each entry once, all or none, and gives the private ones back', async () => {
    for (const n of [1, 2, 3])
      await queueLogEntry(worker, { log: 1, type: 3, body: Buffer.from(`head ${n}`) });
    const [first, second, third] = (await readPendingLogEntries(worker, 1)).map(({ id }) => id) as [
      string,
      string,
      string,
    ];
    await prepareBlock(worker, block(0, [{ id: first, leafIndex: 4 }]));
    expect((await readPendingLogEntries(worker, 1)).map(({ id }) => id)).toEqual([second, third]);
    await expect(
      prepareBlock(
        worker,
        block(1, [
          { id: first, leafIndex: 11 },
          { id: second, leafIndex: 12 },
        ]),
      ),
    ).rejects.toThrow(SequenceConflictError);
    // Nothing of the refused block stays.
    expect((await owner.query('SELECT FROM block')).rowCount).toBe(1);
    expect((await readPendingLogEntries(worker, 1)).map(({ id }) => id)).toEqual([second, third]);
    await prepareBlock(
      worker,
      block(1, [
        { id: second, leafIndex: 12 },
        { id: third, leafIndex: 13 },
      ]),
    );
    expect((await readStoredBlock(worker, 1, 1))?.privateEntries).toEqual([
      { ordinal: 2, type: 3, body: Buffer.from('head 2') },
      { ordinal: 3, type: 3, body: Buffer.from('head 3') },
    ]);
  });

  test('a block takes at most 1,000 entries and 16 MiB of bodies, and one at least', async () => {
    const large = Buffer.alloc(1_048_576, 7);
    for (let n = 0; n < 17; n += 1) await queueLogEntry(worker, { log: 1, type: 3, body: large });
    expect(await readPendingLogEntries(worker, 1)).toHaveLength(16);
    await owner.query('DELETE FROM log_entry');
    await owner.query(
      "INSERT INTO log_entry (log, type, body) SELECT 1, 3, '\\x00' FROM generate_series(1, 1001)",
    );
    expect(await readPendingLogEntries(worker, 1)).toHaveLength(1_000);
    await expect(
      queueLogEntry(worker, { log: 1, type: 3, body: Buffer.concat([large, Buffer.of(1)]) }),
    ).rejects.toThrow(/check constraint/);
  });
});

function withMember(body: Uint8Array): Buffer {
  return Buffer.from(Buffer.from(body).toString().replace(/}$/, ',"zeal":1}'));
}
