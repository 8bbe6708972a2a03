/** The whole service for one test file, as `npm start` runs it: the built supervisor on a DATA_DIR in a folder of {@link useFolder}. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endBeforeRemoval, runCli } from './run-cli.js';

const PROGRAM = fileURLToPath(new URL('../../../dist/apps/supervisor/src/main.js', import.meta.url));

export interface SupervisedService {
  readonly url: string;
  readonly trustDir: string;
  /** Environment in which commands act for `organization`. */
  readonly env: Readonly<Record<string, string>>;
  /** Environment of the admin commands. */
  readonly adminEnv: Readonly<Record<string, string>>;
}

export async function startService(
  folder: string,
  organization: string,
  more: Readonly<Record<string, string>> = {},
): Promise<SupervisedService> {
  const dataDir = join(folder, 'data');
  const env = {
    PATH: process.env['PATH'],
    DATA_DIR: dataDir,
    PORT: '0',
    LOG_LEVEL: 'warn',
    BATCH_MAX_AGE_MS: '20',
    ...more,
  };
  const child = fork(PROGRAM, [], { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => {
      resolve();
    }),
  );
  endBeforeRemoval(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const ready = new Promise<{ url: string }>((resolve) =>
    child.once('message', (message) => {
      resolve(message as { url: string });
    }),
  );
  const first = await Promise.race([ready, ended]);
  if (first === undefined) throw new Error('the service did not start');
  const { url } = first;
  const adminEnv = { DATA_DIR: dataDir };
  const apiKey = await createTenant(folder, organization, adminEnv);
  return {
    url,
    trustDir: join(dataDir, 'trust'),
    env: { CUNZHENG_URL: url, CUNZHENG_API_KEY: apiKey },
    adminEnv,
  };
}

async function createTenant(
  cwd: string,
  organization: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const created = await runCli(['admin', 'organization', 'create', organization, '--name', organization], {
    cwd,
    env,
  });
  const key = await runCli(['admin', 'api-key', 'create', organization], { cwd, env });
  if (created.exitCode !== 0 || key.exitCode !== 0) throw new Error(created.stderr + key.stderr);
  return key.stdout.trim();
}
