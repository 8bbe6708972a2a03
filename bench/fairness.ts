/**
 * `npm run bench:fairness`: how long a small organization waits for a receipt while nobody else sends, and while another
 * floods the service with 100,000 records in batches of 1,000, on many connections at once. All in one run on temporary
 * data. Takes about two minutes.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { unsignedBody } from './bodies.js';
import { sendBulk } from './figures/bulk.js';
import { quantileOf, timeToReceipt } from './figures/latency.js';
import { printFigure, saveFigures, type Figure } from './report.js';
import { startStack, type BenchOrganization, type BenchProgram } from './stack.js';

const FLOOD_ROWS = 100_000;
const FLOODS = 3;
const FLOOD_CONNECTIONS = 32;
const SAMPLERS = 2;
/** Between two pieces of evidence of a sampler: a small organization sends now and then. */
const PAUSE_MS = 50;
const QUIET_MS = 20_000;
const TARGET = { at: 'most', value: 3 } as const;

/** Times to receipt until `done`, of whoever sends a little. */
async function sample(
  organization: BenchOrganization,
  api: BenchProgram,
  done: Promise<unknown>,
): Promise<number[]> {
  const samples: number[] = [];
  let isDone = false;
  const stop = (): void => {
    isDone = true;
  };
  done.then(stop, stop);
  await Promise.all(
    Array.from({ length: SAMPLERS }, async () => {
      while (!isDone) {
        samples.push(await timeToReceipt(organization, api));
        await delay(PAUSE_MS);
      }
    }),
  );
  await done;
  return samples;
}

function compare(quiet: readonly number[], flooded: readonly number[]): Figure[] {
  return [0.5, 0.99].map((q) => ({
    name: `request to receipt in a flood, p${q * 100} of ${flooded.length}`,
    value: quantileOf(flooded, q),
    unit: 'ms',
    baseline: { name: `ms when quiet, of ${quiet.length}`, value: quantileOf(quiet, q) },
    target: TARGET,
  }));
}

async function measure(): Promise<Figure[]> {
  const stack = await startStack();
  try {
    await stack.startWorker();
    // A flood is told to come back again and again: the lines about it would cost more than it.
    const api = await stack.startApi({ LOG_LEVEL: 'fatal' });
    while (!(await fetch(`${api.url}/health/ready`)).ok) await delay(100);
    const small = await stack.addOrganization('small');
    await sample(small, api, delay(2_000));
    const quiet = await sample(small, api, delay(QUIET_MS));
    const flooded: number[] = [];
    let acceptedPerSecond = 0;
    for (let flood = 0; flood < FLOODS; flood += 1) {
      const sent = sendBulk(stack, api, FLOOD_ROWS, unsignedBody, { connections: FLOOD_CONNECTIONS });
      flooded.push(...(await sample(small, api, sent)));
      acceptedPerSecond += (await sent).acceptedPerSecond / FLOODS;
    }
    return [
      { name: `flood of ${FLOOD_ROWS}, accepted`, value: acceptedPerSecond, unit: 'rows/s' },
      ...compare(quiet, flooded),
    ];
  } catch (error) {
    // Said before the stack is torn down, which breaks whatever is still connected.
    console.error(error);
    process.exitCode = 1;
    return [];
  } finally {
    await stack.close();
  }
}

const figures = await measure();
figures.forEach(printFigure);
saveFigures(figures);
