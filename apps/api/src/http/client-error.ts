/**
 * What HTTP itself refuses never becomes a request: ill-formed messages, headers that are too large, bodies that come too
 * slowly. The client still gets a problem document; the log gets no more than the code, since the bytes may hold a key.
 */
import { randomUUID } from 'node:crypto';
import { type Socket } from 'node:net';
import { type FastifyBaseLogger } from 'fastify';
import { ProblemError } from '../problems/problem-error.js';

const DETAILS: Record<string, string> = {
  HPE_HEADER_OVERFLOW: 'the headers are larger than 16 KiB',
  ERR_HTTP_REQUEST_TIMEOUT: 'the request did not arrive in time',
};

/** Answers on the bare socket and closes it. */
export function answerClientError(error: { code?: string }, socket: Socket, log: FastifyBaseLogger): void {
  const { code = 'unknown' } = error;
  // A client that has gone away needs no answer.
  if (code === 'ECONNRESET' || socket.destroyed) return;
  const requestId = randomUUID();
  log.debug({ reqId: requestId, code }, 'not a request');
  if (socket.writable)
    socket.write(formatAnswer(DETAILS[code] ?? 'the bytes received are no HTTP/1.1 request', requestId));
  socket.destroySoon();
}

function formatAnswer(detail: string, requestId: string): string {
  const problem = new ProblemError('malformed-request', detail);
  const body = JSON.stringify(problem.toDocument(requestId));
  const headers = [
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Cache-Control: no-store',
    'Connection: close',
  ];
  return `HTTP/1.1 ${problem.status} Bad Request\r\n${headers.join('\r\n')}\r\n\r\n${body}`;
}
