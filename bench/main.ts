/**
 * `npm run bench`: every figure beside a baseline measured in the same run, on temporary data, with the API, the worker
 * and PostgreSQL as processes of their own. Takes about two minutes. Absolute figures depend on the machine; ratios
 * are what to compare.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { createSigner } from './bodies.js';
import { createSignedItems, measureBytes, sendBulk } from './figures/bulk.js';
import { measureLatency } from './figures/latency.js';
import { measureRawInsert } from './figures/raw-insert.js';
import { measureSingle, readService, registerSigner } from './figures/single.js';
import { measureVerification } from './figures/verification.js';
import { printFigure, saveFigures, type Figure } from './report.js';
import { startStack, type BenchProgram, type BenchStack } from './stack.js';
import { unsignedBody } from './bodies.js';

const FIRST_ROWS = 100_000;
const TIMED_ROWS = 300_000;
const LAST_ROWS = 100_000;

const figures: Figure[] = [];

function report(...measured: readonly Figure[]): void {
  for (const figure of measured) {
    figures.push(figure);
    printFigure(figure);
  }
}

async function waitUntilReady(api: BenchProgram): Promise<void> {
  while (!(await fetch(`${api.url}/health/ready`)).ok) await delay(100);
}

async function measureBulk(stack: BenchStack, api: BenchProgram, worker: BenchProgram): Promise<void> {
  const raw = await measureRawInsert(stack);
  const baseline = { name: 'raw insert, rows/s', value: raw };
  await sendBulk(stack, api, FIRST_ROWS);
  const rssBefore = { api: api.rssBytes(), worker: worker.rssBytes() };
  const timed = await sendBulk(stack, api, TIMED_ROWS);
  report(
    {
      name: 'batch route, accepted',
      value: timed.acceptedPerSecond,
      unit: 'rows/s',
      baseline,
      target: { at: 'least', value: 0.4 },
    },
    {
      name: `anchored end to end, ${TIMED_ROWS} records`,
      value: timed.anchoredPerSecond,
      unit: 'rows/s',
      baseline,
      target: { at: 'least', value: 0.33 },
    },
  );
  await sendBulk(stack, api, LAST_ROWS);
  const target = { at: 'most', value: 1.1 } as const;
  report(
    {
      name: 'API memory after 500,000 records',
      value: api.rssBytes() / 1e6,
      unit: 'MB',
      baseline: { name: 'MB after 100,000', value: rssBefore.api / 1e6 },
      target,
    },
    {
      name: 'worker memory after 500,000 records',
      value: worker.rssBytes() / 1e6,
      unit: 'MB',
      baseline: { name: 'MB after 100,000', value: rssBefore.worker / 1e6 },
      target,
    },
  );
}

async function main(): Promise<void> {
  const stack = await startStack();
  try {
    const worker = await stack.startWorker();
    const api = await stack.startApi();
    await waitUntilReady(api);
    await measureBulk(stack, api, worker);
    const signer = createSigner();
    await registerSigner(stack, api, signer);
    report(...(await measureBytes(stack, api, 'unsigned', unsignedBody)));
    report(
      ...(await measureBytes(
        stack,
        api,
        'signed',
        createSignedItems(signer, stack.organization.id, await readService(api)),
      )),
    );
    const single = await measureSingle(stack, api, signer);
    report(...single);
    report(...(await measureLatency(stack, api, single[0]?.value ?? 0)));
    report(...(await measureVerification(stack, api)));
  } catch (error) {
    // Said before the stack is torn down, which breaks whatever is still connected.
    console.error(error);
    process.exitCode = 1;
  } finally {
    await stack.close();
  }
  saveFigures(figures);
}

await main();
