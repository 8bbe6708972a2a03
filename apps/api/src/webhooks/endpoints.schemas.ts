/** Request schemas of the webhook endpoint routes. Whether a URL may be used is the service's to say: settings decide. */
import { z } from 'zod';
import { EVENT_TYPES } from '@cunzheng/webhooks';
import { assertHashable, tag, text } from '../evidence/evidence.schemas.js';
import { exampleEndpointRequest } from './webhook-examples.js';

const MAX_TAGS = 32;

const unique = (list: readonly string[]): boolean => new Set(list).size === list.length;

const types = z
  .array(z.enum(EVENT_TYPES))
  .min(1)
  .refine(unique, 'each type at most once')
  .meta({ description: 'The events it gets' });

const tags = z.array(tag).max(MAX_TAGS).refine(unique, 'each tag at most once').meta({
  description: 'Of events about evidence only those with one of these tags; an empty list means all',
});

const fields = {
  url: z.string().min(1).max(2_000).meta({ description: 'https, a public host, no redirects' }),
  types,
  tags,
  description: text({ min: 0, max: 200 }),
  maxPerSecond: z.int().min(1).max(1_000).meta({ description: 'Deliveries a second at most' }),
  enabled: z.boolean().meta({ description: 'Whether events are delivered; they are kept either way' }),
};

export const endpointRequest = z
  .strictObject({
    ...fields,
    tags: fields.tags.default([]),
    description: fields.description.default(''),
    maxPerSecond: fields.maxPerSecond.default(50),
    enabled: fields.enabled.default(true),
  })
  .superRefine(assertHashableText)
  .meta({ id: 'WebhookEndpointRequest', examples: [exampleEndpointRequest] });

export const endpointChange = z
  .strictObject(fields)
  .partial()
  .superRefine(assertHashableText)
  .meta({ id: 'WebhookEndpointChange', examples: [{ enabled: true }] });

/** U+0000 and lone surrogates, which no database takes. */
function assertHashableText(
  { url, description }: { url?: string | undefined; description?: string | undefined },
  context: z.RefinementCtx,
): void {
  assertHashable(
    { ...(url !== undefined && { url }), ...(description !== undefined && { description }) },
    context,
  );
}

export const recoverRequest = z
  .strictObject({ since: z.iso.datetime() })
  .meta({ id: 'WebhookRecoverRequest', examples: [{ since: '2026-11-20T00:00:00Z' }] });

export type EndpointRequest = z.output<typeof endpointRequest>;
export type EndpointChange = z.output<typeof endpointChange>;
