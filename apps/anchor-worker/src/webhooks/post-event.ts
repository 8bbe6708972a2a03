/**
 * One POST to a receiver, and what came of it. A receiver has taken an event when it has answered with 2xx; the body of
 * the answer is kept for its owner to look at, its first 2 kB, and read no further, whatever length it claims.
 */
import { errors, request, type Dispatcher } from 'undici';
import { WebhookError } from '@cunzheng/webhooks';

const MAX_ANSWER_BYTES = 2_048;
/** An answer that has begun may take so much longer; then its status must do. */
const ANSWER_GRACE_MS = 1_000;

/** Why there was no answer. */
export type AttemptError =
  | 'url-not-allowed'
  | 'address-not-allowed'
  | 'name-not-found'
  | 'connection-failed'
  | 'tls-failed'
  | 'timeout'
  | 'no-http';

export interface PostOutcome {
  readonly status?: number;
  readonly error?: AttemptError;
  readonly answer?: Buffer;
  readonly retryAfter?: string | undefined;
}

export interface EventPost {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  /** Ends the attempt when the program stops. */
  readonly stop: AbortSignal;
}

/** @throws what `stop` was aborted with. */
export async function postEvent(
  dispatcher: Dispatcher,
  { url, headers, body, timeoutMs, stop }: EventPost,
): Promise<PostOutcome> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]);
  try {
    const response = await request(url, { dispatcher, method: 'POST', headers, body, signal });
    const retryAfter = response.headers['retry-after'];
    return {
      status: response.statusCode,
      answer: await readStart(response.body),
      retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
    };
  } catch (error) {
    stop.throwIfAborted();
    return { error: classify(error) };
  }
}

/** What comes of a body within its grace: at most 2 kB. The rest is not waited for. */
async function readStart(body: Dispatcher.ResponseData['body']): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const timer = setTimeout(() => body.destroy(), ANSWER_GRACE_MS);
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) break;
    }
  } catch {
    // Torn off, too slow, or shorter than it said: the status stands.
  } finally {
    clearTimeout(timer);
    body.destroy();
  }
  return Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES);
}

const NAME_CODES = ['ENOTFOUND', 'ENODATA', 'ESERVFAIL', 'EAI_AGAIN', 'ETIMEOUT'];

function classify(error: unknown): AttemptError {
  const cause = error instanceof AggregateError ? (error.errors as unknown[])[0] : error;
  if (cause instanceof WebhookError && cause.code !== 'bad-secret' && cause.code !== 'bad-network')
    return cause.code;
  if ((cause as { name?: string }).name === 'TimeoutError') return 'timeout';
  if (cause instanceof errors.ConnectTimeoutError || cause instanceof errors.HeadersTimeoutError)
    return 'timeout';
  const { code = '' } = cause as { code?: string };
  if (NAME_CODES.includes(code)) return 'name-not-found';
  if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO)|_CERT|CERT_/.test(code)) return 'tls-failed';
  if (cause instanceof errors.HTTPParserError || cause instanceof errors.HeadersOverflowError)
    return 'no-http';
  return 'connection-failed';
}
