/**
 * The sequencer's advisory lock: one for each log, held by the session on which every sequencer commit runs. Commands
 * that must not run beside a worker try to take the same one.
 */
import { createHash } from 'node:crypto';
import { type ClientBase } from 'pg';

/**
 * Whether the lock of the log `origin` is now this session's, or, with `scope` `transaction`, this transaction's.
 */
export async function trySequencerLock(
  client: Pick<ClientBase, 'query'>,
  origin: string,
  scope: 'session' | 'transaction' = 'session',
): Promise<boolean> {
  const key = createHash('sha256').update(`cunzheng sequencer ${origin}`).digest().readBigInt64BE(0);
  const lock = scope === 'session' ? 'pg_try_advisory_lock' : 'pg_try_advisory_xact_lock';
  const { rows } = await client.query<{ locked: boolean }>(`SELECT ${lock}($1) AS locked`, [key.toString()]);
  return rows[0]?.locked === true;
}
