/**
 * GET requests to a public log. Answers are bounded in size and time; what the network, a proxy or a busy service may cause
 * is asked again. No credentials are sent, redirects are refused.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { CliError } from '../cli-error.js';
import { explainNoAnswer, readBounded } from '../http-answer.js';
import { LogFault, type Place } from './log-fault.js';

const TIMEOUT_MS = 60_000;
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 10_000;
const BUSY = [408, 425, 429, 500, 502, 503, 504];
/** Nobody is there: asking again would only delay the message. */
const HOPELESS = ['ECONNREFUSED', 'ENOTFOUND', 'CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT'];

type Attempt = { readonly body: Buffer } | { readonly error: Error; readonly pauseMs: number | null };

export class LogClient {
  readonly url: string;

  /** @throws CliError `usage` unless `url` is the address of a log: http(s), no user, query or fragment. */
  constructor(url: string) {
    const parsed = URL.canParse(url) ? new URL(url) : null;
    const isPlain =
      parsed !== null &&
      ['http:', 'https:'].includes(parsed.protocol) &&
      `${parsed.username}${parsed.password}${parsed.search}${parsed.hash}` === '';
    if (!isPlain) throw new CliError('usage', `${url} is no address of a log, want https://HOST/logs/NAME`);
    this.url = parsed.href.replace(/\/+$/, '');
  }

  /**
   * The answer to GET `url`/`path`. Throws LogFault `missing` for a 404 and `damaged` for more than `maxBytes`, CliError
   * `service-unavailable` | `service-answer` when the log cannot be asked.
   */
  async get(path: string, maxBytes: number, place: Place = {}): Promise<Buffer> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt(path, maxBytes, place);
      if ('body' in outcome) return outcome.body;
      const { error, pauseMs } = outcome;
      if (pauseMs === null || attempt === ATTEMPTS) throw error;
      await delay(Math.min(Math.max(pauseMs, FIRST_PAUSE_MS * 2 ** (attempt - 1)), MAX_PAUSE_MS));
    }
  }

  async #attempt(path: string, maxBytes: number, place: Place): Promise<Attempt> {
    try {
      const response = await fetch(`${this.url}/${path}`, {
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.status === 200) {
        const why = `${path} has more than the ${maxBytes} bytes it may have`;
        const body = await readBounded(response, maxBytes, () => new LogFault('damaged', why, place));
        return { body };
      }
      await response.body?.cancel();
      return this.#refused(response, path, place);
    } catch (error) {
      if (error instanceof LogFault) return { error, pauseMs: null };
      return this.#unavailable(error, path);
    }
  }

  #refused({ status, headers }: Response, path: string, place: Place): Attempt {
    if (status === 404) {
      const fault = new LogFault('missing', `${path} is not there (404)`, place);
      return { error: fault, pauseMs: null };
    }
    const busy = BUSY.includes(status);
    const advice = busy ? 'try again later, or tell its operator' : 'give the address of the log itself';
    const code = busy ? 'service-unavailable' : 'service-answer';
    const error = new CliError(code, `${this.url} answers ${status} to ${path}: ${advice}`);
    return { error, pauseMs: busy ? 1000 * (Number(headers.get('retry-after')) || 0) : null };
  }

  #unavailable(error: unknown, path: string): Attempt {
    const { why, code } = explainNoAnswer(error);
    const text = `${this.url} does not answer for ${path} (${why}): check the address and try again`;
    return {
      error: new CliError('service-unavailable', text, { cause: error }),
      pauseMs: HOPELESS.includes(code) ? null : 0,
    };
  }
}
