/** The database as its owner together with the value keys, for the commands that need both. Loaded when they run. */
import pg from 'pg';
import { readSettings, withOwnerUrl } from './owner-database.js';

export {
  addValueKey,
  createValueKeys,
  hasValueKeys,
  loadValueKeys,
  reencrypt,
  registerValueKeys,
  ValueCipher,
} from '@cunzheng/persistence';

/** Runs `work` connected as the owner, with the directory of the value keys. @throws CliError. */
export async function withOwnerValues<T>(
  work: (client: pg.Client, directory: string) => Promise<T>,
): Promise<T> {
  const settings = readSettings();
  return await withOwnerUrl(async (url) => {
    const client = new pg.Client({ connectionString: url, application_name: 'cunzheng-admin' });
    await client.connect();
    try {
      return await work(client, settings.VALUE_KEYS_DIR);
    } finally {
      await client.end();
    }
  });
}
