/** Statements signed with every algorithm there is, and what becomes of those that are retired. */
import { nativeCrypto } from '@cunzheng/crypto/node';
import {
  canonical,
  createSigningKey,
  evidenceOf,
  registerSigner,
  signEnvelope,
  statementOf,
  type EnvelopeJson,
  type SigningKey,
} from '@test/evidence.js';
import { type Answer, type HttpClient } from '@test/http-client.js';
import { accept } from '@test/receipts.js';
import { TestStack, type Tenant, type TestApi } from '@test/stack.js';
import { type Principal } from '../src/auth/principal.js';
import { type EvidenceRequest } from '../src/evidence/evidence.schemas.js';
import { toEvidenceParts } from '../src/evidence/submission.js';
import { SignerKeys } from '../src/signers/signer-keys.js';

type Envelope = NonNullable<EvidenceRequest['envelope']>;

describe('signature algorithms', () => {
  let stack: TestStack;
  let api: TestApi;
  let tenant: Tenant;
  let http: HttpClient;

  beforeAll(async () => {
    stack = await TestStack.create();
    api = await stack.startApi();
    await stack.startWorker();
    tenant = await stack.createTenant();
    http = api.http.as(tenant.token);
    await accept(http, evidenceOf());
  });

  afterAll(() => stack.close());

  const envelopeOf = (keys: readonly SigningKey[]): EnvelopeJson =>
    signEnvelope(canonical(statementOf(tenant.id, keys)), keys);
  const post = (envelope: unknown): Promise<Answer> => http.post('/v1/evidence', { envelope });

  test.each([
    'ed25519',
    'ecdsa-p256-sha256',
    'ecdsa-secp256k1-sha256',
    'rsa-pss-sha256',
    'rsa-pkcs1v15-sha256',
    'sm2-sm3',
    'ml-dsa-65',
  ])('of %s is taken, and a bad signature is not', async (alg) => {
    const own = createSigningKey(alg);
    await registerSigner(http, `signs with ${alg}`, own);
    expect((await post(envelopeOf([own]))).status).toBe(202);
    const [good, other] = [envelopeOf([own]), envelopeOf([own])];
    const refused = await post({ ...good, signatures: other.signatures });
    expect([refused.status, refused.problem]).toEqual([422, 'signature-invalid']);
  });

  test('of a retired algorithm is refused, whatever its signature is', async () => {
    const key = createSigningKey();
    const crypto = { ...nativeCrypto, isRetired: (name: string) => name === 'ed25519' };
    const submit = (keys: SigningKey[]): Promise<unknown> =>
      toEvidenceParts(
        { envelope: envelopeOf(keys) as Envelope },
        {
          principal: { organizationKey: tenant.key, organizationId: tenant.id } as Principal,
          service: 'localhost',
          nowMs: Date.now(),
          keys: api.app.get(SignerKeys),
          crypto,
          signerRoots: [],
          tsaRoots: [],
        },
      );
    const p256 = createSigningKey('ecdsa-p256-sha256');
    await registerSigner(http, 'in force', p256);
    expect(await submit([p256])).toMatchObject({ organization: tenant.id });
    await expect(submit([p256, key])).rejects.toMatchObject({
      code: 'envelope-invalid',
      message: expect.stringMatching(/^ed25519 is retired: sign with one of ecdsa-p256/) as string,
    });
  });
});
