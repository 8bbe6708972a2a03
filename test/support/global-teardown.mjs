// Ends the run's PostgreSQL and removes its files.
import { rmSync } from 'node:fs';

export default async function teardown() {
  const running = globalThis.testPostgres;
  if (!running) return;
  await running.server.stop();
  rmSync(running.directory, { recursive: true, force: true });
}
