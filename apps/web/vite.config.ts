/** Builds the page: `index.html` and, named by their hashes, what it loads. */
import { defineConfig } from 'vite';
import { outDir, shared } from './vite.shared.js';

export default defineConfig({
  ...shared,
  base: '/',
  build: {
    outDir,
    emptyOutDir: true,
    target: 'es2022',
    // Every asset is a file: a data: URL would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  worker: { format: 'es' },
});
