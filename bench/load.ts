/** Load from this process: many connections that each send the next request when the last was answered. */
import autocannon from 'autocannon';

export interface LoadOptions {
  readonly url: string;
  readonly path: string;
  readonly bodies: readonly string[];
  readonly headers?: Record<string, string>;
  readonly connections?: number;
  readonly seconds?: number;
  /** Requests per second over all connections; as many as possible when absent. */
  readonly rate?: number;
}

/** Requests answered per second. @throws Error when any was not answered with 2xx. */
export async function measureRate(options: LoadOptions): Promise<number> {
  const { url, path, bodies, headers = {}, connections = 64, seconds = 8, rate } = options;
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    ...(rate !== undefined && { overallRate: rate }),
    requests: bodies.map((body) => ({
      method: 'POST' as const,
      path,
      body,
      headers: { 'content-type': 'application/json', ...headers },
    })),
  });
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${path}: ${result.non2xx} answers were not 2xx, ${result.errors} errors`);
  }
  return result['2xx'] / result.duration;
}
