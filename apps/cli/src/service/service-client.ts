/**
 * The service as commands see it: the typed client (docs/api/client.md), which knows paths, bodies and answers. An answer has
 * its type because the document says so; what a command relies on is looked at all the same, for `--url` may be anything.
 */
import { createClient, type CunzhengClient } from '@cunzheng/client';
import { createPatientFetch, fetchStream, unavailable, unexpectedAnswer } from './service-fetch.js';

const TIMEOUT_MS = 30_000;

export class ServiceClient {
  /** For streams: sent once, and bounded by those who read them. */
  readonly streams: CunzhengClient;

  /** `url` has no trailing slash. */
  constructor(
    readonly url: string,
    private readonly apiKey: string,
  ) {
    this.streams = createClient({ url, apiKey, fetch: fetchStream });
  }

  /** Calls that are repeated while the service is busy, with answers that are read to the end; each try has `timeoutMs`. */
  api(timeoutMs = TIMEOUT_MS): CunzhengClient {
    return createClient({ url: this.url, apiKey: this.apiKey, fetch: createPatientFetch(timeoutMs) });
  }

  /** The bytes of a streamed answer as they come. @throws CliError `service-unavailable` when the connection breaks. */
  async *reading(stream: ReadableStream<Uint8Array> | null | undefined): AsyncGenerator<Uint8Array> {
    try {
      yield* (stream ?? []) as AsyncIterable<Uint8Array>;
    } catch (error) {
      throw unavailable(this.url, error).error;
    }
  }
}

/** The JSON object that a call is answered with. @throws CliError `service-answer`, and what the call rejects with. */
export async function jsonOf<T extends object>(call: Promise<{ data?: T }>): Promise<T> {
  try {
    const data: unknown = (await call).data;
    if (typeof data === 'object' && data !== null) return data as T;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw unexpectedAnswer('a JSON object');
}

/** A member that must be a text. @throws CliError `service-answer`. */
export function textMember<T extends object>(json: T, name: keyof T & string): string {
  const value: unknown = json[name];
  if (typeof value === 'string') return value;
  throw unexpectedAnswer(`the text ${name}`);
}
