/** The keys of a log and the tree sizes that each signs, and the operator's wish for a new one. */
import { type ClientBase } from 'pg';

export interface LogKeyWindow {
  /** C2SP signed-note verifier key. */
  readonly vkey: string;
  readonly fromSize: number;
  /** Missing for a key that still signs. */
  readonly toSize?: number;
}

/** From the checkpoint after `lastSize` on these keys sign, and no others. */
export interface KeyChange {
  readonly lastSize: number;
  readonly verifierKeys: readonly string[];
}

type Queryable = Pick<ClientBase, 'query'>;

/** Every key that the log has ever signed with, in order. */
export async function readLogKeys(client: Queryable, log: number): Promise<LogKeyWindow[]> {
  const { rows } = await client.query<{ verifier_key: string; from_size: string; to_size: string | null }>(
    'SELECT verifier_key, from_size, to_size FROM log_key WHERE log = $1 ORDER BY from_size, verifier_key',
    [log],
  );
  return rows.map(({ verifier_key: vkey, from_size: fromSize, to_size: toSize }) => ({
    vkey,
    fromSize: Number(fromSize),
    ...(toSize !== null && { toSize: Number(toSize) }),
  }));
}

export async function insertOpeningKey(client: Queryable, log: number, vkey: string): Promise<void> {
  await client.query('INSERT INTO log_key (log, verifier_key, from_size) VALUES ($1, $2, 1)', [log, vkey]);
}

/** The change, in the transaction that prepares the block of its event. A wish for it is fulfilled. */
export async function changeLogKeys(
  client: Queryable,
  log: number,
  { lastSize, verifierKeys }: KeyChange,
): Promise<void> {
  await client.query(
    'UPDATE log_key SET to_size = $2 WHERE log = $1 AND to_size IS NULL AND verifier_key <> ALL ($3)',
    [log, lastSize, verifierKeys],
  );
  await client.query(
    `INSERT INTO log_key (log, verifier_key, from_size) SELECT $1, k, $2 FROM unnest($3::text[]) AS k
     WHERE NOT EXISTS (SELECT FROM log_key WHERE log = $1 AND verifier_key = k AND to_size IS NULL)`,
    [log, lastSize + 1, verifierKeys],
  );
  await client.query('UPDATE log SET rotate_requested_at = NULL WHERE id = $1', [log]);
}

/** Whether the operator has asked for a new key that no block has announced yet. */
export async function isRotationRequested(client: Queryable, log: number): Promise<boolean> {
  const { rows } = await client.query<{ requested: boolean }>({
    name: 'is-rotation-requested',
    text: 'SELECT rotate_requested_at IS NOT NULL AS requested FROM log WHERE id = $1',
    values: [log],
  });
  return rows[0]?.requested === true;
}
