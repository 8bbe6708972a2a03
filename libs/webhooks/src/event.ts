/**
 * An event as it is sent and listed: Standard Webhooks' `type`, `timestamp` and `data`, and the id that the header
 * `webhook-id` repeats. Its text is the same in every attempt, because it depends on the stored event alone.
 */

export interface WebhookEvent {
  readonly id: string;
  /** One of `EVENT_TYPES`, or `TEST_EVENT_TYPE`. */
  readonly type: string;
  readonly createdAt: Date;
  readonly data: unknown;
}

export interface EventJson {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly data: unknown;
}

export function describeEvent({ id, type, createdAt, data }: WebhookEvent): EventJson {
  return { id, type, timestamp: createdAt.toISOString(), data };
}

/** The body of the request that delivers it. */
export function formatEventBody(event: WebhookEvent): string {
  return JSON.stringify(describeEvent(event));
}
