/**
 * How requests of the typed client travel. An answer is bounded in size and time, redirects are refused (the API key is for
 * one service), a refusal is thrown, and whatever may be repeated is, with the same Idempotency-Key, when the network or the
 * service was busy.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { CliError } from '../cli-error.js';
import { explainNoAnswer, readBounded } from '../http-answer.js';
import { parseProblem, ServiceRefusal } from './service-refusal.js';

const MAX_ANSWER_BYTES = 16_000_000;
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 10_000;

/** Nobody is there: asking again would only delay the message. */
const HOPELESS = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'ERR_INVALID_URL',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
];
const BUSY_PROBLEMS = ['busy', 'not-ready', 'idempotency-in-flight'];

export type ServiceFetch = (request: Request) => Promise<Response>;

/** Why there is no good answer, and how long to wait at least before asking again, if that makes sense. */
interface Failure {
  readonly error: CliError;
  readonly pauseMs: number | undefined;
}

/**
 * Sends a request until it is answered, four times at most, and reads the answer to its end. A POST carries an
 * Idempotency-Key, so that a repetition does nothing twice. Rejects with ServiceRefusal for a problem document, else with
 * CliError `service-unavailable` | `service-answer`.
 */
export function createPatientFetch(timeoutMs: number): ServiceFetch {
  return async (request) => {
    const headers = new Headers(request.headers);
    if (request.method === 'POST' && !headers.has('idempotency-key'))
      headers.set('idempotency-key', randomUUID());
    const body = request.body === null ? {} : { body: await request.text() };
    for (let attempt = 1; ; attempt++) {
      const outcome = await attemptOnce(request, { headers, ...body }, timeoutMs);
      if (outcome instanceof Response) return outcome;
      const { error, pauseMs } = outcome;
      if (pauseMs === undefined || attempt === ATTEMPTS) throw error;
      await delay(Math.min(Math.max(pauseMs, FIRST_PAUSE_MS * 2 ** (attempt - 1)), MAX_PAUSE_MS));
    }
  };
}

/**
 * One request whose body or answer is a stream; nothing is repeated, that is for the caller. Rejects as
 * {@link createPatientFetch} does.
 */
export async function fetchStream(request: Request): Promise<Response> {
  try {
    const response = await fetch(request, { redirect: 'manual' });
    if (response.ok) return response;
    throw refused(response, await readAll(response)).error;
  } catch (error) {
    throw error instanceof CliError ? error : unavailable(request.url, error).error;
  }
}

/** The error for a connection that could not be made or broke. `url` is of the service or of anything in it. */
export function unavailable(url: string, error: unknown): Failure {
  const { why, code } = explainNoAnswer(error);
  const { origin } = new URL(url);
  const text = `${origin} does not answer (${why}): check --url or CUNZHENG_URL and whether the service runs`;
  return {
    error: new CliError('service-unavailable', text, { cause: error }),
    pauseMs: HOPELESS.includes(code) ? undefined : 0,
  };
}

function readAll(response: Response): Promise<Buffer<ArrayBuffer>> {
  return readBounded(response, MAX_ANSWER_BYTES, () => unexpectedAnswer(`at most ${MAX_ANSWER_BYTES} bytes`));
}

export function unexpectedAnswer(want: string): CliError {
  return new CliError(
    'service-answer',
    `the service answered something else than ${want}: check that --url is a Cunzheng service`,
  );
}

async function attemptOnce(
  { url, method }: Request,
  init: RequestInit,
  timeoutMs: number,
): Promise<Response | Failure> {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(url, { ...init, method, redirect: 'manual', signal });
    const body = await readAll(response);
    if (!response.ok) return refused(response, body);
    const { status, headers } = response;
    return new Response(body.length === 0 ? null : body, { status, headers });
  } catch (error) {
    return error instanceof CliError ? { error, pauseMs: undefined } : unavailable(url, error);
  }
}

function refused({ status, headers }: Response, body: Buffer): Failure {
  if (status >= 300 && status < 400) {
    const error = new CliError(
      'service-answer',
      `the service redirects elsewhere (${status}): give its own address as --url`,
    );
    return { error, pauseMs: undefined };
  }
  const error = new ServiceRefusal(parseProblem(status, body));
  const isBusy =
    BUSY_PROBLEMS.includes(error.problemCode) ||
    (status === 429 && error.problemCode !== 'quota-exceeded') ||
    status === 502 ||
    status === 504;
  return { error, pauseMs: isBusy ? Number(headers.get('retry-after') ?? 0) * 1_000 || 0 : undefined };
}
