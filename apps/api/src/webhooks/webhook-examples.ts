/** The examples of the webhook routes in the OpenAPI document. Secrets and signatures in docs/api/webhooks.md are real. */

export const exampleEndpointRequest = {
  url: 'https://example.com/hooks/cunzheng',
  types: ['batch.anchored', 'endpoint.disabled'],
  tags: ['copyright'],
  description: 'production',
  maxPerSecond: 50,
  enabled: true,
};

export const exampleEndpoint = {
  id: '01a1f7c1-5d3a-7c1b-8a55-3f8f7a5c2b10',
  ...exampleEndpointRequest,
  publicKeys: ['whpk_6r5Aefb4hVCN/2PvVxoH9UJzCG/UcrJSxhR6zIb7Jgs='],
  failures: 0,
  createdAt: '2026-11-20T07:00:00.000Z',
};

export const exampleSecrets = {
  secrets: [
    {
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=',
      publicKey: exampleEndpoint.publicKeys[0],
      createdAt: '2026-11-20T07:00:00.000Z',
    },
  ],
};

export const exampleEvents = {
  'evidence.anchored': {
    evidence: '01a1f787-240a-737b-bea5-1de40185c708',
    log: 'notary.example/logs/main',
    blockHeight: 1,
    leafIndex: 2,
    final: false,
    receipt: '/v1/evidence/01a1f787-240a-737b-bea5-1de40185c708/receipt',
  },
  'evidence.attested': {
    evidence: '01a1f787-240a-737b-bea5-1de40185c708',
    log: 'notary.example/logs/main',
    blockHeight: 1,
    leafIndex: 2,
    final: true,
    receipt: '/v1/evidence/01a1f787-240a-737b-bea5-1de40185c708/receipt',
  },
  'batch.anchored': {
    log: 'notary.example/logs/main',
    blockHeight: 1,
    records: 500,
    final: false,
    receipts: '/v1/receipts?log=main&blockHeight=1&state=anchored',
  },
  'checkpoint.published': {
    log: 'notary.example/logs/main',
    blockHeight: 1,
    treeSize: 502,
    checkpoint: '/logs/main/checkpoint',
  },
  'endpoint.disabled': {
    endpoint: exampleEndpoint.id,
    reason: 'the receiver answered 410 Gone',
  },
  'endpoint.test': { endpoint: exampleEndpoint.id },
} as const;

export const exampleEvent = (type: keyof typeof exampleEvents): unknown => ({
  id: '01a1f7c2-90f1-7d0e-b3c4-55a1d20f6e77',
  type,
  timestamp: '2026-11-20T07:01:18.833Z',
  data: exampleEvents[type],
});

export const exampleDelivery = {
  id: '01a1f7c2-90f2-7a31-a8cf-0c8f3a1f2d44',
  endpoint: exampleEndpoint.id,
  event: '01a1f7c2-90f1-7d0e-b3c4-55a1d20f6e77',
  type: 'batch.anchored',
  state: 'pending',
  attempts: 1,
  nextAttemptAt: '2026-11-20T07:01:24.101Z',
  createdAt: '2026-11-20T07:01:18.834Z',
};

export const exampleAttempts = [
  { n: 1, startedAt: '2026-11-20T07:01:18.851Z', latencyMs: 87, status: 503, answer: 'try again later' },
];
