/** Rows that one statement stores, divided into parcels: those of one organization, accepted on one day. */
import { type EvidenceRow } from './evidence-row.js';

const ENTRY_SIZE = 68;
const MS_PER_DAY = 86_400_000;

export interface NewParcel {
  readonly organization: number;
  /** Days since 1970-01-01, UTC. */
  readonly day: number;
  readonly n: number;
  /** What the rows and entries take, without the database's own part. */
  readonly bytes: number;
  readonly entries: Uint8Array;
}

/** The UTC day of the time in the record, in days since 1970-01-01. */
export const dayOf = ({ acceptedAtMs }: EvidenceRow): number => Math.floor(acceptedAtMs / MS_PER_DAY);

/** `places` has for each row its place in its parcel. */
export function divideIntoParcels(
  rows: readonly EvidenceRow[],
  entries: Uint8Array,
): { parcels: NewParcel[]; places: number[] } {
  const groups = new Map<string, { organization: number; day: number; indexes: number[]; bytes: number }>();
  const places = rows.map((row, index) => {
    const { organization, fingerprints, content } = row;
    const day = dayOf(row);
    const key = `${organization} ${day}`;
    const group = groups.get(key) ?? { organization, day, indexes: [], bytes: 0 };
    if (group.indexes.length === 0) groups.set(key, group);
    group.bytes += fingerprints.length + content.length + ENTRY_SIZE;
    return group.indexes.push(index) - 1;
  });
  const parcels = [...groups.values()].map(({ indexes, ...parcel }) => ({
    ...parcel,
    n: indexes.length,
    entries: groups.size === 1 ? entries : entriesOf(indexes, entries),
  }));
  return { parcels, places };
}

function entriesOf(indexes: readonly number[], entries: Uint8Array): Uint8Array {
  const chosen = Buffer.allocUnsafe(indexes.length * ENTRY_SIZE);
  indexes.forEach((index, place) => {
    chosen.set(entries.subarray(index * ENTRY_SIZE, (index + 1) * ENTRY_SIZE), place * ENTRY_SIZE);
  });
  return chosen;
}
