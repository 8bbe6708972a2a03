// Says which suites could not run, ends the run's PostgreSQL and removes its files.
import { readFileSync, rmSync } from 'node:fs';

export default async function teardown() {
  const run = globalThis.testRun;
  if (!run) return;
  const notes = readFileSync(process.env.TEST_NOTES, 'utf8');
  if (notes) process.stderr.write(`\n${notes}`);
  await run.server?.stop();
  rmSync(run.directory, { recursive: true, force: true });
}
