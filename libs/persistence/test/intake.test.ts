/** The statements of intake and sequencer, and the key tokens: all of it or nothing of it. */
import { randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import {
  anchorBlock,
  createApiKeyToken,
  insertParcels,
  parseApiKeyToken,
  prepareBlock,
  readPendingParcels,
  secretMatches,
  SequenceConflictError,
  summarizePending,
  type EvidenceRow,
} from '@cunzheng/persistence';
import { createTestDatabase, type TestDatabase } from '@test/test-database.js';
import {
  byteaArray,
  int2Array,
  int4Array,
  int8ArrayOfBytes,
  textArray,
  uuidArray,
} from '../src/intake/binary-array.js';

let database: TestDatabase;
let owner: pg.Client;
let intake: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  owner = new pg.Client({ connectionString: database.ownerUrl });
  intake = new pg.Client({ connectionString: database.apiUrl, pipeline: true });
  await Promise.all([owner.connect(), intake.connect()]);
  await owner.query(`INSERT INTO organization (id, name) VALUES ('first', 'First'), ('second', 'Second');
    INSERT INTO log (name, origin, verifier_key) VALUES ('main', 'a.example/logs/main', 'k')`);
});

afterAll(async () => {
  await Promise.all([owner.end(), intake.end()]);
  await database.drop();
});

const rowOf = (organization: number, clientRef: string | null = null, prefixes = 1): EvidenceRow => ({
  organization,
  id: randomUUID(),
  acceptedAtMs: Date.now(),
  prefixes: Array.from({ length: prefixes }, () => randomBytes(8)),
  fingerprints: randomBytes(33),
  clientRef,
  clientRefMac: clientRef === null ? null : Buffer.from(clientRef),
  signers: [],
  content: Buffer.from('{"v":1}'),
  tag: null,
});

const count = async (table: string): Promise<number> =>
  Number((await owner.query<{ n: string }>(`SELECT count(*) AS n FROM ${table}`)).rows[0]!.n);

