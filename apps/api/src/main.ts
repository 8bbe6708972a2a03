/** Starts an API process. It serves until it is told to stop, then answers what is under way and ends. */
import { pino } from 'pino';
import { openTracing } from '@cunzheng/telemetry';
import { loadEnvFile, loadSettings, SettingsError } from '@cunzheng/settings';
import { type ApiSettings } from './app.module.js';
import { createApi } from './bootstrap.js';

async function main(): Promise<void> {
  loadEnvFile();
  const settings = loadSettings(process.env, ['DATABASE_URL']) as ApiSettings;
  const logger = pino({ level: settings.LOG_LEVEL, name: 'api', base: { pid: process.pid } });
  const tracing = await openTracing(settings, 'cunzheng-api', (error) => {
    logger.warn({ err: error }, 'traces were not sent');
  });
  const app = await createApi(settings, logger, tracing);
  app.enableShutdownHooks(['SIGINT', 'SIGTERM']);
  await app.listen({ host: settings.HOST, port: settings.PORT });
  const { port } = app.getHttpServer().address() as { port: number };
  logger.info({ port }, 'api listens');
  // The supervisor waits for this message; when it dies, the channel closes and we end as if asked to.
  process.send?.({ ready: true, port });
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
}

main().catch((error: unknown) => {
  console.error(error instanceof SettingsError ? `settings:\n${error.message}` : error);
  process.exit(1);
});
