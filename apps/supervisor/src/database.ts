/** The database of a single-machine installation: embedded, or the one in DATABASE_URL; migrated, with a URL per role. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  embeddedUrl,
  enableRoles,
  ensurePostgres,
  migrate,
  provision,
  type RoleUrls,
} from '@cunzheng/persistence';
import { type Settings } from '@cunzheng/settings';

export interface SupervisedDatabase {
  readonly urls: RoleUrls;
  isAlive(): boolean;
  close(): Promise<void>;
}

export async function openDatabase(settings: Settings): Promise<SupervisedDatabase> {
  return settings.DATABASE_URL === undefined
    ? await openEmbedded(settings)
    : await openExternal(settings, settings.DATABASE_URL);
}

async function openEmbedded(settings: Settings): Promise<SupervisedDatabase> {
  const server = await ensurePostgres(join(settings.DATA_DIR, 'postgres'));
  try {
    await provision(server);
    const urls = {
      owner: embeddedUrl(server, 'owner'),
      api: embeddedUrl(server, 'api'),
      worker: embeddedUrl(server, 'worker'),
    };
    await migrate(urls.owner);
    return { urls, isAlive: () => server.isAlive(), close: () => server.stop() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function openExternal(settings: Settings, ownerUrl: string): Promise<SupervisedDatabase> {
  await migrate(ownerUrl);
  const urls = await enableRoles(ownerUrl, readPasswords(settings.DATA_DIR));
  return { urls, isAlive: () => true, close: () => Promise.resolve() };
}

function readPasswords(dataDir: string): { api: string; worker: string } {
  const path = join(dataDir, 'database-roles.json');
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as { api: string; worker: string };
  const password = (): string => randomBytes(24).toString('hex');
  const passwords = { api: password(), worker: password() };
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(path, JSON.stringify(passwords), { mode: 0o600 });
  return passwords;
}
