/** (a) Worker and API are killed with SIGKILL at random moments: under load, and while they start again. */
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../test/support/eventually.js';
import { type Program, type ProgramName } from '../program.js';
import { Target, type Arena, type Counts } from '../target.js';
import { PATIENCE_MS } from '../patience.js';

/** The moment after which a kill comes; long enough for dozens of blocks. */
const MAX_UNDER_LOAD_MS = 400;
/** Longer than a start takes on a busy machine. */
const MAX_WHILE_STARTING_MS = 1_500;
const KILLED_WHILE_STARTING_PER_CENT = 30;

export async function killAtRandom(arena: Arena, kills: number): Promise<Counts> {
  const { random, progress } = arena;
  const target = await Target.create(arena);
  const counts = { api: 0, 'anchor-worker': 0, starting: 0 };
  const programs = new Map<ProgramName, Program>();
  const kill = async (name: ProgramName): Promise<void> => {
    await programs.get(name)?.end('SIGKILL');
    counts[name] += 1;
  };
  const start = async (name: ProgramName): Promise<void> => {
    const program = target.installation.launch(name);
    programs.set(name, program);
    if (counts.api + counts['anchor-worker'] > 0 && random.chance(KILLED_WHILE_STARTING_PER_CENT)) {
      await delay(random.below(MAX_WHILE_STARTING_MS));
      await kill(name);
      counts.starting += 1;
      return start(name);
    }
    const port = await program.ready();
    if (name === 'api') target.installation.useApi(port);
  };
  try {
    await Promise.all([start('anchor-worker'), start('api')]);
    await target.load.send(1);
    await target.check('the first record');
    while (counts.api + counts['anchor-worker'] < kills) {
      const answered = target.load.acknowledged.length;
      target.beginLoad();
      await eventually('the load flows', () => target.load.acknowledged.length > answered, PATIENCE_MS);
      await delay(random.below(MAX_UNDER_LOAD_MS));
      const victims: readonly ProgramName[] = random.pick([
        ['anchor-worker'],
        ['anchor-worker'],
        ['api'],
        ['api', 'anchor-worker'],
      ]);
      await Promise.all(victims.map(kill));
      await Promise.all(victims.map(start));
      const done = counts.api + counts['anchor-worker'];
      await target.check(`kill ${done} (${victims.join(' and ')})`);
      progress(done, kills, `kills, ${target.load.acknowledged.length} records`);
    }
    await target.inspection.checkEverything();
    return {
      'worker killed': counts['anchor-worker'],
      'API killed': counts.api,
      'of these while starting': counts.starting,
      ...target.counts,
    };
  } finally {
    await target.close();
  }
}
