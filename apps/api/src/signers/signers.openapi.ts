/** How the signer routes appear in the OpenAPI document. */
import { applyDecorators } from '@nestjs/common';
import { z } from 'zod';
import { REVOCATION_REASONS } from '@cunzheng/ledger';
import { signerIdentity } from '../evidence/evidence.schemas.js';
import { DescribeIdempotency, describeRoute, jsonAnswer } from '../openapi/describe.js';
import { exampleChallenge, exampleKey, exampleKeyCertificate, exampleSigner } from '../openapi/examples.js';
import { type ProblemCode } from '../problems/catalogue.js';
import { signerType } from './signers.schemas.js';

const certificate = z
  .strictObject({
    sha256: z.string().meta({ description: "Of the signer's own certificate, as revocations name it" }),
    subject: z.string(),
    issuer: z.string(),
    notBefore: z.iso.datetime(),
    notAfter: z.iso.datetime(),
    createdAt: z.iso.datetime(),
    revokedAt: z.iso.datetime().optional(),
  })
  .meta({ id: 'KeyCertificate', examples: [exampleKeyCertificate] });
const key = z
  .strictObject({
    keyid: z.string(),
    alg: z.string(),
    createdAt: z.iso.datetime(),
    validFrom: z.iso.datetime().optional(),
    validUntil: z.iso.datetime().optional(),
    revokedAt: z.iso.datetime().optional(),
    certificates: z.array(certificate).optional(),
  })
  .meta({ id: 'SignerKey', examples: [exampleKey] });
const signer = z
  .strictObject({
    id: z.uuid(),
    type: signerType.optional(),
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

const revocation = z
  .strictObject({
    createdAt: z.iso.datetime(),
    effectiveAt: z.iso.datetime(),
    keyid: z.string(),
    log: z.string(),
    certificate: z.string().optional(),
    reason: z.enum(REVOCATION_REASONS).optional(),
  })
  .meta({
    id: 'Revocation',
    examples: [
      {
        createdAt: '2026-11-20T09:00:00.000Z',
        effectiveAt: '2026-11-20T08:30:00.000Z',
        keyid: exampleKey.keyid,
        log: 'notary.example/logs/main',
        reason: 'key-compromise',
      },
    ],
  });

const WRITE: readonly ProblemCode[] = [
  'malformed-json',
  'malformed-request',
  'body-too-large',
  'unsupported-media-type',
  'unauthorized',
  'scope-missing',
  'organization-not-admitted',
  'idempotency-in-flight',
  'idempotency-mismatch',
  'invalid-content',
];

export const DescribeCreateSigner = (): MethodDecorator =>
  applyDecorators(
    DescribeIdempotency(),
    describeRoute({
      summary: 'Register a signer',
      description:
        'A person or organization as you state it. Their keys are registered next, each by signing a challenge.',
      answers: [jsonAnswer(201, 'The signer', signer, ['Location'])],
      problems: WRITE,
    }),
  );

export const DescribeReadSigner = (): MethodDecorator =>
  describeRoute({
    summary: 'Read a signer and its keys',
    description: 'Revoked keys too, with since when.',
    answers: [jsonAnswer(200, 'The signer', signer)],
    problems: ['unauthorized', 'scope-missing', 'organization-not-admitted', 'not-found'],
  });

export const DescribeRegisterKey = (): MethodDecorator =>
  applyDecorators(
    DescribeIdempotency(),
    describeRoute({
      summary: 'Register a key of a signer',
      description:
        'Call it with the key alone to get a challenge; sign the message with that key; call it again with the same key, the challenge and the signature. With `validFrom` and `validUntil` statements outside that time are refused.',
      answers: [
        jsonAnswer(200, 'A challenge to sign', challenge),
        jsonAnswer(201, 'The registered key', key, ['Location']),
      ],
      problems: [...WRITE, 'not-found', 'challenge-invalid', 'key-registered', 'busy'],
    }),
  );

export const DescribeRevoke = (): MethodDecorator =>
  applyDecorators(
    DescribeIdempotency(),
    describeRoute({
      summary: 'Revoke a key of a signer, or one certificate for it',
      description:
        'From then on the key is refused, and a public event of the log says so to everybody who verifies. What was anchored before stays valid.',
      answers: [jsonAnswer(201, 'What the log will say', revocation, ['Location'])],
      problems: [...WRITE, 'not-found', 'key-revoked', 'clock-wrong', 'not-ready'],
    }),
  );

export const DescribeRegisterCertificates = (): MethodDecorator =>
  applyDecorators(
    DescribeIdempotency(),
    describeRoute({
      summary: 'Register a certificate for a key of a signer',
      description:
        'The chain must lead to the roots of this service and be good for signing with the key. From then on envelopes signed with the key get the newest certificate that holds and is not revoked, unless the request brings `certificates` of its own.',
      answers: [jsonAnswer(201, 'The registered certificate', certificate, ['Location'])],
      problems: [
        ...WRITE,
        'not-found',
        'key-revoked',
        'certificate-registered',
        'certificate-invalid',
        'limit-reached',
      ],
    }),
  );
