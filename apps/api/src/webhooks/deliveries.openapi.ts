/** How the webhook delivery routes appear in the OpenAPI document. */
import { z } from 'zod';
import { describeRoute, jsonAnswer } from '../openapi/describe.js';
import { type ProblemCode } from '../problems/catalogue.js';
import { exampleAttempts, exampleDelivery } from './webhook-examples.js';

const fields = {
  id: z.uuid(),
  endpoint: z.uuid(),
  event: z.uuid(),
  type: z.string().optional().meta({ description: 'Absent when the event is no longer kept' }),
  state: z.enum(['pending', 'succeeded', 'failed']),
  attempts: z.int(),
  nextAttemptAt: z.iso.datetime().optional(),
  createdAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().optional(),
};

export const delivery = z.strictObject(fields).meta({ id: 'WebhookDelivery', examples: [exampleDelivery] });

const deliveryWithAttempts = z
  .strictObject({
    ...fields,
    attemptLog: z.array(
      z.strictObject({
        n: z.int(),
        startedAt: z.iso.datetime(),
        latencyMs: z.int(),
        status: z.int().optional().meta({ description: 'What the receiver answered' }),
        error: z.string().optional().meta({ description: 'Why there was no answer' }),
        answer: z.string().optional().meta({ description: 'The first 2 kB of the answer' }),
      }),
    ),
  })
  .meta({
    id: 'WebhookDeliveryWithAttempts',
    examples: [{ ...exampleDelivery, attemptLog: exampleAttempts }],
  });

const page = z
  .strictObject({ items: z.array(delivery), nextCursor: z.string().optional() })
  .meta({ id: 'WebhookDeliveryPage', examples: [{ items: [exampleDelivery] }] });

const READ: readonly ProblemCode[] = ['unauthorized', 'scope-missing', 'organization-not-admitted'];

export const DescribeListDeliveries = (): MethodDecorator =>
  describeRoute({
    summary: 'List webhook deliveries',
    description: 'Newest first; of one endpoint, event or state.',
    answers: [jsonAnswer(200, 'A page, newest first', page)],
    problems: [...READ, 'malformed-request'],
  });

export const DescribeReadDelivery = (): MethodDecorator =>
  describeRoute({
    summary: 'Read a webhook delivery with its attempts',
    description: 'Each attempt with its status, how long it took, and the first 2 kB of the answer.',
    answers: [jsonAnswer(200, 'The delivery', deliveryWithAttempts)],
    problems: [...READ, 'not-found'],
  });

export const DescribeResend = (): MethodDecorator =>
  describeRoute({
    summary: 'Deliver again',
    description: 'Begins the round of retries anew, with the same event id.',
    answers: [jsonAnswer(202, 'It is on its way', delivery)],
    problems: [...READ, 'not-found', 'endpoint-disabled'],
  });