describe('insertParcels', () => {
  test('stores rows of several organizations, each in order in a parcel of its organization and day', async () => {
    const nextDay = { ...rowOf(1), acceptedAtMs: Date.UTC(2026, 10, 2) };
    const rows = [rowOf(1, 'ref 😀 \u{10fffd}'), rowOf(2, 'ref 😀 \u{10fffd}', 3), nextDay, rowOf(1)].map(
      (row, index) => (index === 2 ? row : { ...row, acceptedAtMs: Date.UTC(2026, 10, 1, 23, 59, 59, 999) }),
    );
    const entries = randomBytes(4 * 68);
    const entryOf = (row: number): Buffer => entries.subarray(row * 68, (row + 1) * 68);
    const ids = await insertParcels(intake, { log: 1, entries, rows, outcomes: [] });
    const parcels = await owner.query<{ id: string; organization: number; day: string }>(
      `SELECT id, organization, day::text, n, bytes::int, entries, height, first_leaf FROM parcel
       WHERE id = ANY ($1) ORDER BY organization, day`,
      [ids],
    );
    const waits = { height: null, first_leaf: null };
    const bytes = 33 + 7 + 68;
    const [first, otherDay, second] = parcels.rows.map(({ id }) => id) as [string, string, string];
    expect(parcels.rows).toEqual([
      {
        id: first,
        organization: 1,
        day: '2026-11-01',
        n: 2,
        bytes: 2 * bytes,
        entries: Buffer.concat([entryOf(0), entryOf(3)]),
        ...waits,
      },
      { id: otherDay, organization: 1, day: '2026-11-02', n: 1, bytes, entries: entryOf(2), ...waits },
      { id: second, organization: 2, day: '2026-11-01', n: 1, bytes, entries: entryOf(1), ...waits },
    ]);
    const stored = await owner.query('SELECT * FROM evidence WHERE parcel = ANY ($1) ORDER BY parcel, ord', [
      [first, second, otherDay],
    ]);
    const places = [
      { parcel: first, ord: 0 },
      { parcel: second, ord: 0 },
      { parcel: otherDay, ord: 0 },
      { parcel: first, ord: 1 },
    ];
    const expected = rows.map(
      ({ organization, id: row, prefixes, fingerprints, clientRefMac, content }, index) => ({
        organization,
        id: row,
        fingerprints,
        content,
        secrets: Buffer.alloc(0),
        client_ref: null,
        client_ref_mac: clientRefMac,
        erased_at: null,
        tag: null,
        ...places[index]!,
        prefix: Buffer.from(prefixes[0]!).readBigInt64BE().toString(),
      }),
    );
    expect(stored.rows).toHaveLength(4);
    expect(stored.rows).toEqual(expect.arrayContaining(expected));
    const further = await owner.query<{ prefix: string }>(
      'SELECT prefix FROM further_fingerprint WHERE evidence = $1',
      [rows[1]!.id],
    );
    expect(further.rows.map(({ prefix }) => prefix).sort()).toEqual(
      rows[1]!.prefixes
        .slice(1)
        .map((prefix) => Buffer.from(prefix).readBigInt64BE().toString())
        .sort(),
    );
  });

  test('takes 1,000 rows, and no more', async () => {
    const many = (n: number): Promise<string[]> =>
      insertParcels(intake, {
        log: 1,
        entries: Buffer.alloc(n * 68),
        rows: Array.from({ length: n }, () => rowOf(1)),
        outcomes: [],
      });
    await expect(many(1_000)).resolves.toHaveLength(1);
    const before = [await count('parcel'), await count('evidence')];
    await expect(many(1_001)).rejects.toMatchObject({ code: '23514' });
    expect([await count('parcel'), await count('evidence')]).toEqual(before);
  });

  test.each<[string, () => Promise<unknown>, object]>([
    [
      'a reference that is taken',
      () =>
        insertParcels(intake, {
          log: 1,
          entries: Buffer.alloc(136),
          rows: [rowOf(1), rowOf(1, 'taken')],
          outcomes: [],
        }),
      { code: '23505', constraint: 'evidence_client_ref_mac' },
    ],
    [
      'a reference twice',
      () =>
        insertParcels(intake, {
          log: 1,
          entries: Buffer.alloc(136),
          rows: [rowOf(2, 'twice'), rowOf(2, 'twice')],
          outcomes: [],
        }),
      { code: '23505', constraint: 'evidence_client_ref_mac' },
    ],
    [
      'entries of another length',
      () => insertParcels(intake, { log: 1, entries: Buffer.alloc(67), rows: [rowOf(1)], outcomes: [] }),
      { code: '23514' },
    ],
    [
      'a log that is not',
      () => insertParcels(intake, { log: 99, entries: Buffer.alloc(68), rows: [rowOf(1)], outcomes: [] }),
      { code: '23503' },
    ],
    [
      'a claim that was lost',
      () =>
        insertParcels(intake, {
          log: 1,
          entries: Buffer.alloc(68),
          rows: [rowOf(1)],
          outcomes: [
            {
              organization: 1,
              key: 'lost',
              claim: randomUUID(),
              status: 202,
              location: '/x',
              body: Buffer.of(1),
              shows: Buffer.alloc(0),
            },
          ],
        }),
      { code: 'P0001' },
    ],
  ])('refuses the whole of it: %s', async (_, insert, error) => {
    if ((await owner.query("SELECT FROM evidence WHERE client_ref_mac = 'taken'")).rowCount === 0) {
      await insertParcels(intake, {
        log: 1,
        entries: Buffer.alloc(68),
        rows: [rowOf(1, 'taken')],
        outcomes: [],
      });
    }
    const counts = (): Promise<number[]> =>
      Promise.all(['parcel', 'evidence', 'further_fingerprint'].map(count));
    const before = await counts();
    await expect(insert()).rejects.toMatchObject(error);
    expect(await counts()).toEqual(before);
    // The connection, and its pipeline, are as good as before.
    await expect(
      insertParcels(intake, { log: 1, entries: Buffer.alloc(68), rows: [rowOf(1)], outcomes: [] }),
    ).resolves.toHaveLength(1);
  });

  test('stores first answers with what they answer, each under its claim', async () => {
    const claims = [1, 2].map((organization) => ({ organization, key: 'k', claim: randomUUID() }));
    for (const { organization, key, claim } of claims) {
      await owner.query(
        "INSERT INTO idempotency (organization, key, request_sha256, claim, claimed_until) VALUES ($1, $2, '\\x00', $3, now())",
        [organization, key, claim],
      );
    }
    const outcomes = claims.map((claim) => ({
      ...claim,
      status: 202,
      location: `/${claim.organization}`,
      body: Buffer.from([0, 255, claim.organization]),
      shows: Buffer.alloc(16, claim.organization),
    }));
    await insertParcels(intake, { log: 1, entries: Buffer.alloc(136), rows: [rowOf(1), rowOf(2)], outcomes });
    const { rows } = await owner.query(
      "SELECT organization, status, location, body, shows FROM idempotency WHERE key = 'k' ORDER BY organization",
    );
    expect(rows).toEqual(
      outcomes.map(({ organization, status, location, body, shows }) => ({
        organization,
        status,
        location,
        body,
        shows,
      })),
    );
    // A second answer to the same claim is refused, and so is what it answers.
    const before = await count('evidence');
    await expect(
      insertParcels(intake, {
        log: 1,
        entries: Buffer.alloc(68),
        rows: [rowOf(1)],
        outcomes: outcomes.slice(0, 1),
      }),
    ).rejects.toMatchObject({ code: 'P0001' });
    expect(await count('evidence')).toBe(before);
  });
});

