/**
 * Tokens per second from `POST /tsa`: reserved, signed, committed with their records and answered, by one API process with
 * 64 connections. Beside it the signature alone, in a bare loop of the native call.
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import autocannon from 'autocannon';
import { formatTimestampQuery } from '@cunzheng/timestamp/node';
import { type Figure } from '../report.js';
import { startStack } from '../stack.js';

const CONNECTIONS = 64;
const LOOP_MS = 1_000;

/** @throws Error when any answer is not 2xx. */
export async function measureTsa(seconds = 8): Promise<Figure[]> {
  const stack = await startStack();
  try {
    await stack.startWorker();
    const { url } = await stack.startApi({ TSA_ENABLED: 'true', TSA_QUERIES_PER_MINUTE: '100000000' });
    await waitUntilItStamps(url);
    const { non2xx, errors, ...result } = await autocannon({
      url: `${url}/tsa`,
      method: 'POST',
      connections: CONNECTIONS,
      duration: seconds,
      headers: { 'content-type': 'application/timestamp-query' },
      body: makeQuery(),
    });
    if (non2xx > 0 || errors > 0) throw new Error(`/tsa: ${non2xx} answers were not 2xx, ${errors} errors`);
    const baseline = { name: 'bare P-256 signatures, one thread', value: measureSignatures() };
    const value = result['2xx'] / result.duration;
    return [{ name: 'timestamp tokens from /tsa, one API process', value, unit: 'tokens/s', baseline }];
  } finally {
    await stack.close();
  }
}

function makeQuery(): Buffer {
  const nonce = Uint8Array.of(0x41, ...randomBytes(7));
  return Buffer.from(formatTimestampQuery({ algorithm: 'sha-256', digest: randomBytes(32), nonce }));
}

/** The worker opens the log first. */
async function waitUntilItStamps(url: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const headers = { 'content-type': 'application/timestamp-query' };
    const answer = await fetch(`${url}/tsa`, { method: 'POST', headers, body: new Uint8Array(makeQuery()) });
    if (answer.ok) return;
    await delay(100);
  }
  throw new Error('/tsa answers no query');
}

function measureSignatures(): number {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const message = randomBytes(120);
  const start = performance.now();
  let count = 0;
  for (; performance.now() - start < LOOP_MS; count += 1) sign('sha256', message, privateKey);
  return (count * 1_000) / (performance.now() - start);
}
