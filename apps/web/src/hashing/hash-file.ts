/** Hashes a file in a worker, with progress as it really is, until done or cancelled. */
import { type Digests, type HashMessage, type HashRequest } from './protocol.js';

/** Starts a worker running `hash-worker.ts`: the page loads it as a script, `verify.html` carries it within. */
export type OpenHashWorker = () => Worker;

export interface HashJob {
  readonly result: Promise<Digests>;
  /** Ends the worker at once; `result` rejects with {@link HashCancelled}. */
  cancel(): void;
}

export class HashCancelled extends Error {
  override readonly name = 'HashCancelled';
}

export function hashFile(
  openWorker: OpenHashWorker,
  request: HashRequest,
  onProgress: (hashedBytes: number) => void,
): HashJob {
  const worker = openWorker();
  let cancel = (): void => undefined;
  const result = new Promise<Digests>((resolve, reject) => {
    cancel = () => {
      reject(new HashCancelled('cancelled'));
    };
    worker.onmessage = ({ data }: MessageEvent<HashMessage>) => {
      if (data.kind === 'progress') onProgress(data.hashedBytes);
      else if (data.kind === 'done') resolve(data.digests);
      else reject(new Error(data.message));
    };
    worker.onerror = () => {
      reject(new Error('the hashing worker could not be started'));
    };
    worker.postMessage(request);
  }).finally(() => {
    worker.terminate();
  });
  return {
    result,
    cancel: () => {
      cancel();
    },
  };
}
