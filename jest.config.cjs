// Jest runs the TypeScript sources as CommonJS: its ESM mode does not work with this stack on Node 20. The packages
// below are ESM only and are let through the transform.
const esmPackages = [
  '@nestjs',
  '@noble',
  '@scure',
  '@borewit',
  '@peculiar',
  '@tokenizer',
  'asn1js',
  'bytestreamjs',
  'canonicalize',
  'content-disposition',
  'cookie',
  'es-toolkit',
  'file-type',
  'pkijs',
  'strtok3',
  'token-types',
  'uint8array-extras',
];

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/{apps,libs}/*/test/**/*.test.ts', '<rootDir>/test/**/*.test.ts'],
  moduleNameMapper: {
    '^@test/(.*)\\.js$': '<rootDir>/test/support/$1.ts',
    '^fast-check$': '<rootDir>/test/support/fast-check.cjs',
    '^@cunzheng/([a-z0-9-]+)/node$': '<rootDir>/libs/$1/src/node/index.ts',
    '^@cunzheng/([a-z0-9-]+)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: {
    '^.+\\.[cm]?[jt]s$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          target: 'es2022',
          keepClassNames: true,
        },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(?:.*/node_modules/)?(?:${esmPackages.join('|')})/)`],
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  reporters: ['default', '<rootDir>/test/support/summary-reporter.cjs'],
  // A hang, not a slow machine: nothing that is tested depends on it.
  testTimeout: 180_000,
  // Two suites side by side: most of them wait for others much of the time.
  maxWorkers: 2,
  // Also keeps the suites out of the first process, which would hold what they loaded to the end.
  workerIdleMemoryLimit: '1GB',
};
