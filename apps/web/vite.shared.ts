/**
 * What the builds of the page and of `verify.html` have in common: Preact, and the pure libraries straight from their
 * sources, so that the browser runs the very code that the command line runs. Anything of Node is a build error.
 */
import { fileURLToPath } from 'node:url';
import { type UserConfig } from 'vite';

const LIBRARIES = [
  'canonical-json',
  'crypto',
  'evidence-package',
  'ledger',
  'merkle',
  'receipt',
  'timestamp',
  'x509',
];

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

export const outDir = path('../../dist/apps/web');

export const shared = {
  root: path('.'),
  logLevel: 'warn',
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  resolve: {
    alias: LIBRARIES.map((name) => ({
      find: new RegExp(`^@cunzheng/${name}$`),
      replacement: path(`../../libs/${name}/src/index.ts`),
    })),
  },
} satisfies UserConfig;
