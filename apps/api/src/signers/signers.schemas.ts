/** Request schemas of the signer routes. */
import { z } from 'zod';
import { nativeCrypto } from '@cunzheng/crypto/node';
import { DISCLOSURE_LIMITS, LIMITS, signerAlgorithms } from '@cunzheng/receipt';
import { assertHashable, base64, signerIdentity } from '../evidence/evidence.schemas.js';
import { exampleKeyProof, exampleSignerRequest } from '../openapi/examples.js';

const algorithms = signerAlgorithms(nativeCrypto);

export const signerRequest = signerIdentity
  .superRefine(assertHashable)
  .meta({ id: 'SignerRequest', examples: [exampleSignerRequest] });

/** First call: the key alone gives a challenge. Second call: the same with the challenge and its signature. */
export const keyRequest = z
  .strictObject({
    alg: z.enum(algorithms),
    publicKey: base64(DISCLOSURE_LIMITS.keyBytes).meta({ description: 'DER SubjectPublicKeyInfo in base64' }),
    challenge: z.uuid().optional(),
    signature: base64(LIMITS.signatureBytes).optional(),
  })
  .refine(({ challenge, signature }) => (challenge === undefined) === (signature === undefined), {
    path: ['signature'],
    message: 'challenge and signature come together',
  })
  .meta({ id: 'SignerKeyRequest', examples: [exampleKeyProof] });

export type KeyRequest = z.output<typeof keyRequest>;
