/**
 * Stores accepted evidence as one parcel. Client references are unique in an organization: those that are taken are
 * found first, and again when another process took one in between (the unique index decides). One row that the
 * database refuses must not fail its neighbours, so a refused parcel is split. Of what goes beyond an organization's quota
 * as many are stored as fit, in order.
 */
import { DatabaseError, type Client } from 'pg';
import {
  bindOrganizations,
  insertParcels,
  isLogClosed,
  readQuotaExceeded,
  type EvidenceRow,
  type IdempotencyOutcome,
  type QuotaExceeded,
} from '@cunzheng/persistence';
import { monthOf, quotaProblem } from '../limits/month-quota.js';

const MAX_ATTEMPTS = 5;
const ENTRY_SIZE = 68;

/** Evidence that is ready to be stored: its row and its ledger entry. */
export interface NewEvidence {
  readonly row: EvidenceRow;
  readonly entry: Uint8Array;
  /** Kept for the first answer to a request with an `Idempotency-Key`. */
  readonly outcome?: IdempotencyOutcome | undefined;
}

/** What became of one item: stored, or its client reference belongs to earlier evidence (same fingerprints or not). */
export type Acceptance =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'existing' | 'conflict'; readonly id: string }
  | { readonly kind: 'failed'; readonly error: unknown };

export interface StoredParcel {
  readonly acceptances: readonly Acceptance[];
  /** The parcels written, for the anchor queue. */
  readonly parcels: readonly string[];
}

/** Outcomes that depend on what became of all items, as in a batch; asked for just before the insert. */
export type OutcomesOf = (expected: readonly Acceptance[]) => Promise<readonly IdempotencyOutcome[]>;

interface Unit {
  readonly client: Client;
  readonly log: number;
  readonly items: readonly NewEvidence[];
  readonly outcomesOf: OutcomesOf | undefined;
  readonly traces: readonly string[];
  readonly acceptances: (Acceptance | undefined)[];
  readonly parcels: string[];
}

/**
 * @throws the connection's error when it is unknown whether the parcel was stored; items refused by the database come
 *   back as `failed`.
 */
export async function storeEvidence(
  client: Client,
  log: number,
  items: readonly NewEvidence[],
  { outcomesOf, traces }: { outcomesOf: OutcomesOf | undefined; traces: readonly string[] },
): Promise<StoredParcel> {
  const acceptances = items.map(() => undefined);
  const unit: Unit = { client, log, items, outcomesOf, traces, acceptances, parcels: [] };
  for (let attempt = 1; unit.acceptances.includes(undefined); attempt += 1) {
    await findTaken(unit);
    const open = firstOfEachReference(unit);
    if (open.length > 0) await insertOpen(unit, open, attempt === MAX_ATTEMPTS);
  }
  return {
    acceptances: unit.acceptances.filter((acceptance) => acceptance !== undefined),
    parcels: unit.parcels,
  };
}

async function insertOpen(unit: Unit, open: readonly number[], lastAttempt: boolean): Promise<void> {
  try {
    await insertItems(unit, open);
  } catch (error) {
    // Some of a split parcel may be stored: the others are to be repeated by the client, not made anew with it.
    if (isLogClosed(error) && unit.parcels.length > 0) {
      for (const index of open) unit.acceptances[index] = { kind: 'failed', error };
      return;
    }
    const exceeded = readQuotaExceeded(error);
    if (exceeded.length > 0) {
      const within = failBeyond(unit, open, exceeded);
      if (within.length > 0) await insertOpen(unit, within, lastAttempt);
      return;
    }
    if (!wasRefused(error)) throw error;
    if (error.constraint === 'evidence_client_ref_mac' && !lastAttempt) return;
    if (open.length === 1 || unit.outcomesOf) {
      for (const index of open) unit.acceptances[index] = { kind: 'failed', error };
      return;
    }
    const half = Math.ceil(open.length / 2);
    await insertOpen(unit, open.slice(0, half), lastAttempt);
    await insertOpen(unit, open.slice(half), lastAttempt);
  }
}

/**
 * Fails what is beyond quotas and gives the others. With an answer to be stored, that is all of them: the answer would repeat
 * the refusal when the quota is there again.
 */
function failBeyond(unit: Unit, open: readonly number[], exceeded: readonly QuotaExceeded[]): number[] {
  const within = new Set(open);
  for (const quota of exceeded) {
    const counted = open.filter((index) => isCountedBy(quota, unit.items[index]?.row));
    for (const index of unit.outcomesOf ? open : counted.slice(quota.left)) {
      const nowMs = unit.items[index]?.row.acceptedAtMs ?? 0;
      unit.acceptances[index] = { kind: 'failed', error: quotaProblem(quota, nowMs) };
      within.delete(index);
    }
  }
  return [...within];
}

