/** The facts that platforms are told of. A type never changes its meaning; what it tells may gain members. */

export const EVENT_TYPES = [
  'evidence.anchored',
  'evidence.attested',
  'batch.anchored',
  'checkpoint.published',
  'endpoint.disabled',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** What `POST /v1/webhook-endpoints/{id}/test` sends: no fact, and not in the list of events. */
export const TEST_EVENT_TYPE = 'endpoint.test';
