/**
 * One attempt from its job to its record: take the delivery over, sign, send, and write down what it means for the
 * delivery (done, later, given up) and for the endpoint (well, failing, disabled).
 */
import { type Pool } from 'pg';
import { type Dispatcher } from 'undici';
import {
  beginAttempt,
  disableEndpoint,
  readBlockTraces,
  recordFailure,
  recordSuccess,
  WEBHOOK_LOCK,
  type AttemptRecord,
  type BegunAttempt,
  type FailingEndpoint,
  type LeasedDelivery,
  type ValueCipher,
} from '@cunzheng/persistence';
import { traced, type Tracing } from '@cunzheng/telemetry';
import {
  formatEventBody,
  parseEndpointSecret,
  parseEndpointUrl,
  secretPlace,
  signMessage,
  WebhookError,
  type UrlPolicy,
} from '@cunzheng/webhooks';
import { type WorkerMetrics } from '../metrics/worker-metrics.js';
import { postEvent, type PostOutcome } from './post-event.js';
import { nextDelayMs, parseRetryAfter } from './retry-schedule.js';
import { inTransaction } from './transaction.js';

const DISABLE_AFTER_MS = 5 * 24 * 3_600_000;
/** Five days may pass between two attempts; so few do not show that a receiver is gone. */
const DISABLE_MIN_FAILURES = 10;

export interface AttemptContext {
  readonly pool: Pool;
  readonly dispatcher: Dispatcher;
  readonly policy: UrlPolicy;
  readonly values: () => ValueCipher;
  readonly timeoutMs: number;
  readonly leaseMs: number;
  readonly userAgent: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** In 0…1. */
  readonly random: () => number;
  readonly stop: AbortSignal;
  readonly metrics: Pick<WorkerMetrics, 'webhookAttempts' | 'webhookDeliveries' | 'webhookFirstAttempts'>;
  readonly tracing: Tracing;
}

export async function attemptDelivery(context: AttemptContext, leased: LeasedDelivery): Promise<void> {
  const startedAt = new Date(context.now());
  const begun = await beginAttempt(context.pool, leased, { now: startedAt, leaseMs: context.leaseMs });
  if (!begun) return;
  const startedMs = performance.now();
  const outcome = await sendTraced(context, begun);
  const record = {
    startedAt,
    latencyMs: Math.round(performance.now() - startedMs),
    status: outcome.status,
    error: outcome.error,
    answer: outcome.answer,
  };
  const { status = 0 } = outcome;
  const isSuccess = status >= 200 && status <= 299;
  context.metrics.webhookAttempts.observe(
    { outcome: isSuccess ? 'succeeded' : 'failed' },
    record.latencyMs / 1_000,
  );
  if (begun.n === 1)
    context.metrics.webhookFirstAttempts.observe(
      Math.max(0, startedAt.getTime() - begun.createdAt.getTime()) / 1_000,
    );
  if (isSuccess) {
    await recordSuccess(context.pool, begun, record);
    context.metrics.webhookDeliveries.inc({ outcome: 'succeeded' });
  } else await fail(context, begun, record, outcome);
}

/** Its span leads to the block that the event tells of, and by that to the request. */
async function sendTraced(context: AttemptContext, begun: BegunAttempt): Promise<PostOutcome> {
  const { tracing, pool } = context;
  if (!tracing.isOn) return await send(context, begun);
  const links = await readBlockTraces(pool, begun.event.data);
  const attributes = { 'cunzheng.event': begun.event.type, 'cunzheng.attempt': begun.n };
  return await traced(tracing, 'deliver webhook', { kind: 'client', links, attributes }, async (span) => {
    const outcome = await send(context, begun);
    if (outcome.status !== undefined) span.set({ 'http.response.status_code': outcome.status });
    if (outcome.error !== undefined) span.set({ 'error.type': outcome.error });
    return outcome;
  });
}

async function send(context: AttemptContext, begun: BegunAttempt): Promise<PostOutcome> {
  const body = formatEventBody(begun.event);
  const place = secretPlace(begun.organization, begun.endpoint);
  const secrets = begun.secrets.map((sealed) => parseEndpointSecret(context.values().open(place, sealed)));
  try {
    const headers = {
      'content-type': 'application/json',
      'user-agent': context.userAgent,
      ...signMessage({ id: begun.event.id, sentAtMs: context.now(), body }, secrets),
    };
    const url = parseEndpointUrl(begun.url, context.policy);
    return await postEvent(context.dispatcher, {
      url,
      headers,
      body,
      timeoutMs: context.timeoutMs,
      stop: context.stop,
    });
  } catch (error) {
    if (
      error instanceof WebhookError &&
      (error.code === 'url-not-allowed' || error.code === 'address-not-allowed')
    )
      return { error: error.code };
    throw error;
  }
}

async function fail(
  context: AttemptContext,
  begun: BegunAttempt,
  record: AttemptRecord,
  { status, retryAfter }: PostOutcome,
): Promise<void> {
  const nowMs = context.now();
  const retryAfterMs = parseRetryAfter(retryAfter, nowMs);
  const delayMs = nextDelayMs(begun.round + 1, context.random());
  const nextMs = delayMs === undefined ? undefined : nowMs + Math.max(delayMs, retryAfterMs ?? 0);
  const asksForPause = retryAfterMs !== undefined && (status === 429 || status === 503);
  const failing = await recordFailure(context.pool, begun, record, {
    now: new Date(nowMs),
    nextAttemptAt: nextMs === undefined ? undefined : new Date(nextMs),
    pauseUntil: asksForPause ? new Date(nowMs + retryAfterMs) : undefined,
    jitter: context.random(),
  });
  if (nextMs === undefined) context.metrics.webhookDeliveries.inc({ outcome: 'failed' });
  const reason = failing && reasonToDisable(status, failing, nowMs);
  if (reason !== undefined) await disable(context, begun.endpoint, reason);
}

function reasonToDisable(
  status: number | undefined,
  { failures, failingSince }: FailingEndpoint,
  nowMs: number,
): string | undefined {
  if (status === 410) return 'the receiver answered 410 Gone';
  const fiveDays = nowMs - failingSince.getTime() >= DISABLE_AFTER_MS;
  return fiveDays && failures >= DISABLE_MIN_FAILURES
    ? `every attempt since ${failingSince.toISOString()} has failed`
    : undefined;
}

async function disable({ pool, now }: AttemptContext, endpoint: string, reason: string): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [WEBHOOK_LOCK]);
    await disableEndpoint(client, { endpoint, reason, now: new Date(now()) });
  });
}
