/** Starts the hash worker that `verify.html` carries within: a script of a blob, which only this file can make. */
import HashWorker from './hash-worker.js?worker&inline';

const { trustedTypes } = globalThis as {
  trustedTypes?: {
    createPolicy(name: 'default', rules: { createScriptURL: (url: string) => string }): unknown;
  };
};

// The default policy is asked wherever a text would become a script: it knows blobs alone, and no HTML at all.
trustedTypes?.createPolicy('default', {
  createScriptURL: (url) => {
    if (!url.startsWith('blob:')) throw new TypeError('only a script of this file may be loaded');
    return url;
  },
});

export function openInlineHashWorker(): Worker {
  return new HashWorker();
}
