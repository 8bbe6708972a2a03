/**
 * Threads for the verifications that OpenSSL cannot do (SM2, ML-DSA): a millisecond of JavaScript each, too long for an event
 * loop that serves others. The number of threads and of waiting jobs is bounded; threads start when they are first needed,
 * have one job at a time, and do not keep the process alive while they are idle.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { CryptoError } from '../errors.js';
import { type VerifyAnswer, type VerifyJob } from './verify-worker.js';

/** One core stays with the event loop. */
const MAX_THREADS = Math.max(1, Math.min(4, availableParallelism() - 1));
/** At a thousand a second and thread, the last of them waits about a second. */
const MAX_WAITING = 1_000;
/** A thread runs compiled code, also where this file itself runs from its source. */
const SCRIPT = import.meta.url.endsWith('.ts')
  ? new URL('../../../../dist/libs/crypto/src/node/verify-worker.js', import.meta.url)
  : new URL('./verify-worker.js', import.meta.url);

interface PendingJob {
  readonly job: VerifyJob;
  readonly resolve: (valid: boolean) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  current: PendingJob | undefined;
}

const waiting: PendingJob[] = [];
const idle: Thread[] = [];
let threads = 0;

/**
 * Verifies on a thread of this pool; the job is copied before this returns. Rejects with `pool-full` when too many wait, and
 * with an Error when the thread fails.
 */
export function verifyInWorker(job: VerifyJob): Promise<boolean> {
  if (waiting.length >= MAX_WAITING) {
    return Promise.reject(
      new CryptoError('pool-full', `got ${MAX_WAITING} verifications waiting, want fewer`),
    );
  }
  const { alg } = job;
  const [spki, message, signature] = [job.spki, job.message, job.signature].map(
    (bytes) => new Uint8Array(bytes),
  ) as [Uint8Array, Uint8Array, Uint8Array];
  return new Promise((resolve, reject) => {
    waiting.push({ job: { alg, spki, message, signature }, resolve, reject });
    dispatch();
  });
}

/** Gives the next job to a thread that has none, if there are both. */
function dispatch(): void {
  if (waiting.length === 0) return;
  const thread = idle.pop() ?? (threads < MAX_THREADS ? startThread() : undefined);
  const next = thread && waiting.shift();
  if (!next) return;
  thread.current = next;
  thread.worker.ref();
  thread.worker.postMessage(next.job);
}

/** A thread that fails takes its job with it and nothing else: the next job gets a new one. */
function startThread(): Thread {
  threads += 1;
  const worker = new Worker(SCRIPT);
  const thread: Thread = { worker, current: undefined };
  const finish = (settle: (job: PendingJob) => void): void => {
    const { current } = thread;
    thread.current = undefined;
    if (current) settle(current);
    dispatch();
  };
  worker.on('message', (answer: VerifyAnswer) => {
    worker.unref();
    idle.push(thread);
    finish(({ resolve, reject }) => {
      if ('valid' in answer) resolve(answer.valid);
      else reject(new Error(`verification thread: ${answer.error}`));
    });
  });
  worker.on('error', (error) => {
    finish(({ reject }) => {
      reject(error);
    });
  });
  worker.on('exit', (code) => {
    threads -= 1;
    if (idle.includes(thread)) idle.splice(idle.indexOf(thread), 1);
    finish(({ reject }) => {
      reject(new Error(`verification thread ended with ${code}`));
    });
  });
  return thread;
}
