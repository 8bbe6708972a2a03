/**
 * Requests to the service. An answer is bounded in size and time, redirects are refused (the API key is for one service),
 * and whatever may be repeated is, with the same Idempotency-Key, when the network or the service was busy.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { CliError } from '../cli-error.js';
import { parseProblem, ServiceRefusal } from './service-refusal.js';

const MAX_ANSWER_BYTES = 16_000_000;
const DEFAULT_TIMEOUT_MS = 30_000;
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

export interface ServiceRequest {
  readonly method: 'GET' | 'POST';
  /** Begins with a slash. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** A request whose body or answer is a stream. */
export interface StreamRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Begins with a slash. */
  readonly path: string;
  readonly body?: ReadableStream<Uint8Array> | string;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

export interface ServiceAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

export class ServiceClient {
  /** `url` has no trailing slash; without `apiKey` only public routes answer. */
  constructor(
    readonly url: string,
    private readonly apiKey: string | undefined,
  ) {}

  /**
   * Sends a request until it is answered, four times at most. A POST carries an Idempotency-Key, so that a repetition
   * does nothing twice.
   *
   * @throws ServiceRefusal for a problem document, CliError `service-unavailable` | `service-answer` otherwise.
   */
  async send(request: ServiceRequest): Promise<ServiceAnswer> {
    const headers = this.headersOf(request);
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.attempt(request, headers);
      if (!('error' in outcome)) return outcome;
      const { error, pauseMs } = outcome;
      if (pauseMs === undefined || attempt === ATTEMPTS) throw error;
      await delay(Math.min(Math.max(pauseMs, FIRST_PAUSE_MS * 2 ** (attempt - 1)), MAX_PAUSE_MS));
    }
  }

  /** As {@link send}, for answers that are a JSON object. */
  async sendForJson(request: ServiceRequest): Promise<Readonly<Record<string, unknown>>> {
    return parseAnswer(await this.send(request));
  }

  /**
   * One request whose body or answer is a stream; nothing is repeated, that is for the caller.
   *
   * @throws ServiceRefusal for a problem document, CliError `service-unavailable` | `service-answer` otherwise.
   */
  async open({ method, path, body, contentType, signal }: StreamRequest): Promise<Response> {
    try {
      const response = await fetch(`${this.url}${path}`, {
        method,
        headers: {
          accept: '*/*',
          ...(this.apiKey === undefined ? {} : { authorization: `Bearer ${this.apiKey}` }),
          ...(contentType === undefined ? {} : { 'content-type': contentType }),
        },
        redirect: 'manual',
        ...(signal === undefined ? {} : { signal }),
        ...(body === undefined ? {} : { body, duplex: 'half' }),
      });
      if (response.ok) return response;
      throw refused(await readAnswer(response), response.headers.get('retry-after')).error;
    } catch (error) {
      throw error instanceof CliError ? error : this.unavailable(error).error;
    }
  }

  /** The bytes of an answer as they come. @throws CliError `service-unavailable` when the connection breaks. */
  async *reading(response: Response): AsyncGenerator<Uint8Array> {
    try {
      yield* (response.body ?? []) as AsyncIterable<Uint8Array>;
    } catch (error) {
      throw this.unavailable(error).error;
    }
  }

  private headersOf({ method, headers }: ServiceRequest): Record<string, string> {
    return {
      accept: '*/*',
      ...(this.apiKey === undefined ? {} : { authorization: `Bearer ${this.apiKey}` }),
      ...(method === 'POST' ? { 'content-type': 'application/json', 'idempotency-key': randomUUID() } : {}),
      ...headers,
    };
  }

  /** One answer, or an error with how long to wait at least before asking again, if that makes sense. */
  private async attempt(
    { method, path, body, timeoutMs = DEFAULT_TIMEOUT_MS }: ServiceRequest,
    headers: Record<string, string>,
  ): Promise<ServiceAnswer | { error: CliError; pauseMs: number | undefined }> {
    try {
      const response = await fetch(`${this.url}${path}`, {
        method,
        headers,
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const answer = await readAnswer(response);
      return response.ok ? answer : refused(answer, response.headers.get('retry-after'));
    } catch (error) {
      if (error instanceof CliError) return { error, pauseMs: undefined };
      return this.unavailable(error);
    }
  }

  private unavailable(error: unknown): { error: CliError; pauseMs: number | undefined } {
    const { name, message } = error as Error;
    const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
    const code = cause?.code ?? '';
    const why = name === 'TimeoutError' ? 'no answer in time' : code || cause?.message || message;
    const text = `${this.url} does not answer (${why}): check --url or CUNZHENG_URL and whether the service runs`;
    return {
      error: new CliError('service-unavailable', text, { cause: error }),
      pauseMs: HOPELESS.includes(code) ? undefined : 0,
    };
  }
}

/** The JSON object of an answer. @throws CliError `service-answer`. */
export function parseAnswer({ body }: ServiceAnswer): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(body.toString('utf8'));
    if (typeof json === 'object' && json !== null) return json as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw unexpectedAnswer('a JSON object');
}

/** A member that must be a text. @throws CliError `service-answer`. */
export function textMember(json: Readonly<Record<string, unknown>>, name: string): string {
  const value = json[name];
  if (typeof value === 'string') return value;
  throw unexpectedAnswer(`the text ${name}`);
}

export function unexpectedAnswer(want: string): CliError {
  return new CliError(
    'service-answer',
    `the service answered something else than ${want}: check that --url is a Cunzheng service`,
  );
}

async function readAnswer(response: Response): Promise<ServiceAnswer> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_ANSWER_BYTES) throw unexpectedAnswer(`at most ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  const contentType = (response.headers.get('content-type') ?? '').split(';')[0] ?? '';
  return {
    status: response.status,
    contentType: contentType.trim().toLowerCase(),
    body: Buffer.concat(chunks),
  };
}

function refused(
  { status, body }: ServiceAnswer,
  retryAfter: string | null,
): { error: CliError; pauseMs: number | undefined } {
  if (status >= 300 && status < 400) {
    const error = new CliError(
      'service-answer',
      `the service redirects elsewhere (${status}): give its own address as --url`,
    );
    return { error, pauseMs: undefined };
  }
  const error = new ServiceRefusal(parseProblem(status, body));
  const isBusy =
    BUSY_PROBLEMS.includes(error.problemCode) || status === 429 || status === 502 || status === 504;
  return { error, pauseMs: isBusy ? Number(retryAfter ?? 0) * 1_000 || 0 : undefined };
}
