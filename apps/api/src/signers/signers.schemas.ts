/** Request schemas of the signer routes. */
import { z } from 'zod';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { signerAlgorithms } from '@cunzheng/receipt';
import { assertHashable, signerIdentity } from '../evidence/evidence.schemas.js';
import { exampleKeyProof, exampleSignerRequest } from '../openapi/examples.js';

const algorithms = signerAlgorithms(nativeCrypto);

export const signerRequest = signerIdentity
  .superRefine(assertHashable)
  .meta({ id: 'SignerRequest', examples: [exampleSignerRequest] });

const spki = z
  .string()
  .max(5_500)
  .regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, 'must be padded base64')
  .meta({ description: 'DER SubjectPublicKeyInfo in base64' });

/** First call: the key alone gives a challenge. Second call: the same with the challenge and its signature. */
export const keyRequest = z
  .strictObject({
    alg: z.enum(algorithms),
    publicKey: spki,
    challenge: z.uuid().optional(),
    signature: z.base64().max(12_000).optional(),
  })
  .refine(({ challenge, signature }) => (challenge === undefined) === (signature === undefined), {
    path: ['signature'],
    message: 'challenge and signature come together',
  })
  .meta({ id: 'SignerKeyRequest', examples: [exampleKeyProof] });

export type KeyRequest = z.output<typeof keyRequest>;
