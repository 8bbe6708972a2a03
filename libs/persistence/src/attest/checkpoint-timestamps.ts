/** Timestamps over checkpoints: what the attester fetched and verified, and what receipts carry. */
import { type Pool, type PoolClient } from 'pg';

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
}

/** Keeps a token; a second one of the same address over the same checkpoint is dropped. */
export async function storeTimestamp(
  pool: Pool,
  { log, treeSize }: { readonly log: number; readonly treeSize: number },
  { url, authority, serialNumber, genTimeMs, token, certificates }: CheckpointTimestamp,
): Promise<void> {
  await pool.query(
    `INSERT INTO checkpoint_timestamp (log, tree_size, url, authority, serial_number, gen_time, token, certificates)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (log, tree_size, url) DO NOTHING`,
    [
      ...[log, treeSize, url, authority, serialNumber, new Date(genTimeMs)],
      ...[Buffer.from(token), certificates.map((der) => Buffer.from(der))],
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
}

/** The tokens over one checkpoint of a log, in the order they came. */
export async function readTimestamps(
  client: Pool | PoolClient,
  logName: string,
  treeSize: number,
): Promise<CheckpointTimestamp[]> {
  const { rows } = await client.query<Row>(
    `SELECT t.url, t.authority, t.serial_number, t.gen_time, t.token, t.certificates
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
