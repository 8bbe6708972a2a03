/** The service under test, as separate processes on temporary data: embedded PostgreSQL, API, worker. */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import {
  API_KEY_SCOPES,
  createApiKeyToken,
  embeddedUrl,
  ensurePostgres,
  migrate,
  provision,
  type EmbeddedPostgres,
} from '@cunzheng/persistence';

export interface BenchOrganization {
  readonly id: string;
  readonly key: number;
  readonly apiKey: string;
}

export interface BenchStack {
  readonly directory: string;
  readonly ownerUrl: string;
  readonly apiUrl: string;
  readonly organization: BenchOrganization;
  addOrganization(id: string): Promise<BenchOrganization>;
  /** A further migrated database on the same server. */
  createDatabase(name: string): Promise<{ ownerUrl: string; apiUrl: string }>;
  startApi(env?: Record<string, string>): Promise<BenchProgram>;
  startWorker(env?: Record<string, string>): Promise<BenchProgram>;
  startEcho(): Promise<BenchProgram>;
  close(): Promise<void>;
}

export interface BenchProgram {
  readonly url: string;
  /** Resident set size in bytes. */
  rssBytes(): number;
  /** Sends a signal and waits for the message that answers it. */
  ask(signal: NodeJS.Signals): Promise<unknown>;
  stop(): Promise<void>;
}

const DIST = new URL('..', import.meta.url);

/** What `npm start` and the image give the API: room for many requests' worth of short-lived objects. */
const NODE_FLAGS = ['--max-semi-space-size=64'];

export async function startStack(): Promise<BenchStack> {
  const directory = mkdtempSync(join(tmpdir(), 'cunzheng-bench-'));
  const server = await ensurePostgres(join(directory, 'postgres'));
  await provision(server);
  const ownerUrl = embeddedUrl(server, 'owner');
  await migrate(ownerUrl);
  const organization = await createOrganization(ownerUrl, 'bench');
  const programs: BenchProgram[] = [];
  const start = async (
    script: string,
    env: Record<string, string>,
    flags: readonly string[] = [],
  ): Promise<BenchProgram> => {
    const program = await startProgram(script, flags, {
      DATA_DIR: directory,
      LOG_LEVEL: 'warn',
      PORT: '0',
      NODE_ENV: 'test',
      ...env,
    });
    programs.push(program);
    return program;
  };
  return {
    directory,
    ownerUrl,
    apiUrl: embeddedUrl(server, 'api'),
    organization,
    addOrganization: (id) => createOrganization(ownerUrl, id),
    createDatabase: async (name) => {
      await provision(server, name);
      const urls = { ownerUrl: embeddedUrl(server, 'owner', name), apiUrl: embeddedUrl(server, 'api', name) };
      await migrate(urls.ownerUrl);
      return urls;
    },
    startApi: (env) =>
      start('apps/api/src/main.js', { DATABASE_URL: embeddedUrl(server, 'api'), ...env }, NODE_FLAGS),
    startWorker: (env) =>
      start('apps/anchor-worker/src/main.js', { DATABASE_URL: embeddedUrl(server, 'worker'), ...env }),
    startEcho: () => start('bench/echo.js', {}, NODE_FLAGS),
    close: () => closeAll(programs, server, directory),
  };
}

async function closeAll(
  programs: readonly BenchProgram[],
  server: EmbeddedPostgres,
  directory: string,
): Promise<void> {
  for (const program of [...programs].reverse()) await program.stop();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
}

async function createOrganization(ownerUrl: string, name: string): Promise<BenchOrganization> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  const { id, secretSha256, token } = createApiKeyToken();
  const { rows } = await client.query<{ key: number }>(
    'INSERT INTO organization (id, name) VALUES ($1, $1) RETURNING key',
    [name],
  );
  const key = rows[0]?.key ?? 0;
  await client.query(
    'INSERT INTO api_key (id, organization, secret_sha256, scopes) VALUES ($1, $2, $3, $4)',
    [id, key, secretSha256, [...API_KEY_SCOPES]],
  );
  await client.end();
  return { id: name, key, apiKey: token };
}

async function startProgram(
  script: string,
  flags: readonly string[],
  env: Record<string, string>,
): Promise<BenchProgram> {
  const child = fork(fileURLToPath(new URL(script, DIST)), [], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [...flags],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message) => {
      resolve((message as { port?: number }).port ?? 0);
    });
    child.once('exit', (code) => {
      reject(new Error(`${script} ended with code ${code ?? '?'}`));
    });
  });
  return {
    url: `http://127.0.0.1:${port}`,
    rssBytes: () => readRss(child.pid ?? 0),
    ask: (signal) => {
      const answer = new Promise((resolve) => child.once('message', resolve));
      child.kill(signal);
      return answer;
    },
    stop: () => stopProgram(child),
  };
}

function readRss(pid: number): number {
  const [, kilobytes = '0'] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

async function stopProgram(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}
