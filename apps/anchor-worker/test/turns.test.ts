/** Whose parcels are next: every organization in its own order, none ahead of another that waits, by a model and by rule. */
import fc from 'fast-check';
import pg from 'pg';
import { readPendingParcels, type Parcel } from '@cunzheng/persistence';
import { createTestDatabase, type TestDatabase } from '@test/test-database.js';
import { Turns } from '../src/sequencer/turns.js';

const MAX_PARCEL = 10;

let database: TestDatabase;
let owner: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  owner = new pg.Client({ connectionString: database.ownerUrl });
  await owner.connect();
  await owner.query(
    "INSERT INTO log (name, origin, verifier_key) VALUES ('main', 'a.example/logs/main', 'k')",
  );
});

afterAll(async () => {
  await owner.end();
  await database.drop();
});

type Sent = readonly (readonly [organization: number, n: number])[];
type Taken = Pick<Parcel, 'id' | 'organization' | 'n'>;

async function send(parcels: Sent): Promise<void> {
  await owner.query(
    `INSERT INTO parcel (log, organization, n, entries)
     SELECT 1, o, n, decode(repeat('00', n * 68), 'hex') FROM unnest($1::int[], $2::int[]) WITH ORDINALITY AS t(o, n, i) ORDER BY i`,
    [parcels.map(([organization]) => organization), parcels.map(([, n]) => n)],
  );
}

async function takeBlock(turns: Turns, maxRecords: number): Promise<Taken[]> {
  const parcels = await readPendingParcels(owner, 1, maxRecords, turns.leads());
  await owner.query('UPDATE parcel SET height = 0 WHERE id = ANY ($1)', [parcels.map(({ id }) => id)]);
  turns.take(parcels);
  return parcels;
}

const recordsOf = (parcels: readonly Pick<Parcel, 'n'>[]): number =>
  parcels.reduce((sum, { n }) => sum + n, 0);

/** The model: one parcel after the other, always of the organization that has had least. */
class Model {
  private readonly waiting = new Map<number, number[]>();
  private readonly ends = new Map<number, number>();
  private now = 0;
  private arrivals = new Map<number, number[]>();
  private next = 0;

  send(parcels: Sent): void {
    for (const [organization, n] of parcels) {
      this.waiting.set(organization, [...(this.waiting.get(organization) ?? []), n]);
      this.arrivals.set(organization, [...(this.arrivals.get(organization) ?? []), this.next++]);
    }
  }

  takeBlock(maxRecords: number): [number, number][] {
    const taken: [number, number][] = [];
    const { now } = this;
    for (let records = 0; ;) {
      const heads = [...this.waiting]
        .filter(([, line]) => line.length > 0)
        .map(([organization]) => organization);
      const startOf = (organization: number): number => Math.max(now, this.ends.get(organization) ?? 0);
      const [first] = heads.sort(
        (one, other) =>
          startOf(one) - startOf(other) || this.arrivals.get(one)![0]! - this.arrivals.get(other)![0]!,
      );
      if (first === undefined) return taken;
      const n = this.waiting.get(first)![0]!;
      records += n;
      if (records > maxRecords) return taken;
      this.waiting.get(first)!.shift();
      this.arrivals.get(first)!.shift();
      this.now = Math.max(this.now, startOf(first));
      this.ends.set(first, startOf(first) + n);
      taken.push([first, n]);
    }
  }
}

const parcel = fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 1, max: MAX_PARCEL }));

test('blocks take what one parcel after the other would, by the least that an organization has had', async () => {
  const rounds = fc.array(
    fc.tuple(fc.array(parcel, { maxLength: 12 }), fc.integer({ min: MAX_PARCEL, max: 40 })),
    {
      minLength: 1,
      maxLength: 8,
    },
  );
  await fc.assert(
    fc.asyncProperty(rounds, async (given) => {
      await owner.query('TRUNCATE parcel');
      const [turns, model] = [new Turns(), new Model()];
      for (const [parcels, maxRecords] of given) {
        await send(parcels);
        model.send(parcels);
        const taken = await takeBlock(turns, maxRecords);
        expect(taken.map(({ organization, n }) => [organization, n])).toEqual(model.takeBlock(maxRecords));
      }
    }),
    { numRuns: 60 },
  );
});

test('of organizations that keep waiting, none gets more than a parcel of each ahead of another', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: MAX_PARCEL }), { minLength: 30, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(fc.array(sizes, { minLength: 2, maxLength: 4 }), async (organizations) => {
      await owner.query('TRUNCATE parcel');
      // One after the other, so that by age alone the last would wait for all of the others.
      await send(organizations.flatMap((line, index) => line.map((n) => [index + 1, n] as const)));
      const turns = new Turns();
      const got = organizations.map(() => 0);
      const all = organizations.map((line) => line.reduce((sum, n) => sum + n, 0));
      while (got.every((records, index) => records + MAX_PARCEL < all[index]!)) {
        const taken = await takeBlock(turns, MAX_PARCEL + 3);
        for (const { organization, n } of taken) got[organization - 1]! += n;
        expect(Math.max(...got) - Math.min(...got)).toBeLessThanOrEqual(2 * MAX_PARCEL);
      }
    }),
    { numRuns: 15 },
  );
});

test('whoever comes new is in the next block, whole, however much others have waiting', async () => {
  await owner.query('TRUNCATE parcel');
  const turns = new Turns();
  await send(Array.from({ length: 200 }, () => [1, MAX_PARCEL] as const));
  for (let block = 0; block < 3; block += 1) await takeBlock(turns, 4 * MAX_PARCEL);
  await send([[2, 7]]);
  const taken = await takeBlock(turns, 4 * MAX_PARCEL);
  expect(taken[0]).toMatchObject({ organization: 2, n: 7 });
  expect(recordsOf(taken)).toBe(7 + 3 * MAX_PARCEL);
});

test('who has waited alone owes nothing for it', async () => {
  await owner.query('TRUNCATE parcel');
  const turns = new Turns();
  await send(Array.from({ length: 40 }, () => [1, MAX_PARCEL] as const));
  while ((await takeBlock(turns, 4 * MAX_PARCEL)).length > 0);
  await send([
    ...Array.from({ length: 4 }, () => [1, MAX_PARCEL] as const),
    ...Array.from({ length: 4 }, () => [2, MAX_PARCEL] as const),
  ]);
  const taken = await takeBlock(turns, 4 * MAX_PARCEL);
  expect(taken.map(({ organization }) => organization).sort()).toEqual([1, 1, 2, 2]);
});