test('binary arrays arrive as what they are', async () => {
  // Without the two things that PostgreSQL's text cannot hold.
  const storable = fc.string({ unit: 'binary' }).filter((text) => !/[\0\p{Surrogate}]/u.test(text));
  const item = fc.record({
    small: fc.integer({ min: -32_768, max: 32_767 }),
    int: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    big: fc.uint8Array({ minLength: 8, maxLength: 8 }),
    bytes: fc.option(fc.uint8Array({ maxLength: 300 })),
    text: fc.option(storable),
    uuid: fc.uuid(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(item, { minLength: 1, maxLength: 20 }), async (items) => {
      const { rows } = await owner.query(
        'SELECT * FROM unnest($1::int2[], $2::int[], $3::int8[], $4::bytea[], $5::text[], $6::uuid[]) AS t(small, int, big, bytes, text, uuid)',
        [
          int2Array(items.map(({ small }) => small)),
          int4Array(items.map(({ int }) => int)),
          int8ArrayOfBytes(items.map(({ big }) => big)),
          byteaArray(items.map(({ bytes }) => bytes)),
          textArray(items.map(({ text }) => text)),
          uuidArray(items.map(({ uuid }) => uuid)),
        ],
      );
      expect(rows).toEqual(
        items.map(({ big, bytes, ...rest }) => ({
          ...rest,
          big: Buffer.from(big).readBigInt64BE().toString(),
          bytes: bytes && Buffer.from(bytes),
        })),
      );
    }),
    { numRuns: 50 },
  );
});

describe('blocks', () => {
  let worker: pg.Client;
  const pending = (max = 100_000): ReturnType<typeof readPendingParcels> =>
    readPendingParcels(worker, 1, max);

  beforeAll(async () => {
    worker = new pg.Client({ connectionString: database.workerUrl });
    await worker.connect();
  });

  afterAll(() => worker.end());

  test('whole parcels in order, as many as fit; a block takes each once', async () => {
    for (const n of [3, 2, 4])
      await insertParcels(intake, {
        log: 1,
        entries: Buffer.alloc(n * 68),
        rows: Array.from({ length: n }, () => rowOf(1)),
        outcomes: [],
      });
    const all = await pending();
    const records = all.reduce((sum, { n }) => sum + n, 0);
    const summary = await summarizePending(worker, 1, 4_096);
    expect(summary.records).toBe(records);
    expect(summary.oldestAgeMs).toBeGreaterThan(0);
    expect((await pending(records - 1)).map(({ id }) => id)).toEqual(all.slice(0, -1).map(({ id }) => id));
    const ids = all.flatMap(({ id, organization }) => (organization === 1 ? [Number(id)] : []));
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    const block = {
      log: 1,
      height: 0,
      firstIndex: 0,
      count: records,
      header: '{}',
      parcels: all.map(({ id }) => ({ id, firstLeaf: 0 })),
      logEntries: [],
      events: [{ ordinal: 0, body: Buffer.from('{}') }],
    };
    await prepareBlock(worker, block);
    expect(await summarizePending(worker, 1, 4_096)).toEqual({ records: 0, logEntries: 0, oldestAgeMs: 0 });
    // Another block cannot take them again, and none of it stays.
    await expect(
      prepareBlock(worker, { ...block, height: 1, firstIndex: records + 1, events: [] }),
    ).rejects.toThrow(SequenceConflictError);
    await expect(prepareBlock(worker, { ...block, parcels: [] })).rejects.toMatchObject({ code: '23505' });
    expect((await owner.query('SELECT height FROM block')).rows).toEqual([{ height: '0' }]);
  });

  test('a block is anchored once, under one checkpoint for each size', async () => {
    const anchor = { log: 1, height: 0, treeSize: 5, note: Buffer.from('note') };
    await anchorBlock(worker, anchor);
    await expect(anchorBlock(worker, anchor)).rejects.toThrow(SequenceConflictError);
    await expect(anchorBlock(worker, { ...anchor, height: 7 })).rejects.toThrow(SequenceConflictError);
    expect((await owner.query('SELECT height, tree_size, note FROM checkpoint')).rows).toEqual([
      { height: '0', tree_size: '5', note: anchor.note },
    ]);
    // The fence against two histories: the same size for another block.
    await prepareBlock(worker, {
      log: 1,
      height: 1,
      firstIndex: 9_000,
      count: 1,
      header: '{}',
      parcels: [],
      logEntries: [],
      events: [],
    });
    await expect(
      anchorBlock(worker, { ...anchor, height: 1, note: Buffer.from('another') }),
    ).rejects.toMatchObject({ code: '23505' });
    expect((await owner.query('SELECT FROM block WHERE height = 1 AND anchored_at IS NULL')).rowCount).toBe(
      1,
    );
  });
});

describe('API key tokens', () => {
  test('carry a prefix, an id, a secret and a checksum; what is stored is the hash of the secret', () => {
    const { token, id, secretSha256 } = createApiKeyToken();
    expect(token).toMatch(/^czk_[a-z2-7]{8}_[a-z2-7]{32}_[a-z2-7]{8}$/);
    expect(parseApiKeyToken(token)).toEqual({ id, secretSha256 });
    expect(secretMatches(parseApiKeyToken(token)!.secretSha256, secretSha256)).toBe(true);
    expect(secretMatches(createApiKeyToken().secretSha256, secretSha256)).toBe(false);
    expect(secretMatches(Buffer.of(), secretSha256)).toBe(false);
  });

  test('every single typing error is noticed without a look at the database', () => {
    const { token } = createApiKeyToken();
    for (let at = 0; at < token.length; at += 1) {
      for (const wrong of 'ab27_Z-é \0') {
        const typed = `${token.slice(0, at)}${wrong}${token.slice(at + 1)}`;
        if (typed !== token) expect(parseApiKeyToken(typed)).toBeUndefined();
      }
      expect(parseApiKeyToken(`${token.slice(0, at)}${token.slice(at + 1)}`)).toBeUndefined();
      expect(parseApiKeyToken(`${token.slice(0, at)}a${token.slice(at)}`)).toBeUndefined();
    }
    for (const nonsense of ['', 'czk_', `${token}\n`, ` ${token}`, token.toUpperCase(), token.repeat(2)])
      expect(parseApiKeyToken(nonsense)).toBeUndefined();
  });

  test('are never the same', () => {
    const tokens = Array.from({ length: 1_000 }, () => createApiKeyToken());
    expect(new Set(tokens.map(({ token }) => token)).size).toBe(1_000);
    expect(new Set(tokens.map(({ id }) => id)).size).toBe(1_000);
  });
});
