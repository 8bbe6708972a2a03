/** From sending a fingerprint to holding its receipt, while the API is busy with a quarter of what it can take. */
import { unsignedBody } from '../bodies.js';
import { measureRate } from '../load.js';
import { type Figure } from '../report.js';
import { type BenchOrganization, type BenchProgram, type BenchStack } from '../stack.js';

const SAMPLERS = 16;
const SECONDS = 15;
const BATCH_MAX_AGE_MS = 200;

export async function measureLatency(
  stack: BenchStack,
  api: BenchProgram,
  peakPerSecond: number,
): Promise<Figure[]> {
  const headers = { authorization: `Bearer ${stack.organization.apiKey}` };
  const bodies = Array.from({ length: 512 }, unsignedBody);
  const load = measureRate({
    url: api.url,
    path: '/v1/evidence',
    bodies,
    headers,
    rate: Math.floor(peakPerSecond / 4),
    seconds: SECONDS,
  });
  const deadlineMs = performance.now() + (SECONDS - 1) * 1_000;
  const samples: number[] = [];
  await Promise.all(
    Array.from({ length: SAMPLERS }, async () => {
      while (performance.now() < deadlineMs) samples.push(await timeToReceipt(stack.organization, api));
    }),
  );
  await load;
  return [
    { name: `request to receipt, p50 of ${samples.length}`, value: quantileOf(samples, 0.5), unit: 'ms' },
    {
      name: 'request to receipt, p99',
      value: quantileOf(samples, 0.99),
      unit: 'ms',
      target: { at: 'most', value: BATCH_MAX_AGE_MS + 150 },
    },
  ];
}

export function quantileOf(samples: readonly number[], q: number): number {
  const sorted = [...samples].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
}

/** Milliseconds from sending a piece of evidence to having its receipt. */
export async function timeToReceipt(organization: BenchOrganization, api: BenchProgram): Promise<number> {
  const startedMs = performance.now();
  const answer = await fetch(`${api.url}/v1/evidence`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${organization.apiKey}`,
      'content-type': 'application/json',
      prefer: 'wait=30',
    },
    body: unsignedBody(),
  });
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`no receipt within 30 s: status ${answer.status}`);
  return performance.now() - startedMs;
}
