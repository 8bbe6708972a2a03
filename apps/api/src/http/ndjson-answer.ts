/**
 * Answers that are streams of lines (NDJSON), as long as they are: lines are made as the client takes them. The last line
 * says `"end": true`, because a connection that broke looks like an end as well.
 */
import { Readable } from 'node:stream';
import { type FastifyReply } from 'fastify';
import { NDJSON } from './ndjson-body.js';

/** Sends the lines, which have no newline of their own. What fails before the first is answered as a problem. */
export async function sendLines(reply: FastifyReply, lines: AsyncGenerator<string>): Promise<void> {
  const first = await lines.next();
  void reply
    .type(NDJSON)
    .header('Cache-Control', 'no-store')
    .send(Readable.from(withNewlines(first, lines), { highWaterMark: 16 }));
}

async function* withNewlines(
  first: IteratorResult<string>,
  lines: AsyncGenerator<string>,
): AsyncGenerator<string> {
  if (first.done !== true) yield `${first.value}\n`;
  for await (const line of lines) yield `${line}\n`;
}
