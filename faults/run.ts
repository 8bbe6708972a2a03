/** Runs the campaigns that were asked for, one after the other, against a PostgreSQL of their own, and reports. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { killAtRandom } from './campaigns/kills.js';
import { FREEZES, freezeWorkers } from './campaigns/frozen-worker.js';
import { fillDisk } from './campaigns/full-disk.js';
import { restartServers } from './campaigns/restarts.js';
import { failSystemCalls } from './campaigns/system-calls.js';
import { DatabaseServer } from './database-server.js';
import { FaultError } from './fault-error.js';
import { Report } from './report.js';
import { SeededRandom } from './seeded-random.js';
import { SITUATIONS } from './takeovers.js';
import { type Arena, type Counts } from './target.js';

type Campaign = (arena: Arena) => Promise<Counts>;

const LONG: Readonly<Record<string, Campaign>> = {
  kills: (arena) => killAtRandom(arena, 200),
  'full-disk': (arena) => fillDisk(arena, 10),
  restarts: (arena) => restartServers(arena, 24),
  'frozen-worker': (arena) => freezeWorkers(arena, { lanes: 3, freezes: FREEZES }),
  'system-calls': (arena) => failSystemCalls(arena, { situations: Object.values(SITUATIONS), lanes: 3 }),
};

const USAGE = `npm run test:faults [-- [--seed N] [--only ${Object.keys(LONG).join('|')}]…]`;

/** Gives the exit code. `freshSeed`: the seed unless one is given. */
export async function runCampaigns(args: readonly string[], freshSeed: number): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { seed: { type: 'string' }, only: { type: 'string', multiple: true } },
  });
  const names = values.only ?? Object.keys(LONG);
  const seed = values.seed === undefined ? freshSeed : Number(values.seed);
  if (!names.every((name) => name in LONG) || !Number.isSafeInteger(seed)) {
    console.error(USAGE);
    return 2;
  }
  console.log(`seed ${seed} (repeat with -- --seed ${seed})`);
  const directory = mkdtempSync(join(tmpdir(), 'cunzheng-faults-'));
  const server = await DatabaseServer.start(directory);
  const report = new Report();
  // The server would outlive us; the programs end when we do.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void server.stop().finally(() => process.exit(130)));
  }
  try {
    for (const name of names) {
      const progress = report.begin(name);
      // Each campaign has its own randomness, so that one alone repeats what it did among the others.
      const random = new SeededRandom(seed);
      report.end(await (LONG[name] as Campaign)({ server, directory, random, progress }));
    }
    report.summarize();
    return 0;
  } catch (error) {
    report.fail(error instanceof FaultError ? error.message : error);
    return 1;
  } finally {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}
