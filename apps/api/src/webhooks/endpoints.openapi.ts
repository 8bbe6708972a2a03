/** How the webhook endpoint routes appear in the OpenAPI document. */
import { applyDecorators } from '@nestjs/common';
import { z } from 'zod';
import { EVENT_TYPES } from '@cunzheng/webhooks';
import { DescribeIdempotency, describeRoute, jsonAnswer, rawAnswer } from '../openapi/describe.js';
import { type ProblemCode } from '../problems/catalogue.js';
import { delivery } from './deliveries.openapi.js';
import { exampleEndpoint, exampleSecrets } from './webhook-examples.js';

const endpoint = z
  .strictObject({
    id: z.uuid(),
    url: z.string(),
    types: z.array(z.enum(EVENT_TYPES)),
    tags: z.array(z.string()),
    description: z.string(),
    maxPerSecond: z.int(),
    enabled: z.boolean(),
    disabledAt: z.iso.datetime().optional().meta({ description: 'When we disabled it' }),
    disabledReason: z.string().optional(),
    publicKeys: z
      .array(z.string())
      .meta({ description: 'Ed25519 keys that sign for it (v1a), newest first' }),
    failures: z.int().meta({ description: 'Attempts that failed since the last success' }),
    failingSince: z.iso.datetime().optional(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'WebhookEndpoint', examples: [exampleEndpoint] });

const endpoints = z
  .strictObject({ items: z.array(endpoint) })
  .meta({ id: 'WebhookEndpoints', examples: [{ items: [exampleEndpoint] }] });

const secrets = z
  .strictObject({
    secrets: z.array(
      z.strictObject({
        secret: z.string().meta({ description: 'Symmetric secret of v1, `whsec_…`' }),
        publicKey: z.string().meta({ description: 'Public key of v1a, `whpk_…`' }),
        createdAt: z.iso.datetime(),
        expiresAt: z.iso.datetime().optional().meta({ description: 'When it stops signing' }),
      }),
    ),
  })
  .meta({ id: 'WebhookSecrets', examples: [exampleSecrets] });

const READ: readonly ProblemCode[] = ['unauthorized', 'scope-missing', 'organization-not-admitted'];
const WRITE: readonly ProblemCode[] = [
  ...READ,
  'malformed-json',
  'body-too-large',
  'unsupported-media-type',
  'invalid-content',
];

export const DescribeCreateEndpoint = (): MethodDecorator =>
  applyDecorators(
    DescribeIdempotency(),
    describeRoute({
      summary: 'Create a webhook endpoint',
      description: 'Fetch its secret afterwards: GET /v1/webhook-endpoints/{id}/secret.',
      answers: [jsonAnswer(201, 'The endpoint', endpoint, ['Location'])],
      problems: [
        ...WRITE,
        'malformed-request',
        'limit-reached',
        'idempotency-in-flight',
        'idempotency-mismatch',
      ],
    }),
  );

export const DescribeListEndpoints = (): MethodDecorator =>
  describeRoute({
    summary: 'List the webhook endpoints',
    description: 'Without their secrets. `disabledReason` says why one was disabled.',
    answers: [jsonAnswer(200, 'All of them, oldest first', endpoints)],
    problems: READ,
  });

export const DescribeReadEndpoint = (): MethodDecorator =>
  describeRoute({
    summary: 'Read a webhook endpoint',
    description: 'Without its secret.',
    answers: [jsonAnswer(200, 'The endpoint', endpoint)],
    problems: [...READ, 'not-found'],
  });

export const DescribeChangeEndpoint = (): MethodDecorator =>
  describeRoute({
    summary: 'Change a webhook endpoint',
    description: 'What is left out stays. Enabling it makes a fresh start: failures are forgotten.',
    answers: [jsonAnswer(200, 'The endpoint', endpoint)],
    problems: [...WRITE, 'not-found'],
  });

export const DescribeRemoveEndpoint = (): MethodDecorator =>
  describeRoute({
    summary: 'Remove a webhook endpoint',
    description: 'Nothing more is sent to it. Events stay in the list of events.',
    answers: [rawAnswer(204, 'It is gone; nothing more is delivered to it', 'text/plain', [], '')],
    problems: [...READ, 'not-found'],
  });

export const DescribeReadSecrets = (): MethodDecorator =>
  describeRoute({
    summary: 'Read the secrets that sign',
    description: 'Newest first; after a rotation the old one signs for 24 hours more.',
    answers: [jsonAnswer(200, 'Newest first', secrets)],
    problems: [...READ, 'not-found'],
  });

export const DescribeRotateSecret = (): MethodDecorator =>
  describeRoute({
    summary: 'Make a new secret',
    description: 'Those before it sign beside it for 24 hours more.',
    answers: [jsonAnswer(200, 'All that sign, newest first', secrets)],
    problems: [...READ, 'not-found', 'limit-reached'],
  });

export const DescribeTestEndpoint = (): MethodDecorator =>
  describeRoute({
    summary: 'Send a test event',
    description: 'An `endpoint.test` to this endpoint alone. What came of it is in the delivery.',
    answers: [jsonAnswer(202, 'Its delivery', delivery, ['Location'])],
    problems: [...READ, 'not-found', 'endpoint-disabled'],
  });

const recovered = z
  .strictObject({ deliveries: z.int().meta({ description: 'How many will be made' }) })
  .meta({ id: 'WebhookRecovery', examples: [{ deliveries: 12 }] });

export const DescribeRecover = (): MethodDecorator =>
  describeRoute({
    summary: 'Deliver what was missed since a time',
    description: 'Every event since then that fits the endpoint and was not delivered to it.',
    answers: [jsonAnswer(202, 'They are on their way', recovered)],
    problems: [...WRITE, 'not-found', 'endpoint-disabled'],
  });
