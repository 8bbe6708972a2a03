/** NDJSON from the service: lines as they come, bounded in length, and the last one must say that it is the last. */
import { CliError } from '../cli-error.js';
import { unexpectedAnswer, type ServiceClient } from '../service/service-client.js';

/** A receipt has 10 MB at most, and is escaped once more. */
const MAX_LINE_LENGTH = 24_000_000;

export type Line = Readonly<Record<string, unknown>>;

/** The lines of an answer, the closing one included. @throws CliError, `service-unavailable` when the closing one is missing. */
export async function* readLines(
  service: ServiceClient,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<Line> {
  const response = await service.open({ method: 'GET', path, signal });
  let isComplete = false;
  for await (const text of splitLines(service.reading(response))) {
    const line = parseLine(text);
    isComplete = line['end'] === true;
    yield line;
  }
  if (!isComplete) {
    throw new CliError('service-unavailable', 'the answer broke off: give the same command again to go on');
  }
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
