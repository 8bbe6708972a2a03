/** How `GET /v1/events` appears in the OpenAPI document, and its `webhooks` section (OpenAPI 3.1 §4.8.1). */
import { type OpenAPIObject } from '@nestjs/swagger';
import { describeRoute, jsonAnswer } from '../openapi/describe.js';
import { EVENT_DATA, eventPage, eventSchemaName } from './events.schemas.js';

export const DescribeListEvents = (): MethodDecorator =>
  describeRoute({
    summary: 'List events',
    description:
      'Oldest first. Go on from `nextCursor`, now or later: nothing is skipped. Events are kept for 30 days.',
    answers: [jsonAnswer(200, 'Events after the cursor', eventPage)],
    problems: [
      'unauthorized',
      'scope-missing',
      'organization-not-admitted',
      'malformed-request',
      'cursor-expired',
    ],
  });

const HEADERS = {
  'webhook-id': 'Id of the event, the same in every attempt',
  'webhook-timestamp': 'When this attempt was made, seconds since 1970',
  'webhook-signature': 'Space-separated: `v1,` HMAC-SHA256 and `v1a,` Ed25519, for each secret that signs',
};

/** Adds what we send to receivers. */
export function describeWebhooks(document: OpenAPIObject): OpenAPIObject {
  const entries = Object.keys(EVENT_DATA).map((type) => [type, { post: describeWebhook(type) }]);
  return Object.assign(document, { webhooks: Object.fromEntries(entries) as unknown });
}

function describeWebhook(type: string): unknown {
  return {
    operationId: `receive-${type.replace('.', '-')}`,
    summary: `What an endpoint gets for ${type}`,
    tags: ['webhooks'],
    // Its signature is in the headers; it carries no key of the receiver's.
    security: [],
    parameters: Object.entries(HEADERS).map(([name, description]) => ({
      name,
      in: 'header',
      required: true,
      description,
      schema: { type: 'string' },
    })),
    requestBody: {
      required: true,
      content: { 'application/json': { schema: { $ref: `#/components/schemas/${eventSchemaName(type)}` } } },
    },
    responses: {
      '2XX': { description: 'Taken. Anything else is tried again' },
      '410': { description: 'Gone: the endpoint is disabled' },
      '429': { description: 'Later: `Retry-After` is honoured' },
    },
  };
}
