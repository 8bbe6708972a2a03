/** The sequencer's advisory lock in PostgreSQL, taken from the one that has it and held until everything is prepared. */
import pg from 'pg';
import { eventually } from '../test/support/eventually.js';
import { type Installation } from './installation.js';
import { PATIENCE_MS } from './patience.js';

const HELD = `
  SELECT pid, ((classid::bigint << 32) | objid::bigint)::text AS key FROM pg_locks
  WHERE locktype = 'advisory' AND objsubid = 1 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND pid IN (SELECT pid FROM pg_stat_activity WHERE application_name = 'cunzheng-sequencer')`;

interface HeldRow {
  readonly pid: number;
  readonly key: string;
}

/** Waits until a worker's session has the lock. */
async function findHolder(installation: Installation): Promise<HeldRow> {
  return await eventually(
    'a sequencer has the lock',
    async () => (await installation.asSuperuser<HeldRow>(HELD))[0],
    PATIENCE_MS,
  );
}

/** Ends the database session of the worker that sequences, as a broken network would. */
export async function endSequencerSession(installation: Installation): Promise<void> {
  const { pid } = await findHolder(installation);
  await installation.asSuperuser(`SELECT pg_terminate_backend(${pid})`);
}

/** Has `removeHolder` make the sequencer lose the lock, takes it before any other, and gives what releases it again. */
export async function takeSequencerLock(
  installation: Installation,
  removeHolder: () => Promise<void>,
): Promise<() => Promise<void>> {
  const { key } = await findHolder(installation);
  const client = new pg.Client({ connectionString: installation.databaseUrl('worker') });
  await client.connect();
  // Waits in the queue of the lock, while the workers only look at it from time to time.
  const granted = client.query('SELECT pg_advisory_lock($1)', [key]);
  await eventually(
    'the lock is asked for',
    async () => {
      const rows = await installation.asSuperuser(
        `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      );
      return rows.length > 0;
    },
    PATIENCE_MS,
  );
  await removeHolder();
  await granted;
  return () => client.end();
}
