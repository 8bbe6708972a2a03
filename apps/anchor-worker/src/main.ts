/** Starts the anchor worker. It stands by for the sequencer's lock, anchors what waits, and ends when told to. */
import { NestFactory } from '@nestjs/core';
import { pino } from 'pino';
import { createPool, waitForSchema } from '@cunzheng/persistence';
import { openTracing } from '@cunzheng/telemetry';
import { loadEnvFile, loadSettings, SettingsError } from '@cunzheng/settings';
import { type SequencerSettings } from './sequencer/sequencer.js';
import { Worker } from './worker.js';
import { WorkerModule } from './worker.module.js';

const SCHEMA_TIMEOUT_MS = 60_000;

async function main(): Promise<void> {
  loadEnvFile();
  const settings = loadSettings(process.env, ['DATABASE_URL']) as SequencerSettings;
  const logger = pino({ level: settings.LOG_LEVEL, name: 'anchor-worker', base: { pid: process.pid } });
  const tracing = await openTracing(settings, 'cunzheng-worker', (error) => {
    logger.warn({ err: error }, 'traces were not sent');
  });
  const pool = createPool({
    connectionString: settings.DATABASE_URL,
    max: 2,
    application_name: 'cunzheng-worker',
  });
  await waitForSchema(pool, SCHEMA_TIMEOUT_MS);
  const app = await NestFactory.createApplicationContext(
    WorkerModule.create({ settings, pool, logger, tracing, now: Date.now }),
    {
      logger: false,
      abortOnError: false,
    },
  );
  app.enableShutdownHooks(['SIGINT', 'SIGTERM']);
  // The supervisor waits for this message; when it dies, the channel closes and we end as if asked to.
  process.send?.({ ready: true });
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // A sequencer that fails leaves disk or history in doubt: end at once, recover on the next start.
  await app.get(Worker).finished.finally(() => tracing.close());
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof SettingsError ? `settings:\n${error.message}` : error);
    process.exit(1);
  },
);
