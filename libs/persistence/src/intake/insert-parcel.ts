/**
 * The one statement that accepts evidence: parcels (outbox and membership), their evidence rows, further fingerprints
 * for lookup, and the outcome of idempotent requests, all or nothing. It is sent together with the setting that
 * row-level security reads, on a connection used for nothing else, and commits by itself. A parcel holds records of one
 * organization, accepted on one day: by that the sequencer takes turns, and usage is counted.
 */
import { type Client } from 'pg';
import { byteaArray, int2Array, int4Array, int8ArrayOfBytes, textArray, uuidArray } from './binary-array.js';
import { bindOrganizations } from './bind-organizations.js';
import { dayOf, divideIntoParcels } from './divide-into-parcels.js';
import { type EvidenceRow } from './evidence-row.js';

/** The first answer to a request with an `Idempotency-Key`, stored under the claim that the request took. */
export interface IdempotencyOutcome {
  readonly organization: number;
  readonly key: string;
  readonly claim: string;
  readonly status: number;
  readonly location: string | null;
  /** Sealed. */
  readonly body: Uint8Array;
  /** The evidence that the body shows beside the one at its location: ids of 16 bytes. */
  readonly shows: Uint8Array;
}

export interface ParcelInsert {
  readonly log: number;
  /** The rows' ledger entries in order, 68 bytes each. */
  readonly entries: Uint8Array;
  readonly rows: readonly EvidenceRow[];
  readonly outcomes: readonly IdempotencyOutcome[];
  /** W3C traceparents of requests that are traced, a few. */
  readonly traces?: readonly string[];
}

const INSERT = `
  WITH p AS (
    INSERT INTO parcel (log, organization, day, n, bytes, entries, traces)
    SELECT $1::smallint, g.organization, DATE 'epoch' + g.day, g.n, g.bytes, g.entries, $16::text
    FROM unnest($2::int[], $3::int[], $4::smallint[], $5::int[], $6::bytea[]) AS g(organization, day, n, bytes, entries)
    RETURNING id, organization, day
  ), e AS (
    INSERT INTO evidence (organization, id, parcel, ord, prefix, fingerprints, client_ref_mac, content, tag)
    SELECT r.organization, r.id, p.id, r.ord, r.prefix, r.fingerprints, r.client_ref_mac, r.content, r.tag
    FROM unnest($7::int[], $8::int[], $9::smallint[], $10::uuid[], $11::bigint[], $12::bytea[], $13::bytea[],
        $14::bytea[], $15::text[])
      AS r(organization, day, ord, id, prefix, fingerprints, client_ref_mac, content, tag)
    JOIN p ON p.organization = r.organization AND p.day = DATE 'epoch' + r.day
  )`;

const FURTHER = `, f AS (
    INSERT INTO further_fingerprint (organization, prefix, evidence)
    SELECT * FROM unnest($17::int[], $18::bigint[], $19::uuid[]) ON CONFLICT DO NOTHING
  )`;

const SIGNERS = `, s AS (
    INSERT INTO evidence_signer (organization, signer, evidence)
    SELECT * FROM unnest($20::int[], $21::uuid[], $22::uuid[]) ON CONFLICT DO NOTHING
  )`;

const OUTCOMES = `, o AS (
    UPDATE idempotency i SET status = r.status, location = r.location, body = r.body, shows = r.shows
    FROM unnest($23::int[], $24::text[], $25::uuid[], $26::smallint[], $27::text[], $28::bytea[], $29::bytea[])
      AS r(organization, key, claim, status, location, body, shows)
    WHERE i.organization = r.organization AND i.key = r.key AND i.claim = r.claim AND i.status IS NULL
    RETURNING 1
  ), held AS (
    SELECT require_equal((SELECT count(*) FROM o), $30, 'idempotency claim') AS ok
  )`;

