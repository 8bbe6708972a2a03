/**
 * Answers that are streams of lines (NDJSON), as long as they are: lines are made as the client takes them. The last line
 * says `"end": true`, because a connection that broke looks like an end as well.
 */
import { Readable } from 'node:stream';
import { type FastifyReply } from 'fastify';
import { NDJSON } from './ndjson-body.js';

/** Sends the lines, which have no newline of their own. */
export function sendLines(reply: FastifyReply, lines: AsyncGenerator<string>): void {
  void reply
    .type(NDJSON)
    .header('Cache-Control', 'no-store')
    .send(Readable.from(withNewlines(lines), { highWaterMark: 16 }));
}

async function* withNewlines(lines: AsyncGenerator<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}
