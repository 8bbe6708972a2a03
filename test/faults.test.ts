/**
 * A short form of `npm run test:faults`: the built worker and API, their files, PostgreSQL and Redis under load and under
 * attack, with the full inspection after each fault. The campaigns are those of the long form; see CONTRIBUTING.md.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWithTool } from '@test/tools.js';
import { FREEZES, freezeWorkers } from '../faults/campaigns/frozen-worker.js';
import { fillDisk } from '../faults/campaigns/full-disk.js';
import { killAtRandom } from '../faults/campaigns/kills.js';
import { restartServers } from '../faults/campaigns/restarts.js';
import { failSystemCalls } from '../faults/campaigns/system-calls.js';
import { DatabaseServer } from '../faults/database-server.js';
import { SeededRandom } from '../faults/seeded-random.js';
import { describePoint, type Point } from '../faults/system-call-points.js';
import { SITUATIONS } from '../faults/takeovers.js';
import { type Arena, type Counts } from '../faults/target.js';

/** Everything waits for conditions, with limits of its own that say what did not come; this one is for the rest. */
const TIMEOUT_MS = 900_000;
const SEED = 20_260_101;

let arena: Arena;
let server: DatabaseServer;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cunzheng-faults-'));
  server = await DatabaseServer.start(directory);
  arena = { server, directory, random: new SeededRandom(SEED), progress: () => undefined };
}, TIMEOUT_MS);

afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
}, TIMEOUT_MS);

test(
  'worker and API are killed at random moments',
  async () => {
    const counts = await killAtRandom(arena, 3);
    expect((counts['worker killed'] ?? 0) + (counts['API killed'] ?? 0)).toBeGreaterThanOrEqual(3);
    expect(counts['records acknowledged']).toBeGreaterThan(10);
  },
  TIMEOUT_MS,
);

describeWithTool('strace', 'system calls of the append path', () => {
  /** One of each kind, and those whose order matters most. */
  const CHOSEN = [
    'error=EIO in fdatasync /segments/H.seg #1',
    'error=ENOSPC in pwrite64 /tmp/W/* #1',
    'signal=KILL in rename /checkpoint #1',
  ];
  /** Mostly waits until a lock is stale: it runs beside the others. */
  let frozen: Promise<Counts>;

  beforeAll(() => {
    frozen = freezeWorkers(arena, { lanes: 1, freezes: FREEZES.slice(0, 1) });
    frozen.catch(() => undefined);
  });

  test(
    'fail or kill the worker, one at a time',
    async () => {
      const choose = (points: readonly Point[]): readonly Point[] =>
        points.filter((point) => CHOSEN.includes(describePoint(point)));
      const counts = await failSystemCalls(arena, { situations: [SITUATIONS.block], choose, lanes: 1 });
      expect(counts).toMatchObject({
        'points tried': CHOSEN.length,
        'points not hit': 0,
        'outcome: worker ended itself': 2,
        'outcome: worker died': 1,
      });
    },
    TIMEOUT_MS,
  );

  test(
    'freeze a worker past its lock: another takes over, and the thawed one does no harm',
    async () => {
      expect((await frozen)['frozen after a system call']).toBe(1);
    },
    TIMEOUT_MS,
  );
});

describeWithTool('unshare', 'a file system of a few megabytes', () => {
  test(
    'runs full of bytes and of names, and has room again',
    async () => {
      expect(await fillDisk(arena, 2)).toMatchObject({ 'disk filled': 2 });
    },
    TIMEOUT_MS,
  );
});

describeWithTool('redis-server', 'the servers behind', () => {
  test(
    'PostgreSQL restarts and crashes, Redis is emptied and restarted',
    async () => {
      expect(await restartServers(arena, 4)).toMatchObject({
        'PostgreSQL restarted': 1,
        'PostgreSQL crashed': 1,
        'Redis emptied': 1,
        'Redis restarted empty': 1,
      });
    },
    TIMEOUT_MS,
  );
});
