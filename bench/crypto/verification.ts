/**
 * Verifications a second by the calls that the service makes, against the bare call: on the spot, as the command line and
 * receipts do it, and in the thread pool, as intake does it, with many under way.
 */
import { setImmediate } from 'node:timers/promises';
import { nativeCrypto, verifyInThreadPool } from '@cunzheng/crypto/node';
import { medianRound, type Round } from '../ledger/rounds.js';
import { type Figure } from '../report.js';
import { SAMPLES, type Sample } from './samples.js';

/** Many short ones: whatever else the machine does then meets both sides alike. */
const ROUNDS = 41;
const SLICE_MS = 40;
const IN_FLIGHT = 64;
/** The algorithms that most statements are signed with. */
const AIMED_AT: readonly string[] = ['ed25519', 'ecdsa-p256-sha256'];

/** Figures of every algorithm of the suite. */
export async function measureVerification(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const alg of nativeCrypto.signatureNames) {
    const sample = SAMPLES.get(alg)?.();
    if (sample === undefined) console.log(`${alg}: not measured, there is no sample`);
    else figures.push(...(await measure(alg, sample)));
  }
  return figures;
}

async function measure(alg: string, sample: Sample): Promise<Figure[]> {
  const { spki, message, signature, bare, bareOnPool } = sample;
  const algorithm = nativeCrypto.signature(alg);
  const key = algorithm.importPublicKey(spki);
  const onTheSpot = (): boolean => algorithm.verify(key, message, signature);
  const inPool = (): Promise<boolean> => verifyInThreadPool(key, message, signature);
  const figure = (how: string, baseline: string, round: Round): Figure => ({
    name: `${alg}, ${how}`,
    value: round.value,
    unit: '/s',
    baseline: { name: baseline, value: round.baseline },
    ...(AIMED_AT.includes(alg) && { target: { at: 'least', value: 0.7 } as const }),
  });
  const spot = await medianOf(async () => ({
    value: await countPerSecond(1, onTheSpot),
    baseline: await countPerSecond(1, bare),
  }));
  const pool = await medianOf(async () => ({
    value: await countPerSecond(IN_FLIGHT, inPool),
    baseline: await countPerSecond(IN_FLIGHT, bareOnPool ?? bare),
  }));
  return [
    figure('on the spot', 'bare call', spot),
    figure('in the pool', bareOnPool ? 'bare call in the pool' : 'bare call on the spot', pool),
  ];
}

async function medianOf(measureRound: () => Promise<Round>): Promise<Round> {
  await measureRound();
  const rounds: Round[] = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push(await measureRound());
  return medianRound(rounds);
}

/** Calls `verify` for a while, `inFlight` at a time. */
async function countPerSecond(inFlight: number, verify: () => boolean | Promise<boolean>): Promise<number> {
  const startedMs = performance.now();
  let count = 0;
  const work = async (): Promise<void> => {
    while (performance.now() - startedMs < SLICE_MS) {
      const valid = verify();
      if (!(typeof valid === 'boolean' ? valid : await valid)) throw new Error('a signature does not verify');
      count++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  const seconds = (performance.now() - startedMs) / 1_000;
  await setImmediate();
  return count / seconds;
}
