/** Timestamps over checkpoints: what the attester fetched and verified, and what receipts carry. */
import { type Pool, type PoolClient } from 'pg';

/** What revocation lists say of a token's chain; `pending`: some are still to be fetched. */
export type TimestampRevocation = 'unknown' | 'pending' | 'good' | 'revoked';

export interface CheckpointTimestamp {
  /** Address of the authority that was asked. */
  readonly url: string;
  /** The body behind its certificate. */
  readonly authority: string;
  /** Lower-case hex. */
  readonly serialNumber: string;
  readonly genTimeMs: number;
  readonly token: Uint8Array;
  /** DER of the chain's certificates that the token does not carry, without the root. */
  readonly certificates: readonly Uint8Array[];
  readonly revocation: TimestampRevocation;
  /** DER of revocation lists. */
  readonly crls: readonly Uint8Array[];
}

/** `lists`: ids of revocation lists. */
type NewTimestamp = Omit<CheckpointTimestamp, 'crls'> & { readonly lists: readonly number[] };

/** Keeps a token; a second one of the same address over the same checkpoint is dropped. */
export async function storeTimestamp(
  pool: Pool,
  { log, treeSize }: { readonly log: number; readonly treeSize: number },
  timestamp: NewTimestamp,
): Promise<void> {
  const { url, authority, serialNumber, genTimeMs, token, certificates, revocation, lists } = timestamp;
  await pool.query(
    `WITH stored AS (
       INSERT INTO checkpoint_timestamp
         (log, tree_size, url, authority, serial_number, gen_time, token, certificates, revocation)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (log, tree_size, url) DO NOTHING RETURNING id
     )
     INSERT INTO checkpoint_timestamp_list (timestamp, list) SELECT stored.id, list FROM stored, unnest($10::bigint[]) AS list`,
    [
      ...[log, treeSize, url, authority, serialNumber, new Date(genTimeMs)],
      ...[Buffer.from(token), certificates.map((der) => Buffer.from(der)), revocation, lists],
    ],
  );
}

interface Row {
  url: string;
  authority: string;
  serial_number: string;
  gen_time: Date;
  token: Buffer;
  certificates: Buffer[];
  revocation: TimestampRevocation;
  crls: Buffer[];
}

/** The tokens over one checkpoint of a log, in the order they came. */
export async function readTimestamps(
  client: Pool | PoolClient,
  logName: string,
  treeSize: number,
): Promise<CheckpointTimestamp[]> {
  const { rows } = await client.query<Row>(
    `SELECT t.url, t.authority, t.serial_number, t.gen_time, t.token, t.certificates, t.revocation, ARRAY(
       SELECT r.der FROM checkpoint_timestamp_list c JOIN revocation_list r ON r.id = c.list
       WHERE c.timestamp = t.id ORDER BY r.id
     ) AS crls
     FROM checkpoint_timestamp t JOIN log l ON l.id = t.log
     WHERE l.name = $1 AND t.tree_size = $2 ORDER BY t.id LIMIT 64`,
    [logName, treeSize],
  );
  return rows.map(({ serial_number: serialNumber, gen_time: genTime, ...row }) => ({
    ...row,
    serialNumber,
    genTimeMs: genTime.getTime(),
  }));
}
