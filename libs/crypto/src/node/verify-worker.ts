/** The thread of ./worker-pool.ts: verifies with the portable code, one signature after the other. */
import { parentPort } from 'node:worker_threads';
import { signatureList } from '../signature-list.js';
import { type PublicKey } from '../signature.js';

export interface VerifyJob {
  readonly alg: string;
  readonly spki: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** The verdict, or why there is none. */
export type VerifyAnswer = { readonly valid: boolean } | { readonly error: string };

const MAX_KEYS = 256;
/** Imported keys: importing one of SM2 or RSA takes a while. */
const keys = new Map<string, PublicKey>();

function verify({ alg, spki, message, signature }: VerifyJob): boolean {
  const definition = signatureList.find(({ name }) => name === alg);
  if (!definition) throw new Error(`no algorithm ${alg}`);
  const id = `${alg} ${Buffer.from(spki).toString('latin1')}`;
  const key = keys.get(id) ?? definition.importPublicKey(spki);
  if (keys.size >= MAX_KEYS) keys.clear();
  keys.set(id, key);
  return definition.verify(key, message, signature);
}

function answer(job: VerifyJob): VerifyAnswer {
  try {
    return { valid: verify(job) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on('message', (job: VerifyJob) => {
  parentPort?.postMessage(answer(job));
});
