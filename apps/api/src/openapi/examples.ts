/**
 * The examples of the OpenAPI document: one piece of evidence from its request to its receipt, as a service really
 * answered, with its log's key. A test recomputes and verifies them.
 */

export const exampleRequest = {
  fingerprints: [
    { algorithm: 'sha-256', digest: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
  ],
  title: '合同 2026-117',
  mediaType: 'application/pdf',
  sizeBytes: 48_213,
  clientRef: 'case-2026-117/exhibit-1',
  signers: [{ name: '张三', identifiers: [{ scheme: 'cn-id-card', value: '110101199003070000' }] }],
};

const RECORD =
  '{"_sd":["6WlwnX8zPRzc_caiQZ-TstCELSErRZP53Odxx6jKP10","O8VqfH1URVvvyk827KLAhvwO_PPp09ApbYqo5Oa9Nk0","PAf7sS72CSN9QC36s112S9FijzgajxEELSQi1YqM5N0","PVpvw7TfigG4125Djgn_PUCsD33IJ4AWcZFar71QnGY","QaYzEwbSjQYe-6_rpe4zv_PvnFvKOubmRHnrfWi9dB8","S5mWto1htWckMy9KTp3Y_ufQnlDUmukeKAfWeYX5www","YMtoc8HT39NgYgtbD26UMlwCOay-yYsTW0RznhRdgkw","ZeWelwDGwupCnSfXIsBOBYbFkp6Sh1FxGiqaPER-ZQo"],"_sd_alg":"sha-256","acceptedAt":"2026-11-20T05:56:31.370Z","assurance":"asserted","fingerprints":[{"algorithm":"sha-256","digest":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}],"format":"cunzheng/record@v1","id":"01a1f787-240a-737b-bea5-1de40185c708","kind":"document","log":"notary.example/logs/main","nonce":"fea5a431152b4299a9c5fa032e84062d","signers":1}';

export const exampleAccepted = {
  id: '01a1f787-240a-737b-bea5-1de40185c708',
  state: 'accepted',
  final: false,
  acceptedAt: '2026-11-20T05:56:31.370Z',
  clientRef: exampleRequest.clientRef,
  record: RECORD,
  disclosures: [
    'WyIxYTU5ZDIyODEwYjQxY2M2NmI1MGU2NGQ1ZGVhZWQzYSIsIm9yZ2FuaXphdGlvbiIsImV4YW1wbGUtbGF3LWZpcm0iXQ',
    'WyJiMzQ4MjVjZmMyNTA2ZTM3NTUzMmJiYjJjNjMyYmQwMCIsInRpdGxlIiwi5ZCI5ZCMIDIwMjYtMTE3Il0',
    'WyI4NjZlNWY3MzcyNzM3MmZjOGVmOTFhMjljMzNiMzhiNyIsIm1lZGlhVHlwZSIsImFwcGxpY2F0aW9uL3BkZiJd',
    'WyJiODYxNWNhZDRmMjcwMDdiYTkzNGQ4ZmY3MjA4NDk2OSIsInNpemVCeXRlcyIsNDgyMTNd',
    'WyI2NWRmNDA4YjQzMmY1NzE1ZmQ5OTkyZmZlZWNhOWJlZSIsImNsaWVudFJlZiIsImNhc2UtMjAyNi0xMTcvZXhoaWJpdC0xIl0',
    'WyJlY2Q2YjMyOTFiZmY3MDQ1NGE2Mzc3NjFkNzViMGNmNiIsInNpZ25lci4wLm5hbWUiLCLlvKDkuIkiXQ',
    'WyJlZGEzMDAyYmE0YjA2ZmExMmFkOGYwYTc2NGU0MzQyZCIsInNpZ25lci4wLmlkZW50aWZpZXJzIixbeyJzY2hlbWUiOiJjbi1pZC1jYXJkIiwidmFsdWUiOiIxMTAxMDExOTkwMDMwNzAwMDAifV1d',
    'WyJmNmFjYWQ1YWQ0ZDQ0MDI1MjljMDRhMzcxYjZkYzNkYyIsInNpZ25lci4wLmFzc3VyYW5jZSIsImFzc2VydGVkIl0',
  ],
  entry: 'Q1oBAexT6q6lf5CtXBi+pK+zGSIVgeKf4ZqXiSbahj50n7fXrHQkriNzewbzA1uLVH/V9zCmbvHTbf+ZFRYXP1fVax8=',
  receipt: '/v1/evidence/01a1f787-240a-737b-bea5-1de40185c708/receipt',
};

export const exampleAnchored = {
  ...exampleAccepted,
  state: 'anchored',
  final: true,
  leafIndex: 2,
  blockHeight: 1,
  anchoredAt: '2026-11-20T05:56:31.508Z',
};

/** Verifier key of the log that the example stands in. */
export const exampleVerifierKey =
  'notary.example/logs/main+6995b3d0+AdaqjQQGrUYuXTr9ys9u1r6htbDVY49Ot7IlBaRjCZfA';

export const exampleReceipt =
  '{"block":{"hashes":["eca435f0f3fee02431a3bf5485ef484b2b2dee9ee125fb8fbf9266ef3fed7bff","e112547fa850989e805943e6c84c33b1e0c4c03f4fd10804d197533344f8f729"],"header":"{\\"batchRoot\\":\\"eca435f0f3fee02431a3bf5485ef484b2b2dee9ee125fb8fbf9266ef3fed7bff\\",\\"count\\":1,\\"createdAt\\":\\"2026-11-20T05:56:31.494Z\\",\\"firstIndex\\":2,\\"format\\":\\"cunzheng/block@v1\\",\\"height\\":1,\\"log\\":\\"notary.example/logs/main\\",\\"previous\\":\\"e812453e07e2f21e37b876d6095b4265b32b6c14b1994bf9357a01ee9d384d81\\"}"},"checkpoint":"notary.example/logs/main\\n4\\n5pbtomm+hYnPTGzfT8tAvlK4aTHdg8A2O3Lk9MW8JRc=\\n\\n— notary.example/logs/main aZWz0C0/PYAyHYgMZUakxMFz+ErRjBVAGCKuPxZo+R/gXsrJg4+Yisx7Z3NhVWPkowJ17YhlUwXkGyZ5aUwWZbBGHgk=\\n","disclosures":["WyI2NWRmNDA4YjQzMmY1NzE1ZmQ5OTkyZmZlZWNhOWJlZSIsImNsaWVudFJlZiIsImNhc2UtMjAyNi0xMTcvZXhoaWJpdC0xIl0","WyI4NjZlNWY3MzcyNzM3MmZjOGVmOTFhMjljMzNiMzhiNyIsIm1lZGlhVHlwZSIsImFwcGxpY2F0aW9uL3BkZiJd","WyIxYTU5ZDIyODEwYjQxY2M2NmI1MGU2NGQ1ZGVhZWQzYSIsIm9yZ2FuaXphdGlvbiIsImV4YW1wbGUtbGF3LWZpcm0iXQ","WyJiMzQ4MjVjZmMyNTA2ZTM3NTUzMmJiYjJjNjMyYmQwMCIsInRpdGxlIiwi5ZCI5ZCMIDIwMjYtMTE3Il0","WyJiODYxNWNhZDRmMjcwMDdiYTkzNGQ4ZmY3MjA4NDk2OSIsInNpemVCeXRlcyIsNDgyMTNd","WyJlY2Q2YjMyOTFiZmY3MDQ1NGE2Mzc3NjFkNzViMGNmNiIsInNpZ25lci4wLm5hbWUiLCLlvKDkuIkiXQ","WyJlZGEzMDAyYmE0YjA2ZmExMmFkOGYwYTc2NGU0MzQyZCIsInNpZ25lci4wLmlkZW50aWZpZXJzIixbeyJzY2hlbWUiOiJjbi1pZC1jYXJkIiwidmFsdWUiOiIxMTAxMDExOTkwMDMwNzAwMDAifV1d","WyJmNmFjYWQ1YWQ0ZDQ0MDI1MjljMDRhMzcxYjZkYzNkYyIsInNpZ25lci4wLmFzc3VyYW5jZSIsImFzc2VydGVkIl0"],"format":"cunzheng/receipt@v1","inclusion":{"hashes":["1ba0142cc71301bd0626ea7329f5314cc2fdf94fa48b11571f48fb4ed5b7c41c","e112547fa850989e805943e6c84c33b1e0c4c03f4fd10804d197533344f8f729"],"leafIndex":2},"record":"{\\"_sd\\":[\\"6WlwnX8zPRzc_caiQZ-TstCELSErRZP53Odxx6jKP10\\",\\"O8VqfH1URVvvyk827KLAhvwO_PPp09ApbYqo5Oa9Nk0\\",\\"PAf7sS72CSN9QC36s112S9FijzgajxEELSQi1YqM5N0\\",\\"PVpvw7TfigG4125Djgn_PUCsD33IJ4AWcZFar71QnGY\\",\\"QaYzEwbSjQYe-6_rpe4zv_PvnFvKOubmRHnrfWi9dB8\\",\\"S5mWto1htWckMy9KTp3Y_ufQnlDUmukeKAfWeYX5www\\",\\"YMtoc8HT39NgYgtbD26UMlwCOay-yYsTW0RznhRdgkw\\",\\"ZeWelwDGwupCnSfXIsBOBYbFkp6Sh1FxGiqaPER-ZQo\\"],\\"_sd_alg\\":\\"sha-256\\",\\"acceptedAt\\":\\"2026-11-20T05:56:31.370Z\\",\\"assurance\\":\\"asserted\\",\\"fingerprints\\":[{\\"algorithm\\":\\"sha-256\\",\\"digest\\":\\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\\"}],\\"format\\":\\"cunzheng/record@v1\\",\\"id\\":\\"01a1f787-240a-737b-bea5-1de40185c708\\",\\"kind\\":\\"document\\",\\"log\\":\\"notary.example/logs/main\\",\\"nonce\\":\\"fea5a431152b4299a9c5fa032e84062d\\",\\"signers\\":1}","timestamps":[]}';

export const exampleReport = {
  verdict: 'holds',
  claim:
    "These bytes were recorded in notary.example/logs/main in a block of 2026-11-20T05:56:31.494Z, accepted at 2026-11-20T05:56:31.370Z, both by its operator's clock, and the record is unchanged since. It holds according to the log's operator alone.",
  claimZh:
    '这些字节已记录于 notary.example/logs/main，所在区块时间为 2026-11-20T05:56:31.494Z，受理时间为 2026-11-20T05:56:31.370Z，均据运营方时钟；该记录此后未被改动。该结论仅以日志运营方自身为据。',
  checks: [
    {
      name: 'format',
      status: 'passed',
      established: {
        format: 'cunzheng/receipt@v1',
      },
    },
    {
      name: 'checkpoint',
      status: 'passed',
      established: {
        origin: 'notary.example/logs/main',
        treeSize: 4,
        rootHash: 'e696eda269be8589cf4c6cdf4fcb40be52b86931dd83c0363b72e4f4c5bc2517',
        logKeys: ['notary.example/logs/main+6995b3d0+AdaqjQQGrUYuXTr9ys9u1r6htbDVY49Ot7IlBaRjCZfA'],
      },
    },
    {
      name: 'witnesses',
      status: 'not checked',
      reason: {
        code: 'not-required',
        message: 'the policy asks for no witness',
      },
      established: {
        witnesses: [],
        cosignedAt: [],
      },
    },
    {
      name: 'timestamps',
      status: 'not checked',
      reason: {
        code: 'not-required',
        message: 'the trust asks for no timestamp and the receipt has none',
      },
      established: {},
    },
    {
      name: 'record',
      status: 'passed',
      established: {
        id: '01a1f787-240a-737b-bea5-1de40185c708',
        kind: 'document',
        acceptedAt: '2026-11-20T05:56:31.370Z',
        fingerprints: ['sha-256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
        signers: 1,
        assurance: 'asserted',
      },
    },
    {
      name: 'inclusion',
      status: 'passed',
      established: {
        leafIndex: 2,
        treeSize: 4,
      },
    },
    {
      name: 'block',
      status: 'passed',
      established: {
        height: 1,
        firstIndex: 2,
        count: 1,
        createdAt: '2026-11-20T05:56:31.494Z',
      },
    },
    {
      name: 'disclosures',
      status: 'passed',
      established: {
        shown: 8,
        names: [
          'clientRef',
          'mediaType',
          'organization',
          'title',
          'sizeBytes',
          'signer.0.name',
          'signer.0.identifiers',
          'signer.0.assurance',
        ],
      },
    },
    {
      name: 'document',
      status: 'passed',
      established: {
        compared: ['sha-256'],
      },
    },
    {
      name: 'statement',
      status: 'not checked',
      reason: {
        code: 'withheld',
        message: 'the envelope is not shown',
      },
      established: {},
    },
    {
      name: 'signers',
      status: 'passed',
      established: {
        assurance: 'asserted',
        accordingTo: 'notary.example/logs/main',
        names: ['张三'],
      },
    },
    {
      name: 'time',
      status: 'passed',
      established: {
        operatorAcceptedAt: '2026-11-20T05:56:31.370Z',
        operatorCreatedAt: '2026-11-20T05:56:31.494Z',
      },
    },
  ],
  operatorAlone: true,
};

export const exampleSignerRequest = {
  name: '张三',
  identifiers: [{ scheme: 'cn-id-card', value: '110101199003070000' }],
  verification: {
    method: '身份证核验 identity card seen',
    by: '示例公证处',
    at: '2026-11-20T07:30:00.000Z',
    reference: 'V-2026-0317',
  },
};

export const exampleKeyRequest = {
  alg: 'ed25519',
  publicKey: 'MCowBQYDK2VwAyEAmUcGtlT1t/Wq/4yno8Y7foHvPA7ghtrw3FgFN99eYao=',
};

export const exampleChallenge = {
  challenge: '76528854-1fd7-485d-9dc1-721e7954c592',
  message:
    'Y3Vuemhlbmcva2V5LWNoYWxsZW5nZUB2MQpvcmdhbml6YXRpb24gZXhhbXBsZS1sYXctZmlybQpzaWduZXIgN2U3OWExMTgtYzExZC00ZGZlLWI3MzItOTlkN2JjYmQyMjQ5CmtleWlkIGEyMzE2M2ZhMjJmMjBiNmU1Y2VkNDM3ZTUwY2JlMmQ0ODNlOTA0NThmOTlkNjYzYzI3OWE4YTAwZTY3ODQ0MTIKbm9uY2UgODNhNTJkNzY0MmViMjZlZjM4MjNlMWE0ZGY3NDhkMGEK',
  expiresAt: '2026-11-20T06:06:31.558Z',
};

export const exampleKeyProof = {
  ...exampleKeyRequest,
  challenge: exampleChallenge.challenge,
  signature: 'h8DFmFznqARy4TqnPByGuAIV8stBmc+PRuiSkt/Uwqk67LbnN7FUCgeCHrxVyA3EyiNhTddp8c/eEd/7CcfhBA==',
};

/** Of a certificate: its form alone, cut short. */
export const exampleCertificates = { certificates: ['MIIBszCCAVmgAwIBAgIJAX0='] };

export const exampleKeyCertificate = {
  sha256: '9f64a747e1b97f131fabb6b447296c9b6f0201e79fb3c5356e6c77e89b6a806a',
  subject: 'C=CN, CN=张三',
  issuer: 'C=CN, O=Example CA, CN=Example CA for signatures',
  notBefore: '2026-01-01T00:00:00.000Z',
  notAfter: '2028-12-31T23:59:59.000Z',
  createdAt: '2026-11-20T05:56:31.570Z',
};

export const exampleKey = {
  keyid: 'a23163fa22f20b6e5ced437e50cbe2d483e90458f99d663c279a8a00e6784412',
  alg: 'ed25519',
  createdAt: '2026-11-20T05:56:31.566Z',
};

export const exampleEvidenceErasure = {
  id: exampleAccepted.id,
  erasedAt: '2026-11-21T09:30:00.000Z',
  erased: ['clientRef', 'envelope', 'signer.0.assurance', 'signer.0.key', 'signer.0.name', 'title'],
};

export const exampleSignerErasure = {
  id: '3f0f3b8e-6a55-4c5e-9d53-0b8a1f1c2d3e',
  erasedAt: '2026-11-21T09:30:00.000Z',
  complete: true,
  evidence: { erased: 12, remaining: 0 },
};

export const exampleSigner = {
  id: '7e79a118-c11d-4dfe-b732-99d7bcbd2249',
  ...exampleSignerRequest,
  createdAt: '2026-11-20T05:56:31.550Z',
  keys: [exampleKey],
};
