/** Query and answer of `GET /v1/events`, and each event as it is sent. */
import { z } from 'zod';
import { EVENT_TYPES } from '@cunzheng/webhooks';
import { pageLimit } from './deliveries.schemas.js';
import { exampleEvent } from './webhook-examples.js';

const DEFAULT_PAGE = 100;
const MAX_PAGE = 1_000;

export const eventsQuery = z.strictObject({
  cursor: z
    .string()
    .regex(/^\d{1,18}$/, 'must be the nextCursor of an earlier answer')
    .optional(),
  type: z.enum(EVENT_TYPES).optional(),
  limit: pageLimit(DEFAULT_PAGE, MAX_PAGE),
});

export type EventsQuery = z.output<typeof eventsQuery>;

const log = z.string().meta({ description: 'Origin of the log' });
const blockHeight = z.int().min(0);
const evidence = z.strictObject({
  evidence: z.uuid(),
  log,
  blockHeight,
  leafIndex: z.int().min(0),
  final: z.boolean().meta({ description: 'Whether the receipt will stay as it is' }),
  receipt: z.string().meta({ description: 'Path of the receipt' }),
});

/** What each type of event tells. */
export const EVENT_DATA = {
  'evidence.anchored': evidence,
  'evidence.attested': evidence,
  'batch.anchored': z.strictObject({
    log,
    blockHeight,
    records: z.int().min(1).meta({ description: "How many of the block's records are yours" }),
    final: z.boolean(),
    receipts: z.string().meta({ description: 'Path of the stream of your receipts in this block' }),
  }),
  'checkpoint.published': z.strictObject({
    log,
    blockHeight,
    treeSize: z.int().min(1),
    checkpoint: z.string(),
  }),
  'endpoint.disabled': z.strictObject({ endpoint: z.uuid(), reason: z.string() }),
  'endpoint.test': z.strictObject({ endpoint: z.uuid() }),
} as const;

const eventOf = (type: keyof typeof EVENT_DATA): z.ZodObject =>
  z
    .strictObject({
      id: z.uuid(),
      type: z.literal(type),
      timestamp: z.iso.datetime(),
      data: EVENT_DATA[type],
    })
    .meta({ id: eventSchemaName(type), examples: [exampleEvent(type)] });

/** `batch.anchored` becomes `BatchAnchoredEvent`. */
export const eventSchemaName = (type: string): string =>
  `${type.replaceAll(/(?:^|\.)([a-z])/g, (_, letter: string) => letter.toUpperCase())}Event`;

export const eventPage = z
  .strictObject({
    items: z.array(z.union((Object.keys(EVENT_DATA) as (keyof typeof EVENT_DATA)[]).map(eventOf))),
    nextCursor: z.string().meta({ description: 'Where to go on, now or later' }),
    hasMore: z.boolean(),
  })
  .meta({
    id: 'EventPage',
    examples: [{ items: [exampleEvent('batch.anchored')], nextCursor: '4711', hasMore: false }],
  });
