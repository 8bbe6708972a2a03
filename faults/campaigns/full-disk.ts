/** (c) The ledger's file system runs full under load, of bytes or of names; a start on it fails too; then there is room again. */
import { join } from 'node:path';
import { eventually } from '../../test/support/eventually.js';
import { promise } from '../fault-error.js';
import { SmallDisk } from '../small-disk.js';
import { Target, type Arena, type Counts } from '../target.js';
import { PATIENCE_MS } from '../patience.js';

const DISK_BYTES = 8 * 1_048_576;
const DISK_NAMES = 1_500;
/** What is left when the load begins: enough for a few blocks, at any alignment. */
const MAX_FREE_BYTES = 40_000;

export async function fillDisk(arena: Arena, rounds: number): Promise<Counts> {
  const { random, progress, directory } = arena;
  const disk = await SmallDisk.mount(join(directory, 'disk'), DISK_BYTES, DISK_NAMES);
  const target = await Target.create(arena, { ledgerDir: disk.ledgerDir });
  const { installation } = target;
  try {
    let worker = await installation.startWorker();
    await installation.startApi();
    await target.load.send(1);
    await target.check('the first record');
    for (let round = 1; round <= rounds; round += 1) {
      const what = round % 2 === 1 ? 'bytes' : 'names';
      const fill = (bytes: number): void => {
        if (what === 'bytes') disk.fillBytes(bytes);
        else disk.fillNames();
      };
      fill(random.below(MAX_FREE_BYTES));
      target.beginLoad();
      // The load has stopped itself if an answer was wrong; the check says which.
      await eventually('the full disk ends the worker', () => !worker.isRunning, PATIENCE_MS).catch(() =>
        target.check(`the disk is full of ${what}, and the worker goes on`),
      );
      const ending = worker.isRunning ? 'going on' : await worker.ended;
      promise(ending === 1, () => `a full disk (${what}) ended the worker with ${ending}, it should be 1`);
      // Records are still accepted: nothing but the ledger is on that disk.
      await target.load.send(1);
      await target.pauseLoad();
      fill(0);
      const again = await installation.launch('anchor-worker').ended;
      promise(again === 1, () => `a start on a full disk (${what}) ended with ${again}, it should be 1`);
      disk.free();
      worker = await installation.startWorker();
      await target.check(`a full disk (${what}), round ${round}`);
      progress(round, rounds, `times full, ${target.load.acknowledged.length} records`);
    }
    await target.inspection.checkEverything();
    return { 'disk filled': rounds, ...target.counts };
  } finally {
    await target.close();
    await disk.unmount();
  }
}
