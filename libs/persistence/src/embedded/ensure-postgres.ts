/**
 * `ensurePostgres`: a PostgreSQL server of our own on a free loopback port, for a machine that has none. It is
 * created on first use under `DATA_DIR/postgres`, found again when another of our processes already runs it, and
 * started otherwise. Passwords are random, kept in a file that only the owner may read.
 *
 * Not guaranteed: more than one machine sharing the folder.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { PersistenceError } from '../persistence-error.js';
import { locateBinaries, type PostgresBinaries } from './binaries.js';
import { chooseLauncher, type Launcher } from './unprivileged.js';

const START_TIMEOUT_MS = 60_000;
/** For one connection. Who is silent for so long is not there; a busy machine takes seconds. */
const CONNECT_TIMEOUT_MS = 10_000;

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  synchronous_commit: 'on',
  log_min_messages: 'warning',
};

/** Passwords of the server's four login roles. */
export interface Credentials {
  readonly superuser: string;
  readonly owner: string;
  readonly api: string;
  readonly worker: string;
}

/** A server that runs, whoever started it. */
export interface EmbeddedPostgres {
  readonly port: number;
  readonly pid: number;
  readonly credentials: Credentials;
  /** Whether this call started it; otherwise another process counts on it. */
  readonly started: boolean;
  isAlive(): boolean;
  /** Ends the server and waits until it has written everything down. */
  stop(): Promise<void>;
}

/**
 * Finds or starts the server under `directory` (created on first use), with PostgreSQL's `settings` instead of ours where they
 * are given.
 *
 * @throws PersistenceError `embedded-unavailable` | `embedded-failed` with the server's own last words.
 */
export async function ensurePostgres(
  directory: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<EmbeddedPostgres> {
  mkdirSync(directory, { recursive: true });
  const binaries = locateBinaries();
  const launcher = chooseLauncher();
  const dataDir = join(directory, 'data');
  const credentials = initialize(directory, dataDir, binaries, launcher);
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const running = await findRunning(dataDir, credentials);
    if (running) return running;
    const started = await start(dataDir, credentials, binaries, launcher, { ...SETTINGS, ...settings });
    if ('port' in started) return started;
    // A stale pid file of a killed server, or another process of ours that is starting it right now: look again.
    if (Date.now() > deadline) throw new PersistenceError('embedded-failed', started.failure);
    await delay(200);
  }
}

/** The URL of a database on the server for one of its roles. */
export function embeddedUrl(
  server: EmbeddedPostgres,
  role: keyof Credentials,
  database = 'cunzheng',
): string {
  const user = { superuser: 'postgres', owner: 'cunzheng', api: 'cunzheng_api', worker: 'cunzheng_worker' }[
    role
  ];
  return `postgres://${user}:${server.credentials[role]}@127.0.0.1:${server.port}/${database}`;
}

function initialize(
  directory: string,
  dataDir: string,
  binaries: PostgresBinaries,
  launcher: Launcher,
): Credentials {
  const file = join(directory, 'credentials.json');
  if (existsSync(file) && existsSync(join(dataDir, 'PG_VERSION'))) {
    return JSON.parse(readFileSync(file, 'utf8')) as Credentials;
  }
  const password = (): string => randomBytes(24).toString('hex');
  const credentials = { superuser: password(), owner: password(), api: password(), worker: password() };
  // A folder without credentials is a first start that was cut short: nothing was ever stored in it.
  rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(dataDir, { mode: 0o700 });
  const passwordFile = join(directory, 'password');
  writeFileSync(passwordFile, credentials.superuser, { mode: 0o600 });
  [dataDir, passwordFile].forEach((path) => {
    launcher.handOver(path);
  });
  const args = [
    '-D',
    dataDir,
    '-U',
    'postgres',
    '-A',
    'scram-sha-256',
    '-E',
    'UTF8',
    '--no-locale',
    `--pwfile=${passwordFile}`,
  ];
  const [command, ...rest] = [...launcher.prefix, binaries.initdb, ...args] as [string, ...string[]];
  const run = spawnSync(command, rest, { ...launcher.options, stdio: 'pipe', encoding: 'utf8' });
  rmSync(passwordFile);
  if (run.status !== 0) {
    throw new PersistenceError(
      'embedded-failed',
      `initdb failed: ${run.stderr || String(run.error ?? run.stdout)}`,
    );
  }
  writeFileSync(file, JSON.stringify(credentials), { mode: 0o600 });
  return credentials;
}

async function findRunning(dataDir: string, credentials: Credentials): Promise<EmbeddedPostgres | undefined> {
  const pidFile = join(dataDir, 'postmaster.pid');
  if (!existsSync(pidFile)) return undefined;
  const lines = readFileSync(pidFile, 'utf8').split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  if (!(pid > 0) || !(port > 0) || !(await answers(port, credentials))) return undefined;
  return server(pid, port, credentials, false);
}

function server(pid: number, port: number, credentials: Credentials, started: boolean): EmbeddedPostgres {
  return { pid, port, credentials, started, isAlive: () => isAlive(pid), stop: () => stopServer(pid) };
}

async function start(
  dataDir: string,
  credentials: Credentials,
  binaries: PostgresBinaries,
  launcher: Launcher,
  settings: Readonly<Record<string, string>>,
): Promise<EmbeddedPostgres | { failure: string }> {
  const port = await freePort();
  const args = [
    '-D',
    dataDir,
    ...Object.entries({ ...settings, port }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  const [command, ...rest] = [...launcher.prefix, binaries.postgres, ...args] as [string, ...string[]];
  // Its own process group: Ctrl-C in a terminal must not end the server before those who still write to it.
  const child = spawn(command, rest, {
    ...launcher.options,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const lastWords = keepLastWords(child);
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (child.pid && child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
    if (await answers(port, credentials)) {
      child.unref();
      return server(child.pid, port, credentials, true);
    }
    await delay(25);
  }
  if (child.pid) await stopServer(child.pid);
  return { failure: `the embedded PostgreSQL in ${dataDir} did not start: ${lastWords()}` };
}

function keepLastWords(child: ChildProcess): () => string {
  let text = '';
  child.on('error', (error) => (text += error.message));
  child.stderr?.on('data', (chunk: Buffer) => (text = (text + chunk.toString('utf8')).slice(-4_000)));
  return () => text.trim();
}

/** SIGINT is PostgreSQL's "fast" shutdown: sessions end, everything is flushed, a clean start next time. */
async function stopServer(pid: number): Promise<void> {
  if (!isAlive(pid)) return;
  process.kill(pid, 'SIGINT');
  while (isAlive(pid)) await delay(20);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function answers(port: number, credentials: Credentials): Promise<boolean> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    password: credentials.superuser,
    database: 'postgres',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => {
        resolve(port);
      });
    });
  });
}
