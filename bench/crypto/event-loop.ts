/**
 * By how much the event loop of an API process is late while signed statements come in at the same rate as unsigned ones:
 * what checking signatures adds.
 */
import { createSigner, signedBody, unsignedBody } from '../bodies.js';
import { readService, registerSigner } from '../figures/single.js';
import { measureRate } from '../load.js';
import { type Figure } from '../report.js';
import { type BenchProgram, startStack } from '../stack.js';
import { type LoopDelay } from './loop-delay.js';

const BODIES = 1_024;
const PATH = '/v1/evidence';
const PRELOAD = new URL('loop-delay.js', import.meta.url).href;

export async function measureEventLoop(): Promise<Figure[]> {
  const stack = await startStack();
  try {
    await stack.startWorker();
    const api = await stack.startApi({ NODE_OPTIONS: `--import=${PRELOAD}` });
    const signer = createSigner();
    await registerSigner(stack, api, signer);
    const service = await readService(api);
    const { id, apiKey } = stack.organization;
    const headers = { authorization: `Bearer ${apiKey}` };
    const signed = Array.from({ length: BODIES }, () => signedBody(signer, id, service));
    const unsigned = Array.from({ length: BODIES }, unsignedBody);
    const load = (bodies: readonly string[], more: { rate?: number; seconds?: number } = {}) =>
      measureRate({ url: api.url, path: PATH, bodies, headers, ...more });
    await load(signed, { seconds: 3 });
    const peak = await load(signed);
    const full = await readDelay(api);
    const rate = Math.floor(peak / 2);
    await load(unsigned, { rate });
    const without = await readDelay(api);
    await load(signed, { rate });
    return toFigures(peak, full, without, await readDelay(api));
  } finally {
    await stack.close();
  }
}

function toFigures(peak: number, full: LoopDelay, without: LoopDelay, half: LoopDelay): Figure[] {
  const rate = `${Math.round(peak / 2).toLocaleString('en')} req/s`;
  const figure = (name: string, value: number, baseline?: number): Figure => ({
    name,
    value,
    unit: 'ms',
    ...(baseline !== undefined && { baseline: { name: 'ms for unsigned ones', value: baseline } }),
  });
  return [
    { name: 'signed statements, as many as possible', value: peak, unit: 'req/s' },
    figure('event loop late, then, p50', full.p50Ms),
    figure('event loop late, then, p99', full.p99Ms),
    figure(`event loop late, signed at ${rate}, p50`, half.p50Ms, without.p50Ms),
    figure(`event loop late, signed at ${rate}, p99`, half.p99Ms, without.p99Ms),
    figure(`event loop late, signed at ${rate}, at most`, half.maxMs, without.maxMs),
  ];
}

async function readDelay(api: BenchProgram): Promise<LoopDelay> {
  const { loopDelay } = (await api.ask('SIGUSR2')) as { loopDelay: LoopDelay };
  return loopDelay;
}
