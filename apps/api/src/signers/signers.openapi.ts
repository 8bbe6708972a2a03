/** How the signer routes appear in the OpenAPI document. */
import { applyDecorators } from '@nestjs/common';
import { z } from 'zod';
import { signerIdentity } from '../evidence/evidence.schemas.js';
import { DescribeIdempotency, describeRoute, jsonAnswer } from '../openapi/describe.js';
import { exampleChallenge, exampleKey, exampleSigner } from '../openapi/examples.js';
import { type ProblemCode } from '../problems/catalogue.js';

const key = z
  .strictObject({
    keyid: z.string(),
    alg: z.string(),
    createdAt: z.iso.datetime(),
    revokedAt: z.iso.datetime().optional(),
  })
  .meta({ id: 'SignerKey', examples: [exampleKey] });
const signer = z
  .strictObject({
    id: z.uuid(),
    ...signerIdentity.shape,
    name: signerIdentity.shape.name.optional(),
    createdAt: z.iso.datetime(),
    erasedAt: z.iso.datetime().optional().meta({ description: 'When the personal data was erased' }),
    keys: z.array(key),
  })
  .meta({ id: 'Signer', examples: [exampleSigner] });
const challenge = z
  .strictObject({
    challenge: z.uuid(),
    message: z.string().meta({ description: 'The bytes to sign, in base64' }),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'KeyChallenge', examples: [exampleChallenge] });

const WRITE: readonly ProblemCode[] = [
  'malformed-json',
  'malformed-request',
  'body-too-large',
  'unsupported-media-type',
  'unauthorized',
  'scope-missing',
  'idempotency-in-flight',
  'idempotency-mismatch',
  'invalid-content',
];

export const DescribeCreateSigner = (): MethodDecorator =>
  applyDecorators(
    DescribeIdempotency(),
    describeRoute({
      summary: 'Register a signer',
      answers: [jsonAnswer(201, 'The signer', signer, ['Location'])],
      problems: WRITE,
    }),
  );

export const DescribeReadSigner = (): MethodDecorator =>
  describeRoute({
    summary: 'Read a signer and its keys',
    answers: [jsonAnswer(200, 'The signer', signer)],
    problems: ['unauthorized', 'scope-missing', 'not-found'],
  });

export const DescribeRegisterKey = (): MethodDecorator =>
  applyDecorators(
    DescribeIdempotency(),
    describeRoute({
      summary: 'Register a key of a signer',
      description:
        'Call it with the key alone to get a challenge; sign the message with that key; call it again with the same key, the challenge and the signature.',
      answers: [
        jsonAnswer(200, 'A challenge to sign', challenge),
        jsonAnswer(201, 'The registered key', key, ['Location']),
      ],
      problems: [...WRITE, 'not-found', 'challenge-invalid', 'key-registered', 'busy'],
    }),
  );
