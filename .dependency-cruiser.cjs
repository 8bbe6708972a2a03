// The boundaries of docs/architecture.md, checked by a machine. Each rule says why it is there.
const PURE =
  '^libs/(canonical-json|clock|crypto|evidence-package|merkle|receipt|ledger|timestamp|x509)/src/(?!node/)';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'pure-libraries-reach-nothing',
      comment:
        'Formats and verification must run in a browser, years from now, without this service: no Node, Nest, database or clock.',
      severity: 'error',
      from: { path: PURE },
      to: {
        pathNot: [
          '^libs/(canonical-json|clock|crypto|evidence-package|merkle|receipt|ledger|timestamp|x509)/src/',
          '^node_modules/@noble/',
          '^node_modules/@scure/',
          // ZIP containers, in browsers too.
          '^node_modules/fflate/',
        ],
      },
    },
    {
      name: 'node-halves-stay-out-of-pure-code',
      comment:
        'The Node half of a library is a faster or durable form of it; the pure half must not know it.',
      severity: 'error',
      from: { path: PURE },
      to: { path: '^libs/[a-z-]+/src/node/' },
    },
    {
      name: 'merkle-knows-nothing',
      comment: 'The tree is the part everything rests on: it can be read and checked by itself.',
      severity: 'error',
      from: { path: '^libs/merkle/src/' },
      to: { path: '^libs/(?!merkle/)' },
    },
    {
      name: 'crypto-knows-nothing',
      comment: 'Algorithms are added and retired without touching anything else.',
      severity: 'error',
      from: { path: '^libs/crypto/src/' },
      to: { path: '^libs/(?!crypto/)' },
    },
    {
      name: 'certificates-know-only-algorithms',
      comment: 'Certificates are a standard of their own: who uses them, and what for, is not their matter.',
      severity: 'error',
      from: { path: '^libs/x509/src/' },
      to: { path: '^libs/(?!x509/|crypto/)' },
    },
    {
      name: 'ledger-does-not-know-receipts',
      comment: 'Receipts prove what is in a ledger; a ledger must not depend on what is proven of it.',
      severity: 'error',
      from: { path: '^libs/ledger/src/' },
      to: { path: '^libs/(receipt|persistence|anchor-queue|settings)/' },
    },
    {
      name: 'libraries-do-not-know-apps',
      comment: 'Apps are assembled from libraries, never the other way round.',
      severity: 'error',
      from: { path: '^(libs|migrations)/' },
      to: { path: '^(apps|bench|demo|faults)/' },
    },
    {
      name: 'apps-meet-outside',
      comment:
        "Apps meet in the database, the queue's payload and the ledger's files, so each can be run, replaced and scaled alone.",
      severity: 'error',
      from: { path: '^apps/([^/]+)/src/' },
      to: { path: '^apps/(?!$1/)' },
    },
    {
      name: 'public-faces-only',
      comment: 'A library is used through its index; what is behind it may change.',
      severity: 'error',
      from: { path: '^(apps|libs|bench|demo)/([^/]+)/' },
      to: { path: '^libs/([^/]+)/src/', pathNot: ['^libs/[^/]+/src/(node/)?index\\.ts$', '^libs/$2/'] },
    },
    {
      name: 'only-the-ledger-writes-the-ledger',
      comment: 'One writer, one place that knows the order of writes. Apps go through @cunzheng/ledger/node.',
      severity: 'error',
      from: { path: '^apps/api/src/' },
      to: { path: '^libs/ledger/src/node/(?!index)' },
    },
    {
      name: 'the-page-is-pure',
      comment:
        'What runs in the browser takes the pure libraries and nothing of Node: it is the same verification.',
      severity: 'error',
      from: { path: '^apps/web/src/' },
      to: {
        pathNot: [
          '^apps/web/src/',
          '^libs/[a-z0-9-]+/src/(?!node/)',
          '^node_modules/(preact|hash-wasm|uplot)/',
          // What Vite makes of it; the worker itself is looked at as a file.
          'hash-worker\\.js\\?worker',
        ],
      },
    },
    {
      name: 'no-circles',
      comment: 'Files that need each other are one idea in two rooms.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'Dead files mislead.',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: ['\\.d\\.ts$', '/main\\.tsx?$', '^apps/web/src/standalone\\.tsx$', '^bench/echo\\.ts$'],
      },
      to: {},
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(/test/|^dist/)' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