const isCountedBy = ({ organization, month }: QuotaExceeded, row: EvidenceRow | undefined): boolean =>
  row?.organization === organization && monthOf(row.acceptedAtMs).firstDay === month;

async function insertItems(unit: Unit, open: readonly number[]): Promise<void> {
  const items = open.map((index) => unit.items[index]).filter((item) => item !== undefined);
  const entries = Buffer.allocUnsafe(items.length * ENTRY_SIZE);
  items.forEach((item, ordinal) => {
    entries.set(item.entry, ordinal * ENTRY_SIZE);
  });
  const expected = unit.outcomesOf && expectAcceptances(unit);
  const outcomes = expected ? await unit.outcomesOf(expected) : items.flatMap((item) => item.outcome ?? []);
  const rows = items.map((item) => item.row);
  const { log, traces } = unit;
  unit.parcels.push(...(await insertParcels(unit.client, { log, entries, rows, outcomes, traces })));
  for (const index of open) unit.acceptances[index] = { kind: 'accepted' };
  // With an answer stored in the same statement, that answer is what the repeated references get.
  expected?.forEach((acceptance, index) => {
    unit.acceptances[index] ??= acceptance;
  });
}

/** What every item will have come to if the insert succeeds: repeated references follow the first of their kind. */
function expectAcceptances({ items, acceptances }: Unit): Acceptance[] {
  const first = new Map<string, EvidenceRow>();
  return items.map(({ row }, index) => {
    const decided = acceptances[index];
    const reference = referenceOf(row);
    if (decided || reference === undefined) return decided ?? { kind: 'accepted' };
    const earlier = first.get(reference);
    if (earlier) return repeatOf(earlier.id, earlier.fingerprints, row);
    first.set(reference, row);
    return { kind: 'accepted' };
  });
}

function repeatOf(id: string, fingerprints: Uint8Array, row: EvidenceRow): Acceptance {
  return { kind: Buffer.compare(fingerprints, row.fingerprints) === 0 ? 'existing' : 'conflict', id };
}

/** Data the server refused: nothing of the statement was stored. Anything else leaves that unknown. */
function wasRefused(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && /^(22|23|P0)/.test(error.code ?? '');
}

const referenceOf = ({ organization, clientRefMac }: EvidenceRow): string | undefined =>
  clientRefMac === null ? undefined : keyOf(organization, clientRefMac);

const keyOf = (organization: number, mac: Uint8Array): string =>
  `${organization}:${Buffer.from(mac).toString('base64url')}`;

/** Items without an outcome, but of several with the same reference only the first: the others come after it. */
function firstOfEachReference({ items, acceptances }: Unit): number[] {
  const seen = new Set<string>();
  return items.flatMap(({ row }, index) => {
    const reference = referenceOf(row);
    if (acceptances[index] || (reference !== undefined && seen.has(reference))) return [];
    if (reference !== undefined) seen.add(reference);
    return [index];
  });
}

interface TakenRow {
  organization: number;
  mac: Buffer;
  id: string;
  fingerprints: Buffer;
}

async function findTaken({ client, items, acceptances }: Unit): Promise<void> {
  const open = items.flatMap(({ row }, index) =>
    row.clientRefMac !== null && !acceptances[index] ? [{ row, index }] : [],
  );
  if (open.length === 0) return;
  const [, { rows }] = await Promise.all([
    bindOrganizations(
      client,
      open.map(({ row }) => row.organization),
    ),
    client.query<TakenRow>({
      name: 'find-taken-references',
      // The second half finds rows from before there were keys.
      text: `WITH wanted AS (SELECT * FROM unnest($1::int[], $2::bytea[], $3::text[]) AS w(organization, mac, client_ref))
             SELECT e.organization, w.mac, e.id, e.fingerprints
             FROM wanted w JOIN evidence e ON e.organization = w.organization AND e.client_ref_mac = w.mac
             UNION ALL
             SELECT e.organization, w.mac, e.id, e.fingerprints
             FROM wanted w JOIN evidence e ON e.organization = w.organization AND e.client_ref = w.client_ref`,
      values: [
        open.map(({ row }) => row.organization),
        open.map(({ row }) => row.clientRefMac),
        open.map(({ row }) => row.clientRef),
      ],
    }),
  ]);
  const taken = new Map(rows.map((row) => [keyOf(row.organization, row.mac), row]));
  for (const { row, index } of open) {
    const earlier = taken.get(referenceOf(row) ?? '');
    if (earlier) acceptances[index] = repeatOf(earlier.id, earlier.fingerprints, row);
  }
}
