/**
 * The keys that this process seals values with. In development the first start makes them; in production they must be
 * there, because making new ones over old values would only show when those cannot be read any more.
 */
import { createValueKeys, loadValueKeys, ValueCipher } from '@cunzheng/persistence';
import { type Settings } from '@cunzheng/settings';
import { createRandomPool } from '../evidence/random-pool.js';

/** @throws PersistenceError `value-keys-missing` | `value-keys-invalid`. */
export function openValues(settings: Settings): ValueCipher {
  const directory = settings.VALUE_KEYS_DIR;
  if (settings.NODE_ENV !== 'production') createValueKeys(directory);
  const load = (): ReturnType<typeof loadValueKeys> => loadValueKeys(directory);
  return new ValueCipher(load(), createRandomPool(), load);
}
