/** What the timestamping authority keeps: serial numbers, its keys, and tokens with the parcel that their records wait in. */
import { type Pool } from 'pg';
import { byteaArray, textArray, uuidArray } from '../intake/binary-array.js';

export interface NewTsaToken {
  /** SHA-256 of the token. */
  readonly sha256: Uint8Array;
  /** UUIDv7 of the record. */
  readonly id: string;
  /** The record's random bytes. */
  readonly secrets: Uint8Array;
  readonly token: Uint8Array;
  /** What the record says of the clock. */
  readonly clockBoundMs: number | undefined;
  /** The record's ledger entry, 68 bytes. */
  readonly entry: Uint8Array;
}

/** So many serial numbers that nobody else gets. */
export async function reserveTsaSerials(pool: Pool, count: number): Promise<bigint[]> {
  const { rows } = await pool.query<{ serial: string }>({
    name: 'reserve-tsa-serials',
    text: "SELECT nextval('tsa_serial') AS serial FROM generate_series(1, $1)",
    values: [count],
  });
  return rows.map(({ serial }) => BigInt(serial));
}

/** Stores up to 1,000 tokens and a parcel with their entries, all or nothing, and resolves to the parcel's id. */
export async function insertTsaTokens(
  pool: Pool,
  log: number,
  tokens: readonly NewTsaToken[],
): Promise<string> {
  const { rows } = await pool.query<{ id: string }>({
    name: 'insert-tsa-tokens',
    text: `WITH p AS (
        INSERT INTO parcel (log, n, entries) VALUES ($1, $2, $3) RETURNING id
      ), t AS (
        INSERT INTO tsa_token (sha256, id, parcel, ord, secrets, token, clock_bound_ms)
        SELECT r.sha256, r.id, p.id, r.ord - 1, r.secrets, r.token, r.clock_bound_ms::bigint
        FROM p, unnest($4::bytea[], $5::uuid[], $6::bytea[], $7::bytea[], $8::text[])
          WITH ORDINALITY AS r(sha256, id, secrets, token, clock_bound_ms, ord)
      ) SELECT id FROM p`,
    values: [
      log,
      tokens.length,
      Buffer.concat(tokens.map(({ entry }) => entry)),
      byteaArray(tokens.map(({ sha256 }) => sha256)),
      uuidArray(tokens.map(({ id }) => id)),
      byteaArray(tokens.map(({ secrets }) => secrets)),
      byteaArray(tokens.map(({ token }) => token)),
      textArray(tokens.map(({ clockBoundMs }) => clockBoundMs?.toString() ?? null)),
    ],
  });
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('the insert of tokens returned no parcel');
  return id;
}

/** Remembers a key as ours for good. */
export async function storeTsaKey(pool: Pool, keyid: string, certificate: Uint8Array): Promise<void> {
  await pool.query('INSERT INTO tsa_key (keyid, certificate) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    Buffer.from(keyid, 'hex'),
    Buffer.from(certificate),
  ]);
}

/** Whether a key, by its keyid, was ever that of our own authority. */
export async function isOwnTsaKey(pool: Pool, keyid: string): Promise<boolean> {
  const { rowCount } = await pool.query('SELECT FROM tsa_key WHERE keyid = $1', [Buffer.from(keyid, 'hex')]);
  return rowCount === 1;
}
