/**
 * Which keys a database needs: a proof of each key that was ever used with it, never a key. It is how a program notices,
 * before it stores anything, that its key file is not the one of this database. Number 0 is the key for lookups.
 */
import { type ClientBase, type Pool } from 'pg';
import { PersistenceError } from '../persistence-error.js';
import { proveValueKey, type ValueKeys } from './value-keys.js';

const LOOKUP = 0;

/**
 * Enters keys that are new and compares those that are known.
 *
 * @throws PersistenceError `value-keys-mismatch` when a key is missing or another one.
 */
export async function registerValueKeys(database: Pool | ClientBase, keys: ValueKeys): Promise<void> {
  const proofs = new Map(
    [...keys.keys, [LOOKUP, keys.lookup] as const].map(([id, key]) => [id, proveValueKey(key)]),
  );
  const known = await readProofs(database);
  const wrong = [...known].find(([id, proof]) => !proofs.get(id)?.equals(proof));
  if (wrong) throw mismatch(wrong[0]);
  const fresh = [...proofs].filter(([id]) => !known.has(id));
  if (fresh.length === 0) return;
  await database.query(
    'INSERT INTO value_key (id, proof) SELECT * FROM unnest($1::int[], $2::bytea[]) ON CONFLICT DO NOTHING',
    [fresh.map(([id]) => id), fresh.map(([, proof]) => proof)],
  );
  // Another program may have entered its own meanwhile.
  for (const [id, proof] of await readProofs(database))
    if (!proofs.get(id)?.equals(proof)) throw mismatch(id);
}

/** Whether the database was used with keys before. */
export async function hasValueKeys(database: Pool | ClientBase): Promise<boolean> {
  return (await readProofs(database)).size > 0;
}

async function readProofs(database: Pool | ClientBase): Promise<ReadonlyMap<number, Buffer>> {
  const { rows } = await database.query<{ id: number; proof: Buffer }>('SELECT id, proof FROM value_key');
  return new Map(rows.map(({ id, proof }) => [id, proof]));
}

function mismatch(id: number): PersistenceError {
  const key = id === LOOKUP ? 'the lookup key' : `value key ${id}`;
  return new PersistenceError(
    'value-keys-mismatch',
    `${key} of this database is not in the key file: restore the file from its backup (VALUE_KEYS_DIR)`,
  );
}
