/**
 * The database as its owner: the one in DATABASE_URL, or the embedded one under DATA_DIR. An embedded server that nobody
 * runs is started for one command and stopped again, also when the command fails or Ctrl-C is pressed meanwhile.
 *
 * The commands load this module when they run, and everything of the database through it: the libraries behind it would
 * slow down every other command.
 */
import { join } from 'node:path';
import {
  createDataSource,
  embeddedUrl,
  ensurePostgres,
  migrate,
  PersistenceError,
  provision,
} from '@cunzheng/persistence';
import { loadEnvFile, loadSettings, SettingsError, type Settings } from '@cunzheng/settings';
import { Client } from 'pg';
import { type DataSource } from 'typeorm';
import { CliError } from '../cli-error.js';

export {
  acceptLoss,
  API_KEY_SCOPES,
  ApiKey,
  createApiKeyToken,
  DEFAULT_API_KEY_SCOPES,
  formatAuditEntry,
  formatAuditHead,
  migrate,
  Organization,
  ORGANIZATION_TYPES,
  readOpenLoss,
  readStored,
  readUsage,
  ROLE_NAMES,
  setOrganizationLimits,
  trySequencerLock,
} from '@cunzheng/persistence';

const UNDEFINED_TABLE = '42P01';
const INSUFFICIENT_PRIVILEGE = '42501';

/** Runs `work` with the URL of the owner's database; an embedded one has its schema. @throws CliError. */
export async function withOwnerUrl<T>(work: (url: string) => Promise<T>): Promise<T> {
  const settings = readSettings();
  try {
    return await (settings.DATABASE_URL === undefined
      ? withEmbedded(settings, work)
      : work(settings.DATABASE_URL));
  } catch (error) {
    throw toCliError(error);
  }
}

/** As {@link withOwnerUrl}, connected. */
export async function withOwnerDatabase<T>(work: (database: DataSource) => Promise<T>): Promise<T> {
  return await withOwnerUrl(async (url) => {
    const database = await createDataSource(url, 1).initialize();
    try {
      return await work(database);
    } finally {
      await database.destroy();
    }
  });
}

/** Runs `work` in one transaction as the owner, on a plain client. */
export async function withOwnerTransaction<T>(work: (client: Client) => Promise<T>): Promise<T> {
  return await withOwnerUrl(async (url) => {
    const client = new Client({ connectionString: url, application_name: 'cunzheng-cli' });
    await client.connect();
    try {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } finally {
      // Ends the transaction if it is still open.
      await client.end();
    }
  });
}

/** @throws CliError `settings`. */
export function readSettings(): Settings {
  try {
    loadEnvFile();
    return loadSettings(process.env);
  } catch (cause) {
    if (!(cause instanceof SettingsError)) throw cause;
    throw new CliError('settings', `settings: ${cause.message.replaceAll('\n', '; ')}`, { cause });
  }
}

async function withEmbedded<T>(settings: Settings, work: (url: string) => Promise<T>): Promise<T> {
  const interrupt = holdInterrupts();
  try {
    const server = await ensurePostgres(join(settings.DATA_DIR, 'postgres'));
    try {
      await provision(server);
      const url = embeddedUrl(server, 'owner');
      await migrate(url);
      if (interrupt.received()) throw new CliError('interrupted', 'interrupted before anything was changed');
      return await work(url);
    } finally {
      if (server.started) await server.stop();
    }
  } finally {
    interrupt.release();
  }
}

/** The server is in a process group of its own, so an interrupted command would leave it behind. */
function holdInterrupts(): { received: () => boolean; release: () => void } {
  let received = false;
  const hold = (): void => {
    received = true;
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, hold);
  return {
    received: () => received,
    release: () => {
      for (const signal of signals) process.off(signal, hold);
    },
  };
}

function toCliError(error: unknown): unknown {
  if (error instanceof CliError) return error;
  if (error instanceof PersistenceError) return new CliError('database', error.message, { cause: error });
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === UNDEFINED_TABLE) {
    return new CliError('database', 'the database has no schema yet: run cunzheng admin migrate first', {
      cause: error,
    });
  }
  if (code === INSUFFICIENT_PRIVILEGE) {
    return new CliError('settings', `DATABASE_URL must be that of the owner of the database: ${message}`, {
      cause: error,
    });
  }
  if (code === undefined) return error;
  return new CliError(
    'database',
    `the database cannot be used (${message || code}): check DATABASE_URL or DATA_DIR`,
    { cause: error },
  );
}
