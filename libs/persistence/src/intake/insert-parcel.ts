/**
 * The one statement that accepts evidence: a parcel (outbox and membership), its evidence rows, further fingerprints
 * for lookup, and the outcome of idempotent requests, all or nothing. It is sent together with the setting that
 * row-level security reads, on a connection used for nothing else, and commits by itself.
 */
import { type Client } from 'pg';
import { byteaArray, int2Array, int4Array, int8ArrayOfBytes, textArray, uuidArray } from './binary-array.js';
import { bindOrganizations } from './bind-organizations.js';

/** One evidence row as stored. `organization` is the internal key; the byte strings are the API's own compact form. */
export interface EvidenceRow {
  readonly organization: number;
  readonly id: string;
  /** 8-byte prefixes of the record's digests; the first is indexed in the row, the others beside it. */
  readonly prefixes: readonly Uint8Array[];
  readonly fingerprints: Uint8Array;
  /** For finding rows that were stored in clear; not stored. */
  readonly clientRef: string | null;
  readonly clientRefMac: Uint8Array | null;
  /** Sealed: see `sealEvidence`. */
  readonly content: Uint8Array;
  /** Ids of the registered signers. */
  readonly signers: readonly string[];
  /** For the filters of webhook endpoints. */
  readonly tag: string | null;
}

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
    INSERT INTO parcel (log, n, entries, traces) VALUES ($1, $2, $3, $4) RETURNING id
  ), e AS (
    INSERT INTO evidence (organization, id, parcel, ord, prefix, fingerprints, client_ref_mac, content, tag)
    SELECT r.organization, r.id, p.id, r.ord - 1, r.prefix, r.fingerprints, r.client_ref_mac, r.content, r.tag
    FROM p, unnest($5::int[], $6::uuid[], $7::bigint[], $8::bytea[], $9::bytea[], $10::bytea[], $11::text[])
      WITH ORDINALITY AS r(organization, id, prefix, fingerprints, client_ref_mac, content, tag, ord)
  )`;

const FURTHER = `, f AS (
    INSERT INTO further_fingerprint (organization, prefix, evidence)
    SELECT * FROM unnest($12::int[], $13::bigint[], $14::uuid[]) ON CONFLICT DO NOTHING
  )`;

const SIGNERS = `, s AS (
    INSERT INTO evidence_signer (organization, signer, evidence)
    SELECT * FROM unnest($15::int[], $16::uuid[], $17::uuid[]) ON CONFLICT DO NOTHING
  )`;

const OUTCOMES = `, o AS (
    UPDATE idempotency i SET status = r.status, location = r.location, body = r.body, shows = r.shows
    FROM unnest($18::int[], $19::text[], $20::uuid[], $21::smallint[], $22::text[], $23::bytea[], $24::bytea[])
      AS r(organization, key, claim, status, location, body, shows)
    WHERE i.organization = r.organization AND i.key = r.key AND i.claim = r.claim AND i.status IS NULL
    RETURNING 1
  ), held AS (
    SELECT require_equal((SELECT count(*) FROM o), $25, 'idempotency claim') AS ok
  )`;

const PLAIN = { name: 'insert-parcel', text: `${INSERT} SELECT id FROM p` };
const FULL = {
  name: 'insert-parcel-full',
  text: `${INSERT}${FURTHER}${SIGNERS}${OUTCOMES} SELECT id FROM p, held`,
};

/**
 * Inserts a parcel on a connection in pipeline mode and resolves, after the commit, to its id.
 *
 * @throws DatabaseError `23505` on `evidence_client_ref_mac` when a client reference is taken; `P0001` when an idempotency
 *   claim was lost to another process or a signer was erased. Nothing was stored then.
 */
export async function insertParcel(client: Client, insert: ParcelInsert): Promise<string> {
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
  const id = result.rows[0]?.id;
  if (id === undefined) throw new Error('the parcel insert returned no row');
  return id;
}

/** Whether the row is all there is to store of it. */
const isPlain = (row: EvidenceRow): boolean => row.prefixes.length === 1 && row.signers.length === 0;

function plainValues({ log, entries, rows, traces = [] }: ParcelInsert): unknown[] {
  return [
    log,
    rows.length,
    entries,
    traces.length === 0 ? null : traces.join(' '),
    int4Array(rows.map((row) => row.organization)),
    uuidArray(rows.map((row) => row.id)),
    int8ArrayOfBytes(rows.map((row) => row.prefixes[0] ?? new Uint8Array(8))),
    byteaArray(rows.map((row) => row.fingerprints)),
    byteaArray(rows.map((row) => row.clientRefMac)),
    byteaArray(rows.map((row) => row.content)),
    textArray(rows.map((row) => row.tag)),
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
