/** NDJSON from the service: lines as they come, bounded in length, and the last one must say that it is the last. */
import { CliError } from '../cli-error.js';
import { type ServiceClient } from '../service/service-client.js';
import { unexpectedAnswer } from '../service/service-fetch.js';

/** A receipt has 10 MB at most, and is escaped once more. */
const MAX_LINE_LENGTH = 24_000_000;

export type Line = Readonly<Record<string, unknown>>;

/**
 * The lines that a call of `service.streams` is answered with, the closing one included.
 *
 * @throws CliError, `service-unavailable` when the closing one is missing.
 */
export async function* readLines(
  service: ServiceClient,
  call: Promise<{ data?: ReadableStream<Uint8Array> | null }>,
): AsyncGenerator<Line> {
  const { data } = await call;
  let isComplete = false;
  for await (const text of splitLines(service.reading(data))) {
    const line = parseLine(text);
    isComplete = line['end'] === true;
    yield line;
  }
  if (!isComplete) {
    throw new CliError('service-unavailable', 'the answer broke off: give the same command again to go on');
  }
}

/** What became of each line of an import. */
export function readResults(service: ServiceClient, id: string, signal: AbortSignal): AsyncGenerator<Line> {
  const params = { path: { id } };
  return readLines(
    service,
    service.streams.GET('/v1/imports/{id}/results', { params, signal, parseAs: 'stream' }),
  );
}

/** Lines as the body of a request, as they are; the document can only say that such a body is a text. */
export function asLines(body: string | ReadableStream): {
  body: string;
  bodySerializer: <Body>(body: Body) => Body;
  headers: Record<string, string>;
  duplex: 'half';
} {
  return {
    body: body as string,
    bodySerializer: (lines) => lines,
    headers: { 'Content-Type': 'application/x-ndjson' },
    duplex: 'half',
  };
}

async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
    if (rest.length > MAX_LINE_LENGTH) throw unexpectedAnswer('lines of a sane length');
  }
}

function parseLine(text: string): Line {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null) return json as Line;
  } catch {
    // Said below.
  }
  throw unexpectedAnswer('lines of JSON objects');
}
