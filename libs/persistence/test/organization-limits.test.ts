/** Monthly quotas where they are held: in the statement that stores records, by the month in the record. */
import pg from 'pg';
import { eventually } from '@test/eventually.js';
import { createTestDatabase, type TestDatabase } from '@test/test-database.js';
import { readQuotaExceeded, readQuotaUsed, setOrganizationLimits, type QuotaExceeded } from '../src/index.js';

let database: TestDatabase;
let owner: pg.Pool;
const keys: number[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  owner = new pg.Pool({ connectionString: database.ownerUrl, max: 4 });
  await owner.query("INSERT INTO log (name, origin, verifier_key) VALUES ('main', 'x/logs/main', 'x')");
});
afterAll(async () => {
  await owner.end();
  await database.drop();
});

beforeEach(async () => {
  const { rows } = await owner.query<{ key: number }>(
    "INSERT INTO organization (id, name) SELECT 'o' || gen_random_uuid(), 'x' FROM generate_series(1, 2) RETURNING key",
  );
  keys.splice(0, 2, ...rows.map(({ key }) => key));
});

type NewParcel = readonly [organization: number, day: string, n: number];

const store = (parcels: readonly NewParcel[], client: Pick<pg.Pool, 'query'> = owner): Promise<unknown> =>
  client.query(
    `INSERT INTO parcel (log, organization, day, n, entries)
     SELECT 1, organization, day, n, decode(repeat('00', 68 * n), 'hex') FROM unnest($1::int[], $2::date[], $3::int[]) AS p(organization, day, n)`,
    [0, 1, 2].map((column) => parcels.map((parcel) => parcel[column])),
  );
const beyond = (parcels: readonly NewParcel[]): Promise<readonly QuotaExceeded[]> =>
  store(parcels).then(
    () => [],
    (error: unknown) => {
      const exceeded = readQuotaExceeded(error);
      if (exceeded.length === 0) throw error;
      return exceeded;
    },
  );
const limit = async (organization: number, recordsPerMonth: number | null): Promise<void> => {
  const client = await owner.connect();
  try {
    await client.query('BEGIN');
    await setOrganizationLimits(client, organization, { recordsPerMinute: null, recordsPerMonth });
    await client.query('COMMIT');
  } finally {
    client.release();
  }
};
const used = (organization: number, month: string): Promise<number> =>
  readQuotaUsed(owner, organization, month);
const stored = async (organization: number): Promise<number> => {
  const { rows } = await owner.query<{ n: number }>(
    'SELECT coalesce(sum(n), 0)::int AS n FROM parcel WHERE organization = $1',
    [organization],
  );
  return rows[0]!.n;
};

test('a month ends with its last day in UTC, and each has the whole quota', async () => {
  const [first] = keys as [number];
  await limit(first, 10);
  expect(await beyond([[first, '2027-11-30', 10]])).toEqual([]);
  expect(await beyond([[first, '2027-11-30', 1]])).toEqual([
    { organization: first, month: '2027-11-01', quota: 10, left: 0 },
  ]);
  expect(await beyond([[first, '2027-12-01', 4]])).toEqual([]);
  expect(await beyond([[first, '2027-12-31', 7]])).toMatchObject([{ month: '2027-12-01', left: 6 }]);
  expect([await used(first, '2027-11-01'), await used(first, '2027-12-01')]).toEqual([10, 4]);
});

test('one statement tells of all that go beyond, stores nothing, and does not count organizations without a quota', async () => {
  const [first, second] = keys as [number, number];
  await limit(first, 3);
  await limit(second, 5);
  const parcels: NewParcel[] = [
    [second, '2027-11-01', 6],
    [first, '2027-11-01', 4],
  ];
  expect(await beyond(parcels)).toHaveLength(2);
  expect([await stored(first), await stored(second), await used(first, '2027-11-01')]).toEqual([0, 0, 0]);
  await limit(first, null);
  await limit(second, null);
  expect(await beyond(parcels)).toEqual([]);
  expect(await used(first, '2027-11-01')).toBe(0);
});

test('many at once get no more than there is, in whichever order they name organizations', async () => {
  const [first, second] = keys as [number, number];
  await Promise.all(keys.map((key) => limit(key, 50)));
  const both: NewParcel[] = [
    [first, '2027-11-01', 3],
    [second, '2027-11-01', 3],
  ];
  const tries = Array.from({ length: 40 }, (_, n) => beyond(n % 2 === 0 ? both : both.toReversed()));
  const refused = (await Promise.all(tries)).filter(({ length }) => length > 0).length;
  expect(refused).toBe(40 - 16);
  expect([await stored(first), await stored(second)]).toEqual([48, 48]);
  expect(await used(first, '2027-11-01')).toBe(48);
});

test('a quota counts what the month has already, also what is being stored just then', async () => {
  const [first] = keys as [number];
  const today = new Date().toISOString().slice(0, 10);
  await store([[first, today, 4]]);
  const client = await owner.connect();
  await client.query('BEGIN');
  await store([[first, today, 3]], client);
  const limited = limit(first, 10);
  await eventually('it waits', async () => {
    const { rows } = await owner.query(
      "SELECT FROM pg_locks WHERE NOT granted AND relation = 'parcel'::regclass",
    );
    return rows.length > 0;
  });
  await client.query('COMMIT');
  client.release();
  await limited;
  expect(await beyond([[first, today, 4]])).toMatchObject([{ left: 3 }]);
  expect(await beyond([[first, today, 3]])).toEqual([]);
});
