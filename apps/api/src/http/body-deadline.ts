/**
 * How long a request's body may take. Most must be there a minute after their headers. A stream may take as long as it
 * needs, but not pause for a minute, unless it is we who do not read what has come. Node's own `requestTimeout` knows one
 * limit for all routes, so it is off; headers are under its `headersTimeout` of a minute.
 */
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { answerClientError } from './client-error.js';
import { takesNdjson } from './ndjson-body.js';

const LIMIT_MS = 60_000;

export function limitBodies(fastify: FastifyInstance, limitMs = LIMIT_MS): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { headers } = request;
    if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0)
      watch(request, limitMs);
    done();
  });
}

function watch(request: FastifyRequest, limitMs: number): void {
  const { raw } = request;
  const { socket } = raw;
  const mayTakeLong = takesNdjson(request);
  let seenBytes = socket.bytesRead;
  const timer = setInterval(() => {
    if (raw.complete || socket.destroyed) clearInterval(timer);
    else if (mayTakeLong && (socket.bytesRead > seenBytes || raw.readableLength > 0))
      seenBytes = socket.bytesRead;
    else answerClientError({ code: 'ERR_HTTP_REQUEST_TIMEOUT' }, socket, request.log);
  }, limitMs);
  timer.unref();
  raw.once('close', () => {
    clearInterval(timer);
  });
}
