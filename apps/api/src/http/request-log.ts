/**
 * One log line for each request: method, route template, status and time. Never the URL itself, whose query may name a
 * fingerprint or a client reference, never a header, never a body.
 */
import { type FastifyInstance } from 'fastify';

export function logRequests(fastify: FastifyInstance): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    const line = {
      method: request.method,
      route: request.routeOptions.url ?? 'unmatched',
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime * 10) / 10,
    };
    if (reply.statusCode >= 500) request.log.error(line, 'request failed');
    else request.log.debug(line, 'request');
    done();
  });
}
