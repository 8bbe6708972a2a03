/** Starts the hash worker of the page. Its address is the only one that may become a script here (Trusted Types). */
import workerUrl from './hash-worker.js?worker&url';

/** As much of Trusted Types (w3.org/TR/trusted-types) as is used; browsers without it take the address as it is. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): { createScriptURL(url: string): string };
}

const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };

const policy = trustedTypes?.createPolicy('hash-worker', {
  createScriptURL: (url) => {
    if (url !== workerUrl) throw new TypeError('only the hash worker may be loaded');
    return url;
  },
});

export function openHashWorker(): Worker {
  return new Worker(policy?.createScriptURL(workerUrl) ?? workerUrl, { type: 'module' });
}