const PLAIN = { name: 'insert-parcels', text: `${INSERT} SELECT id FROM p` };
const FULL = {
  name: 'insert-parcels-full',
  text: `${INSERT}${FURTHER}${SIGNERS}${OUTCOMES} SELECT id FROM p, held`,
};

/**
 * Inserts rows with their entries on a connection in pipeline mode and resolves, after the commit, to the ids of the
 * parcels.
 *
 * @throws DatabaseError `23505` on `evidence_client_ref_mac` when a client reference is taken; `P0001` when an idempotency
 *   claim was lost to another process or a signer was erased. Nothing was stored then.
 */
export async function insertParcels(client: Client, insert: ParcelInsert): Promise<string[]> {
  const { rows, outcomes } = insert;
  const [, result] = await Promise.all([
    bindOrganizations(
      client,
      rows.map((row) => row.organization),
    ),
    client.query<{ id: string }>(
      outcomes.length === 0 && rows.every(isPlain)
        ? { ...PLAIN, values: plainValues(insert) }
        : {
            ...FULL,
            values: [
              ...plainValues(insert),
              ...furtherValues(rows),
              ...signerValues(rows),
              ...outcomeValues(outcomes),
            ],
          },
    ),
  ]);
  if (result.rows.length === 0) throw new Error('the insert of parcels returned no row');
  return result.rows.map(({ id }) => id);
}

/** Whether the row is all there is to store of it. */
const isPlain = (row: EvidenceRow): boolean => row.prefixes.length === 1 && row.signers.length === 0;

function plainValues({ log, entries, rows, traces = [] }: ParcelInsert): unknown[] {
  const { parcels, places } = divideIntoParcels(rows, entries);
  return [
    log,
    int4Array(parcels.map(({ organization }) => organization)),
    int4Array(parcels.map(({ day }) => day)),
    int2Array(parcels.map(({ n }) => n)),
    int4Array(parcels.map(({ bytes }) => bytes)),
    byteaArray(parcels.map((parcel) => parcel.entries)),
    int4Array(rows.map((row) => row.organization)),
    int4Array(rows.map(dayOf)),
    int2Array(places),
    uuidArray(rows.map((row) => row.id)),
    int8ArrayOfBytes(rows.map((row) => row.prefixes[0] ?? new Uint8Array(8))),
    byteaArray(rows.map((row) => row.fingerprints)),
    byteaArray(rows.map((row) => row.clientRefMac)),
    byteaArray(rows.map((row) => row.content)),
    textArray(rows.map((row) => row.tag)),
    traces.length === 0 ? null : traces.join(' '),
  ];
}

function furtherValues(rows: readonly EvidenceRow[]): unknown[] {
  const further = rows.flatMap((row) => row.prefixes.slice(1).map((prefix) => ({ row, prefix })));
  return [
    int4Array(further.map(({ row }) => row.organization)),
    int8ArrayOfBytes(further.map(({ prefix }) => prefix)),
    uuidArray(further.map(({ row }) => row.id)),
  ];
}

function signerValues(rows: readonly EvidenceRow[]): unknown[] {
  const signed = rows.flatMap((row) => row.signers.map((signer) => ({ row, signer })));
  return [
    int4Array(signed.map(({ row }) => row.organization)),
    uuidArray(signed.map(({ signer }) => signer)),
    uuidArray(signed.map(({ row }) => row.id)),
  ];
}

function outcomeValues(outcomes: readonly IdempotencyOutcome[]): unknown[] {
  return [
    int4Array(outcomes.map((outcome) => outcome.organization)),
    textArray(outcomes.map((outcome) => outcome.key)),
    uuidArray(outcomes.map((outcome) => outcome.claim)),
    int2Array(outcomes.map((outcome) => outcome.status)),
    textArray(outcomes.map((outcome) => outcome.location)),
    byteaArray(outcomes.map((outcome) => outcome.body)),
    byteaArray(outcomes.map((outcome) => outcome.shows)),
    outcomes.length,
  ];
}
