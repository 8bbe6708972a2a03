/**
 * `npm start`: everything on one machine. Runs PostgreSQL (unless DATABASE_URL names one), the API and the anchor
 * worker as separate processes. If one ends unasked all are stopped; Ctrl-C stops all of them cleanly.
 */
import { loadEnvFile, loadSettings, SettingsError, type Settings } from '@cunzheng/settings';
import { openDatabase } from './database.js';
import { startProgram, type Program } from './program.js';

const HEALTH_INTERVAL_MS = 500;

async function main(): Promise<void> {
  loadEnvFile();
  const settings = loadSettings(process.env);
  const stop = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
    // A program that started us and died without a word closes the channel.
    process.once('disconnect', () => {
      resolve('SIGTERM');
    });
  });
  const database = await openDatabase(settings);
  const programs: Program[] = [];
  try {
    const worker = await startProgram('anchor-worker', { DATABASE_URL: database.urls.worker });
    programs.push(worker);
    const api = await startProgram('api', { DATABASE_URL: database.urls.api });
    programs.push(api);
    announce(settings, api.port ?? settings.PORT);
    const reason = await Promise.race([
      stop,
      ...programs.map((program) => program.ended),
      databaseEnded(database),
    ]);
    if (!reason.startsWith('SIG')) {
      console.error(`${reason}: stopping everything`);
      process.exitCode = 1;
    }
  } finally {
    // The API first: it answers what it has accepted. The worker next: it finishes its block. PostgreSQL last.
    for (const program of programs.reverse()) await program.stop(settings.SHUTDOWN_TIMEOUT_MS);
    await database.close();
  }
}

async function databaseEnded(database: { isAlive: () => boolean }): Promise<string> {
  return await new Promise((resolve) => {
    const timer = setInterval(() => {
      if (database.isAlive()) return;
      clearInterval(timer);
      resolve('PostgreSQL ended');
    }, HEALTH_INTERVAL_MS);
    timer.unref();
  });
}

function announce(settings: Settings, port: number): void {
  const url = `http://${settings.HOST}:${port}`;
  console.log(`
Cunzheng (存证) is running.

  API       ${url}/v1
  API docs  ${url}/docs
  data      ${settings.DATA_DIR}
  trust     ${settings.TRUST_DIR}   (copy it: it is what verifies receipts without us)

Make an organization and an API key in another terminal:
  npm run cunzheng -- admin organization create my-firm --name "My firm"
  npm run cunzheng -- admin api-key create my-firm

Ctrl-C stops everything.
`);
  // Programs that started us (the demo, tests) wait for this message.
  process.send?.({ ready: true, url });
}

main().then(
  () => process.exit(process.exitCode ?? 0),
  (error: unknown) => {
    console.error(error instanceof SettingsError ? `settings:\n${error.message}` : error);
    process.exit(1);
  },
);
